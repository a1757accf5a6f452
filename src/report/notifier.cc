// See notifier.h.
#include "report/notifier.h"

#include <fmt/format.h>

#include <utility>

#include "report/dsn.h"

namespace report {

namespace {

// RFC 3461 §4.1: the word of NOTIFY that asks for it. An alias of several has taken SUCCESS off its
// recipients and left a mark instead (§5.2.7.3).
std::uint8_t word_for(queue::Action action) {
  switch (action) {
    case queue::Action::failed: return message::notify_failure;
    case queue::Action::delayed: return message::notify_delay;
    case queue::Action::delivered:
    case queue::Action::relayed: return message::notify_success;
    case queue::Action::expanded: return message::notify_expanded;
  }
  return message::notify_failure;
}

bool is_wanted(std::uint8_t notify, const queue::ReportedRecipient& told) {
  const std::uint8_t word = word_for(told.action);
  // RFC 2852 §4.1.4: BY asks for it, NOTIFY=NEVER alone is against it.
  if (told.by && told.action == queue::Action::relayed) {
    return (notify & message::notify_never) == 0;
  }
  if (word == message::notify_expanded) return (notify & word) != 0;
  return message::notify_wants(notify, word);
}

}  // namespace

std::optional<queue::NewMessage> DsnNotifier::report(
    const queue::MessageInfo& original, const std::vector<queue::ReportedRecipient>& recipients,
    queue::Quoted quoted, base::MessageId new_id, base::Time now) {
  // RFC 3461 §5.2, RFC 5321 §6.1: never to the null sender, never about a report.
  if (original.is_dsn || original.envelope.sender.is_null()) return std::nullopt;
  std::vector<queue::ReportedRecipient> wanted;
  for (const queue::ReportedRecipient& one : recipients) {
    const auto& recipient = original.envelope.recipients.at(one.recipient);
    // RFC 3461 §5.2.5: not with NOTIFY=NEVER, and not without the word for it
    if (is_wanted(recipient.notify, one)) wanted.push_back(one);
  }
  if (wanted.empty()) return std::nullopt;

  Dsn dsn =
      write_dsn(*settings_,
                {.original = original, .told = wanted, .quoted = quoted, .id = new_id, .now = now});
  if (sign_) dsn.message.insert(0, sign_(dsn.header(), dsn.body(), {}));
  queue::NewMessage report;
  report.info.id = new_id;
  report.info.accepted = now;
  message::Recipient to;
  to.address = queue::hears(original, wanted.front());
  to.original = to.address;
  to.notify = message::notify_never;
  if (expand_) report.info.envelope.recipients = expand_(to);
  if (report.info.envelope.recipients.empty()) report.info.envelope.recipients.push_back(to);
  report.info.envelope.eight_bit = dsn.eight_bit;
  report.info.envelope.smtputf8 = dsn.smtputf8;
  // RFC 8689 §5: what is told about it is as confidential as it was.
  report.info.envelope.require_tls = original.envelope.require_tls;
  report.info.envelope.priority = original.envelope.priority;  // RFC 6710 §4
  report.info.content = message::Content::whole(dsn.message.size());
  report.info.received_bytes = dsn.message.size();
  report.info.session_text = "local";
  report.info.note = fmt::format("report about {}", original.id.text());
  report.info.is_dsn = true;
  report.body = std::move(dsn.message);
  return report;
}

}  // namespace report
