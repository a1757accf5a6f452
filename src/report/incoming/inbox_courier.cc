// See inbox_courier.h.
#include "report/incoming/inbox_courier.h"

#include <fmt/format.h>

#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace report {
namespace {

constexpr std::string_view prefix = "report:";

smtp::Reply reply(int code, std::string words) {
  smtp::Reply out;
  out.code = code;
  out.enhanced = code == 250 ? smtp::EnhancedCode{2, 0, 0} : smtp::EnhancedCode{4, 3, 0};
  out.lines.push_back(std::move(words));
  return out;
}

std::vector<queue::Outcome> all(const queue::Parcel& parcel, queue::Result result,
                                const smtp::Reply& reply, base::Time now) {
  std::vector<queue::Outcome> out;
  for (const std::size_t recipient : parcel.recipients) {
    queue::Outcome outcome;
    outcome.recipient = recipient;
    outcome.result = result;
    outcome.attempt = {.when = now, .remote = "reports.db", .reply = reply};
    out.push_back(std::move(outcome));
  }
  return out;
}

}  // namespace

queue::Destination InboxCourier::destination(const message::Envelope& envelope,
                                             const message::Recipient& recipient) const {
  queue::Destination next = parts_.next.destination(envelope, recipient);
  // Only what is a mailbox here: an inbox that a route leads elsewhere is none.
  const bool local = next.key.starts_with("local:");
  if (!local || parts_.reports == nullptr || !parts_.reports->is_inbox(recipient.address)) {
    return next;
  }
  return {.key = std::string(prefix) + next.key};
}

io::Task<std::vector<queue::Outcome>> InboxCourier::deliver(queue::Parcel parcel) {
  if (!parcel.destination.key.starts_with(prefix)) {
    co_return co_await parts_.next.deliver(std::move(parcel));
  }
  parcel.destination.key.erase(0, prefix.size());
  const Read read = co_await this->read(parcel.message, parcel.body);
  const base::Time now = parts_.doors.clock.wall();
  if (read.fate == Fate::not_now) {
    co_return all(parcel, queue::Result::deferred, reply(451, read.words), now);
  }
  if (read.fate == Fate::stored && !parts_.reports->settings()->in.keep_mail) {
    co_return all(parcel, queue::Result::delivered, reply(250, read.words), now);
  }
  parcel.body->rewind();
  co_return co_await parts_.next.deliver(std::move(parcel));
}

io::Task<InboxCourier::Read> InboxCourier::read(std::shared_ptr<const queue::MessageInfo> message,
                                                queue::BodyReader* body) {
  const auto settings = parts_.reports->settings();
  const auto pass_on = [&](std::string why) {
    parts_.events.emit({.severity = base::Severity::warning,
                        .name = "report.unread",
                        .time = parts_.doors.clock.wall(),
                        .session = {},
                        .message = message->id,
                        .fields = {{"text", why}}});
    return Read{.fate = Fate::pass_on, .words = std::move(why)};
  };
  if (body->size() > settings->in.mail_bytes_max) co_return pass_on("the mail is too large");
  std::string text;
  text.reserve(body->size());
  for (;;) {
    const auto octets = co_await body->next();
    if (!octets) {
      co_return Read{.fate = Fate::not_now, .words = "The message could not be read back"};
    }
    if (octets->empty()) break;
    text += *octets;
  }
  auto stored = co_await io::on_pool(
      parts_.doors.pool,
      [reports = parts_.reports, text = std::move(text), now = parts_.doors.clock.wall()] {
        return reports->take_mail(text, now);
      });
  if (!stored) co_return Read{.fate = Fate::not_now, .words = "The report could not be stored"};
  if (!stored->any()) {
    co_return pass_on(stored->problems.empty() ? "there is no report in it"
                                               : stored->problems.front());
  }
  if (!stored->problems.empty()) (void)pass_on(stored->problems.front());
  co_return Read{.fate = Fate::stored,
                 .words = fmt::format("{} report(s) stored, {} known already",
                                      stored->numbers.size(), stored->duplicates)};
}

}  // namespace report
