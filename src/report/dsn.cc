// See dsn.h.
#include "report/dsn.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/date.h"
#include "lib/message/header.h"
#include "lib/message/multipart.h"
#include "lib/message/trace_fields.h"
#include "lib/message/utf8.h"
#include "report/dsn_text.h"
#include "report/meaning.h"

namespace report {
namespace {

struct Told {
  const queue::FailedRecipient& failed;
  const message::Recipient& recipient;
  std::string address;  // the one that the sender wrote
};

// RFC 3464 §4.2: where an alias leads is not the sender's business.
std::string told_address(const message::Recipient& recipient) {
  const message::Address& written =
      recipient.original.is_null() ? recipient.address : recipient.original;
  return clean(written.text());
}

// What the remote said, with the address behind an alias hidden.
std::string hidden(const Told& told, std::string text) {
  const std::string real = told.recipient.address.text();
  if (real.empty() || real == told.address) return text;
  for (std::size_t at = text.find(real); at != std::string::npos;
       at = text.find(real, at + told.address.size())) {
    text.replace(at, real.size(), told.address);
  }
  return text;
}

std::vector<Told> told_recipients(const DsnInput& input) {
  std::vector<Told> told;
  for (const queue::FailedRecipient& failed : input.failed) {
    if (told.size() == recipients_told_max) break;
    const auto& recipient = input.original.envelope.recipients.at(failed.recipient);
    told.push_back({failed, recipient, told_address(recipient)});
  }
  return told;
}

// --- for people ----------------------------------------------------------------------------------

std::string long_time(base::Duration duration) {
  const auto hours = std::chrono::floor<std::chrono::hours>(duration).count();
  if (hours >= 48) return fmt::format("{} days", hours / 24);
  if (hours >= 2) return fmt::format("{} hours", hours);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(duration).count();
  return minutes == 1 ? "1 minute" : fmt::format("{} minutes", minutes);
}

// RFC 3464 gives programs one line; people get the lines as the remote sent them.
std::string verbatim(const Told& told) {
  const smtp::Reply& reply = told.failed.attempt.reply;
  std::string front = reply.code > 0 ? fmt::format("{:03} ", reply.code) : std::string();
  if (reply.enhanced) front += reply.enhanced->text() + " ";
  std::string out;
  for (const std::string& line : reply.lines) {
    out += fmt::format("        {}\r\n", hidden(told, clean(front + line)));
  }
  if (out.empty() && !front.empty()) out = fmt::format("        {}\r\n", clean(front));
  return out;
}

std::string about(const Told& told, base::Duration tried) {
  const queue::Attempt& attempt = told.failed.attempt;
  std::string out = fmt::format("<{}>\r\n\r\n", told.address);
  if (told.failed.expired) {
    out += wrap(fmt::format("We tried for {}, and have given up.", long_time(tried)), "    ");
    out += "\r\n";
  }
  const std::string words = verbatim(told);
  if (!words.empty()) {
    const std::string remote = clean(hidden(told, attempt.remote));
    if (remote_host(remote).empty()) {
      out += "    What happened at last:\r\n";
    } else {
      out += wrap(fmt::format("The last answer of {} was:", remote), "    ");
    }
    out += fmt::format("\r\n{}\r\n", words);
  }
  const Meaning means = meaning(status_of(told.failed));
  out += wrap(fmt::format("What it means: {}", means.what), "    ");
  out += wrap(fmt::format("What you can do: {}", means.remedy), "    ");
  return out + "\r\n";
}

std::string human_part(const Settings& settings, const DsnInput& input,
                       const std::vector<Told>& told) {
  const std::size_t count = input.failed.size();
  std::string out = wrap(
      fmt::format("This is the mail server {}. Your message of {} could not be delivered to {}:",
                  settings.hostname, message::date_text(input.original.accepted),
                  count == 1 ? "this address" : fmt::format("these {} addresses", count)),
      "");
  out += "\r\n";
  for (const Told& one : told) out += about(one, input.now - input.original.starts());
  if (count > told.size()) {
    out += fmt::format("... and {} more addresses.\r\n\r\n", count - told.size());
  }
  out += wrap(
      "Nothing more will be tried for what is named above. This report was written by a program; "
      "attached are the details for other programs, and the header of your message.",
      "");
  return out;
}

// --- for programs: RFC 3464 ----------------------------------------------------------------------

std::string recipient_fields(const Told& told) {
  const queue::Attempt& attempt = told.failed.attempt;
  std::string out = "\r\n";
  // RFC 3464 §2.3.1: only when the sender gave it.
  if (const std::string orcpt = clean(told.recipient.orcpt); orcpt.contains(';')) {
    out += fmt::format("Original-Recipient: {}\r\n", orcpt);
  }
  out += fmt::format("Final-Recipient: {}\r\n", typed_address(told.address));
  out += "Action: failed\r\n";
  out += fmt::format("Status: {}\r\n", status_of(told.failed).text());
  const std::string host = remote_host(attempt.remote);
  if (!host.empty()) out += fmt::format("Remote-MTA: dns; {}\r\n", host);
  if (attempt.reply.code > 0) {
    // RFC 3464 §2.3.6: the type says whose words they are; ours when nobody spoke.
    out += fmt::format("Diagnostic-Code: {}; {}\r\n", host.empty() ? "X-Stagepost" : "smtp",
                       clean_ascii(hidden(told, attempt.reply.text())));
  }
  if (attempt.when != base::Time{}) {
    out += fmt::format("Last-Attempt-Date: {}\r\n", message::date_text(attempt.when));
  }
  return out;
}

std::string status_part(const Settings& settings, const DsnInput& input,
                        const std::vector<Told>& told) {
  std::string out;
  // RFC 3464 §2.2.1
  if (const std::string envid = clean_ascii(input.original.envelope.envid); !envid.empty()) {
    out += fmt::format("Original-Envelope-Id: {}\r\n", envid);
  }
  out += fmt::format("Reporting-MTA: dns; {}\r\n", settings.hostname);
  out += fmt::format("Arrival-Date: {}\r\n", message::date_text(input.original.accepted));
  for (const Told& one : told) out += recipient_fields(one);
  return out;
}

// --- all together --------------------------------------------------------------------------------

message::Part part(std::string_view type, std::string_view charset, std::string body) {
  const bool ascii = message::is_ascii(body);
  std::string header = fmt::format("Content-Type: {}", type);
  if (!charset.empty()) header += fmt::format("; charset={}", ascii ? "us-ascii" : charset);
  header += "\r\n";
  if (!ascii) header += "Content-Transfer-Encoding: 8bit\r\n";
  return {.header = std::move(header), .body = std::move(body)};
}

// So that mail programs show the report beside the message. Only what surely is a message id.
std::string in_reply_to(std::string_view header) {
  const auto fields = message::read_header(header);
  const message::FieldView* field = message::find_field(fields, "Message-ID");
  if (field == nullptr) return {};
  const std::string id = message::unfold(field->value);
  const bool sane = id.size() <= 250 && id.starts_with('<') && id.find('>') == id.size() - 1 &&
                    id.contains('@') &&
                    std::ranges::all_of(id, [](char c) { return c > ' ' && c < '\x7f'; });
  return sane ? fmt::format("In-Reply-To: {0}\r\nReferences: {0}\r\n", id) : std::string();
}

std::string subject(const std::vector<Told>& told, std::size_t count) {
  if (count == 1 && message::is_ascii(told[0].address)) {
    return fmt::format("Subject: Not delivered: your message to\r\n {}\r\n", told[0].address);
  }
  return fmt::format("Subject: Not delivered: your message to {}\r\n",
                     count == 1 ? "one address" : fmt::format("{} addresses", count));
}

}  // namespace

Dsn write_dsn(const Settings& settings, const DsnInput& input) {
  const std::vector<Told> told = told_recipients(input);
  const std::string header = quoted_header(input.header, settings.quoted_header_bytes_max);
  std::string status = status_part(settings, input, told);
  // RFC 6533 §3: addresses with other characters than ASCII need the newer type.
  const std::string_view status_type =
      message::is_ascii(status) ? "message/delivery-status" : "message/global-delivery-status";
  std::vector<message::Part> parts;
  parts.push_back(part("text/plain", "utf-8", human_part(settings, input, told)));
  parts.push_back(part(status_type, {}, std::move(status)));
  // RFC 6522 §4; empty when the message could not be read: then there is nothing to attach.
  if (!header.empty()) parts.push_back(part("text/rfc822-headers", "utf-8", header));
  const message::Multipart body = message::write_multipart(
      "multipart/report; report-type=delivery-status", parts, input.id.text());

  const message::Address& to = input.original.envelope.sender;
  Dsn dsn;
  dsn.message = message::date_field(input.now);
  dsn.message +=
      fmt::format("From: Mail Delivery System <{}@{}>\r\n", settings.from, settings.hostname);
  dsn.message += fmt::format("To: {}\r\n", clean(to.text()));
  dsn.message += subject(told, input.failed.size());
  dsn.message += message::message_id_field(input.id.text(), settings.hostname);
  dsn.message += in_reply_to(header);
  dsn.message += "Auto-Submitted: auto-replied\r\n";  // RFC 3834 §5
  dsn.message += "MIME-Version: 1.0\r\n";
  dsn.message += fmt::format("Content-Type: {}\r\n", body.content_type);
  dsn.eight_bit = !message::is_ascii(body.body);
  if (dsn.eight_bit) dsn.message += "Content-Transfer-Encoding: 8bit\r\n";
  dsn.message += "\r\n" + body.body;
  dsn.smtputf8 = !to.is_ascii();
  return dsn;
}

}  // namespace report
