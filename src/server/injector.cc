// See injector.h.
#include "server/injector.h"

#include <fmt/format.h>

#include "lib/base/size.h"
#include "lib/io/clock.h"
#include "lib/message/header.h"
#include "lib/message/trace_fields.h"

namespace server {
namespace {

// Every CR, LF or CRLF becomes one CRLF.
std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' || text[i] == '\n') {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      out += "\r\n";
    } else {
      out += text[i];
    }
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

}  // namespace

io::Task<base::Result<base::MessageId>> LocalInjector::inject(admin::Injection injection) {
  if (injection.message.size() > limits_.message_bytes_max) {
    co_return base::fail(
        base::ErrorKind::limit,
        fmt::format("the message is larger than {}", base::format_size(limits_.message_bytes_max)));
  }
  auto judged = co_await judge(&injection);
  if (!judged) co_return std::unexpected(std::move(judged.error()));

  queue::MessageInfo info;
  info.id = assembly_.queue().next_id();
  info.accepted = doors_.io.clock.wall();
  info.envelope = std::move(judged->envelope);
  info.session_text = "local";
  info.note = "by `stagepost send`";
  std::string text = complete(with_crlf(injection.message), injection, info.id);
  message::HeaderScanner header;
  header.feed(text);
  info.envelope.eight_bit = header.eight_bit();
  const std::string signatures = co_await assembly_.signing().sign_text(text, info.envelope.sender);
  info.received_bytes = text.size();
  info.content = message::Content::whole(text.size());
  info.content.prepend(message::received_field({.helo = {},
                                                .peer = {},
                                                .reverse_name = {},
                                                .by = limits_.hostname,
                                                .protocol = "local",
                                                .tls = {},
                                                .id = info.id.text(),
                                                .for_address = {},
                                                .time = info.accepted}));
  info.content.prepend(signatures);
  auto draft = assembly_.queue().open_draft();
  if (auto taken = co_await draft->append(std::move(text)); !taken) {
    co_return std::unexpected(std::move(taken.error()));
  }
  const base::MessageId id = info.id;
  session::CommitNotes* notes = injection.notes;
  queue::BeforeDue after_commit;
  if (notes != nullptr) {
    session::Submitted so_far;
    so_far.id = id;
    if (auto noted = co_await notes->will_commit(std::move(so_far)); !noted) {
      co_return std::unexpected(std::move(noted.error()));
    }
    after_commit = [notes] { return notes->committed(); };
  }
  tell(info);
  auto safe = co_await assembly_.queue().submit(std::move(draft), std::move(info), after_commit);
  if (safe) co_return id;
  if (notes != nullptr) {
    co_await notes->not_committed(safe.error().kind != base::ErrorKind::no_space);
  }
  co_return std::unexpected(std::move(safe.error()));
}

// The rules of RCPT, for somebody who may relay: he has the state folder in his hands.
io::Task<base::Result<policy::Transaction>> LocalInjector::judge(
    const admin::Injection* injection) {
  policy::Transaction transaction;
  transaction.listener = "local";
  transaction.login = "local";
  transaction.envelope.sender = injection->sender;
  const auto known = directory_.snapshot();
  const auto visit = assembly_.policy().begin_visit();
  policy::look_for_exemption(*visit, transaction);
  for (const message::Address& address : injection->recipients) {
    message::Recipient recipient;
    recipient.address = recipient.original = address;
    auto verdict = co_await assembly_.policy().at_rcpt(*visit, transaction, recipient, *known);
    if (!verdict.verdict.accepted()) {
      co_return base::fail(base::ErrorKind::invalid, verdict.verdict.reply.text());
    }
    for (message::Recipient& accepted : verdict.recipients) {
      transaction.envelope.recipients.push_back(std::move(accepted));
    }
    if (transaction.envelope.recipients.size() > limits_.recipients_max) {
      co_return base::fail(base::ErrorKind::limit,
                           fmt::format("more than {} recipients", limits_.recipients_max));
    }
  }
  if (transaction.envelope.recipients.empty()) {
    co_return base::fail(base::ErrorKind::invalid, "no recipient");
  }
  policy::Policy::rewrite_senders(*visit, *known, {}, transaction.envelope);
  co_return transaction;
}

// RFC 6409 §8: what a submission server adds when it is missing.
std::string LocalInjector::complete(std::string text, const admin::Injection& injection,
                                    base::MessageId id) const {
  const auto fields = message::read_header(text);
  std::string added;
  if (message::find_field(fields, "From") == nullptr && !injection.sender.is_null()) {
    added += "From: " + injection.sender.text() + "\r\n";
  }
  if (message::find_field(fields, "Date") == nullptr) {
    added += message::date_field(doors_.io.clock.wall());
  }
  if (message::find_field(fields, "Message-ID") == nullptr) {
    added += message::message_id_field(id.text(), limits_.hostname);
  }
  // A text without any header needs the empty line that ends one.
  const bool bare = fields.empty() || fields.front().name.empty();
  if (bare && !text.starts_with("\r\n")) added += "\r\n";
  return added + text;
}

void LocalInjector::tell(const queue::MessageInfo& info) {
  std::string recipients;
  for (const message::Recipient& recipient : info.envelope.recipients) {
    if (!recipients.empty()) recipients += ", ";
    recipients += recipient.address.text();
  }
  events_.emit({.severity = base::Severity::info,
                .name = "message.accepted",
                .time = info.accepted,
                .session = {},
                .message = info.id,
                .fields = {{"from", info.envelope.sender.text()},
                           {"to", std::move(recipients)},
                           {"size", fmt::to_string(info.received_bytes)},
                           {"peer", "local"}}});
}

}  // namespace server
