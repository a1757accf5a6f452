// See notifier.h.
#include "report/notifier.h"

#include <fmt/format.h>

#include <utility>

#include "report/dsn.h"

namespace report {

std::optional<queue::NewMessage> DsnNotifier::failure(
    const queue::MessageInfo& original, const std::vector<queue::FailedRecipient>& failed,
    std::string_view header, base::MessageId new_id, base::Time now) {
  // RFC 3461 §5.2, RFC 5321 §6.1: never to the null sender, never about a report.
  if (original.is_dsn || original.envelope.sender.is_null()) return std::nullopt;
  std::vector<queue::FailedRecipient> wanted;
  for (const queue::FailedRecipient& one : failed) {
    const auto& recipient = original.envelope.recipients.at(one.recipient);
    // RFC 3461 §5.2.5: NOTIFY=NEVER, or one without FAILURE
    if (message::notify_wants(recipient.notify, message::notify_failure)) wanted.push_back(one);
  }
  if (wanted.empty()) return std::nullopt;

  Dsn dsn = write_dsn(
      *settings_,
      {.original = original, .failed = wanted, .header = header, .id = new_id, .now = now});
  if (sign_) dsn.message.insert(0, sign_(dsn.header(), dsn.body(), {}));
  queue::NewMessage report;
  report.info.id = new_id;
  report.info.accepted = now;
  message::Recipient to;
  to.address = original.envelope.sender;
  to.original = original.envelope.sender;
  to.notify = message::notify_never;
  if (expand_) report.info.envelope.recipients = expand_(to);
  if (report.info.envelope.recipients.empty()) report.info.envelope.recipients.push_back(to);
  report.info.envelope.eight_bit = dsn.eight_bit;
  report.info.envelope.smtputf8 = dsn.smtputf8;
  report.info.content = message::Content::whole(dsn.message.size());
  report.info.received_bytes = dsn.message.size();
  report.info.session_text = "local";
  report.info.note = fmt::format("report about {}", original.id.text());
  report.info.is_dsn = true;
  report.body = std::move(dsn.message);
  return report;
}

}  // namespace report
