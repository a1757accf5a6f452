// See milter_changes.h.
#include "policy/filters/milter_changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/smtp/command.h"

namespace policy {
namespace {

using milter::Reply;
using milter::ReplyKind;

std::uint32_t action_for(const Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::add_header:
    case ReplyKind::insert_header: return milter::action::add_headers;
    case ReplyKind::change_header: return milter::action::change_headers;
    case ReplyKind::replace_body: return milter::action::change_body;
    case ReplyKind::add_recipient:
      return reply.parameters.empty()
                 ? milter::action::add_recipients | milter::action::add_recipients_with_parameters
                 : milter::action::add_recipients_with_parameters;
    case ReplyKind::delete_recipient: return milter::action::delete_recipients;
    case ReplyKind::change_sender: return milter::action::change_sender;
    case ReplyKind::quarantine: return milter::action::quarantine;
    default: return 0;
  }
}

std::string_view without_brackets(std::string_view text) {
  text = base::trim(text);
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

base::Result<message::Address> read_address(const Reply& reply) {
  auto address = message::parse_address(without_brackets(reply.text), {.utf8 = true});
  if (address) return address;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" with a bad address: {}", to_string(reply.kind),
                                base::printable(reply.text, 80)));
}

base::Result<> add_recipient(const Reply& reply, FilterOutcome& outcome) {
  auto address = read_address(reply);
  if (!address) return std::unexpected(std::move(address.error()));
  message::Recipient added;
  if (!reply.parameters.empty()) {
    smtp::Extensions extensions;
    extensions.dsn = true;
    const auto read = smtp::parse_rcpt(fmt::format("TO:<{}> {}", address->text(), reply.parameters),
                                       extensions, true);
    if (!read) {
      return base::fail(base::ErrorKind::invalid,
                        fmt::format("bad parameters of a recipient: {}", read.error().text()));
    }
    added.notify = read->notify;
    added.orcpt = read->orcpt;
  }
  added.address = *address;
  added.original = std::move(*address);
  std::erase(outcome.removed, added.address);
  outcome.added.push_back(std::move(added));
  return {};
}

base::Result<> delete_recipient(const Reply& reply, FilterOutcome& outcome) {
  auto address = read_address(reply);
  if (!address) return std::unexpected(std::move(address.error()));
  std::erase_if(outcome.added, [&](const auto& added) { return added.address == *address; });
  outcome.removed.push_back(std::move(*address));
  return {};
}

base::Result<> change_sender(const Reply& reply, FilterOutcome& outcome) {
  if (without_brackets(reply.text).empty()) {
    outcome.sender = message::Address();
    return {};
  }
  auto address = read_address(reply);
  if (!address) return std::unexpected(std::move(address.error()));
  outcome.sender = std::move(*address);
  return {};
}

base::Result<> add_to_body(const Reply& reply, MilterBody& body) {
  if (reply.text.size() >
      body.bytes_max - std::min<std::uint64_t>(body.octets.size(), body.bytes_max)) {
    return base::fail(base::ErrorKind::limit, "its body is larger than replaced_body_bytes_max");
  }
  body.octets += reply.text;
  body.replaced = true;
  return {};
}

}  // namespace

base::Result<> make_change(const Reply& reply, const milter::Agreement& agreed,
                           FilterOutcome& outcome, MilterBody& body) {
  if (!agreed.may(action_for(reply))) {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("\"{}\", which it had not asked to do", to_string(reply.kind)));
  }
  // The chunks of a body are one change.
  if (reply.kind != ReplyKind::replace_body || !body.replaced) ++outcome.changes;
  if (outcome.changes > FilterOutcome::changes_max) {
    return base::fail(base::ErrorKind::limit, "more changes than a message may have");
  }
  const PassingMessage::NewField field{.name = reply.name,
                                       .value = reply.text,
                                       .pad = !agreed.has(milter::flag::header_leading_space)};
  switch (reply.kind) {
    case ReplyKind::add_header: outcome.message.add(field); return {};
    case ReplyKind::insert_header: outcome.message.insert(reply.index, field); return {};
    case ReplyKind::change_header:
      // sendmail takes 0 for the first.
      outcome.message.change(std::max<std::uint32_t>(reply.index, 1), field);
      return {};
    case ReplyKind::replace_body: return add_to_body(reply, body);
    case ReplyKind::add_recipient: return add_recipient(reply, outcome);
    case ReplyKind::delete_recipient: return delete_recipient(reply, outcome);
    case ReplyKind::change_sender: return change_sender(reply, outcome);
    case ReplyKind::quarantine: outcome.quarantine = base::printable(reply.text, 200); return {};
    default: return base::fail(base::ErrorKind::invalid, "a change that is none");
  }
}

}  // namespace policy
