// See dsn.h.
#include "report/dsn.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/base/check.h"
#include "lib/message/date.h"
#include "lib/message/header.h"
#include "lib/message/multipart.h"
#include "lib/message/trace_fields.h"
#include "lib/message/utf8.h"
#include "report/dsn_text.h"
#include "report/dsn_words.h"

namespace report {
namespace {

using queue::Action;

// RFC 3464 §4.2: where an alias leads is not the sender's business.
std::string told_address(const message::Recipient& recipient, Action action) {
  // A list's owner must know whom to take off the list.
  if (recipient.of_list && action != Action::expanded) return clean(recipient.address.text());
  const message::Address& written =
      recipient.original.is_null() ? recipient.address : recipient.original;
  return clean(written.text());
}

std::vector<Told> told_recipients(const DsnInput& input) {
  std::vector<Told> told;
  for (const queue::ReportedRecipient& one : input.told) {
    if (told.size() == recipients_told_max) break;
    const auto& recipient = input.original.envelope.recipients.at(one.recipient);
    told.push_back({one, recipient, told_address(recipient, one.action)});
  }
  return told;
}

// May the report speak UTF-8? Who said SMTPUTF8, or has such an address, can read it (RFC 6533 §6).
bool speaks_utf8(const DsnInput& input) {
  return input.original.envelope.smtputf8 || !input.hearer().is_ascii();
}

// --- for programs: RFC 3464 ----------------------------------------------------------------------

std::string_view action_word(const Told& told) {
  switch (told.report.action) {
    case Action::failed: return "failed";
    case Action::delayed: return "delayed";
    case Action::delivered: return "delivered";
    case Action::relayed: return "relayed";
    // RFC 3461 §5.2.7.1: to a list it is delivered.
    case Action::expanded: return told.recipient.of_list ? "delivered" : "expanded";
  }
  return {};
}

// Whose words were last heard. What happened inside, when all went well, is nobody's business.
std::string remote_fields(const Told& told) {
  const queue::Attempt& attempt = told.report.attempt;
  if (told.report.action == Action::delivered) return {};
  std::string out;
  const std::string host = remote_host(attempt.remote);
  if (!host.empty()) out += fmt::format("Remote-MTA: dns; {}\r\n", host);
  if (attempt.reply.code > 0) {
    // RFC 3464 §2.3.6: the type says whose words they are; ours when nobody spoke.
    out += fmt::format("Diagnostic-Code: {}; {}\r\n", host.empty() ? "X-Stagepost" : "smtp",
                       clean_ascii(hidden(told, attempt.reply.text())));
  }
  return out;
}

std::string recipient_fields(const Told& told, bool utf8) {
  const queue::ReportedRecipient& report = told.report;
  std::string out = "\r\n";
  // RFC 3464 §2.3.1: only when the sender gave it.
  const std::string orcpt = typed_orcpt(told.recipient.orcpt, utf8);
  if (!orcpt.empty()) out += fmt::format("Original-Recipient: {}\r\n", orcpt);
  out += fmt::format("Final-Recipient: {}\r\n", typed_address(told.address, utf8));
  out += fmt::format("Action: {}\r\n", action_word(told));
  out += fmt::format("Status: {}\r\n", status_of(report).text());
  out += remote_fields(told);
  if (report.attempt.when != base::Time{}) {
    out += fmt::format("Last-Attempt-Date: {}\r\n", message::date_text(report.attempt.when));
  }
  // RFC 3464 §2.3.9
  if (report.action == Action::delayed) {
    out += fmt::format("Will-Retry-Until: {}\r\n", message::date_text(report.retry_until));
  }
  return out;
}

std::string status_part(const Settings& settings, const DsnInput& input,
                        const std::vector<Told>& told) {
  std::string out;
  // RFC 3464 §2.2.1. A list's owner did not give it (RFC 3461 §5.2.7.1).
  const bool is_sender = input.hearer() == input.original.envelope.sender;
  if (const std::string envid = clean_ascii(input.original.envelope.envid);
      is_sender && !envid.empty()) {
    out += fmt::format("Original-Envelope-Id: {}\r\n", envid);
  }
  out += fmt::format("Reporting-MTA: dns; {}\r\n", settings.hostname);
  out += fmt::format("Arrival-Date: {}\r\n", message::date_text(input.original.accepted));
  // RFC 2852 §5
  if (const message::DeliverBy& by = input.original.envelope.by; by.given()) {
    out += fmt::format("Deliver-By-Date: {}\r\n", message::date_text(by.deadline));
  }
  const bool utf8 = speaks_utf8(input);
  for (const Told& one : told) out += recipient_fields(one, utf8);
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

// RFC 6522 §4, RFC 6533 §3: the original or its header; nothing when it could not be read.
std::optional<message::Part> returned_part(const Settings& settings, const DsnInput& input,
                                           bool utf8) {
  std::string header = quoted_header(input.quoted.content, settings.quoted_header_bytes_max);
  const bool global = utf8 && !message::is_ascii(header);
  if (input.quoted.whole) {
    return part(global ? "message/global" : "message/rfc822", {},
                std::string(input.quoted.content));
  }
  if (header.empty()) return std::nullopt;
  if (global) return part("message/global-headers", {}, std::move(header));
  return part("text/rfc822-headers", "utf-8", std::move(header));
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

std::string header_of(const Settings& settings, const DsnInput& input,
                      const std::vector<Told>& told, const message::Multipart& body) {
  std::string out = message::date_field(input.now);
  out += fmt::format("From: Mail Delivery System <{}@{}>\r\n", settings.from, settings.hostname);
  out += fmt::format("To: {}\r\n", clean(input.hearer().with_a_labels().text()));
  out += subject_field(told, input.told.size());
  out += message::message_id_field(input.id.text(), settings.hostname);
  out += in_reply_to(quoted_header(input.quoted.content, settings.quoted_header_bytes_max));
  out += "Auto-Submitted: auto-replied\r\n";  // RFC 3834 §5
  out += "MIME-Version: 1.0\r\n";
  out += fmt::format("Content-Type: {}\r\n", body.content_type);
  if (!message::is_ascii(body.body)) out += "Content-Transfer-Encoding: 8bit\r\n";
  return out;
}

}  // namespace

Dsn write_dsn(const Settings& settings, const DsnInput& input) {
  CHECK(!input.told.empty(), "a report is about somebody");
  const std::vector<Told> told = told_recipients(input);
  std::string status = status_part(settings, input, told);
  // RFC 6533 §3: addresses with other characters than ASCII need the newer type.
  const std::string_view status_type =
      message::is_ascii(status) ? "message/delivery-status" : "message/global-delivery-status";
  std::vector<message::Part> parts;
  parts.push_back(
      part("text/plain", "utf-8", words_for_people(settings, input, told, input.quoted.whole)));
  parts.push_back(part(status_type, {}, std::move(status)));
  if (auto returned = returned_part(settings, input, speaks_utf8(input))) {
    parts.push_back(*std::move(returned));
  }
  const message::Multipart body = message::write_multipart(
      "multipart/report; report-type=delivery-status", parts, input.id.text());
  Dsn dsn;
  dsn.message = header_of(settings, input, told, body) + "\r\n" + body.body;
  dsn.eight_bit = !message::is_ascii(body.body);
  dsn.smtputf8 = !input.hearer().with_a_labels().is_ascii();
  return dsn;
}

}  // namespace report
