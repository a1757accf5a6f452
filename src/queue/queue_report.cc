// See local_queue.h: what the sender is told (RFC 3461 §5.2).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "queue/body_reader.h"
#include "queue/local_queue.h"

namespace queue {
namespace {

using message::notify_wants;

using message::DeliverBy;

// RFC 2852 §4: does its sender want to be told at its deadline? Who sent it on too late has told
// him already.
bool asks_for_notice(const MessageInfo& message) {
  const DeliverBy& by = message.envelope.by;
  return by.mode == DeliverBy::Mode::notify && by.deadline > message.starts();
}

// When the sender is told of the delay; of a message that reaches its time in the same second as
// the schedule says so. The time that he chose himself takes the place of ours.
std::optional<base::Time> notice_time(const Settings& settings, const MessageInfo& message) {
  if (asks_for_notice(message)) return message.envelope.by.deadline;
  if (settings.delay_notice_after.count() == 0) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(message.starts()) + settings.delay_notice_after;
}

// RFC 2852 §4.1.4: who asked for a trace hears of each server that passes it on, who wants to be
// told of a delay that the next server cannot tell him. A list's owner asked for neither.
bool by_wants_relayed(const message::Envelope& envelope, const Outcome& outcome) {
  const message::Recipient& recipient = envelope.recipients[outcome.recipient];
  if (!envelope.by.given() || outcome.handover == Handover::final || recipient.of_list)
    return false;
  if ((recipient.notify & message::notify_never) != 0) return false;
  return envelope.by.trace || !outcome.by_kept;
}

// Delivered, of which only those are told that asked for it, by NOTIFY or by BY.
void add_successes(const Settlement& settlement, ReportGroups& groups) {
  const MessageInfo& message = *settlement.loaded.message;
  std::vector<ReportedRecipient> delivered;
  std::vector<ReportedRecipient> relayed;
  for (const Outcome& outcome : settlement.outcomes) {
    if (outcome.result != Result::delivered) continue;
    if (outcome.recipient >= message.envelope.recipients.size()) continue;
    const std::uint8_t notify = message.envelope.recipients[outcome.recipient].notify;
    const bool asked =
        outcome.handover != Handover::passed_on && notify_wants(notify, message::notify_success);
    const bool by = by_wants_relayed(message.envelope, outcome);
    if (!asked && !by) continue;
    const bool ours = outcome.handover == Handover::final;
    (ours ? delivered : relayed)
        .push_back({.recipient = outcome.recipient,
                    .attempt = outcome.attempt,
                    .action = ours ? Action::delivered : Action::relayed,
                    .expired = false,
                    .by = by,
                    .by_kept = outcome.by_kept,
                    .retry_until = {}});
  }
  if (!delivered.empty()) groups.push_back(std::move(delivered));
  if (!relayed.empty()) groups.push_back(std::move(relayed));
}

// One report for each who hears: a list's owner hears of its members, the sender of the others.
ReportGroups by_hearer(const MessageInfo& message, ReportGroups groups) {
  ReportGroups out;
  for (std::vector<ReportedRecipient>& group : groups) {
    const std::size_t from = out.size();
    for (ReportedRecipient& one : group) {
      const message::Address& hearer = hears(message, one);
      const auto same =
          std::find_if(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
                       [&](const auto& other) { return hears(message, other.front()) == hearer; });
      if (same != out.end()) {
        same->push_back(std::move(one));
      } else {
        out.emplace_back().push_back(std::move(one));
      }
    }
  }
  return out;
}

}  // namespace

Attempt never_reached(base::Time now, std::string_view last_reply) {
  smtp::Reply reply = smtp::reply(451, {4, 4, 7}, "the destination could not be reached");
  if (!last_reply.empty()) reply.lines = {fmt::format("the last answer was: {}", last_reply)};
  return {.when = now, .remote = {}, .reply = std::move(reply)};
}

Attempt time_over(base::Time now, std::string_view last_reply) {
  smtp::Reply reply = smtp::reply(554, {5, 4, 7}, "the time that its sender gave it is over");
  if (!last_reply.empty()) {
    reply.lines.push_back(fmt::format("the last answer was: {}", last_reply));
  }
  return {.when = now, .remote = {}, .reply = std::move(reply)};
}

bool hears_of_delay(const MessageInfo& message, std::size_t recipient) {
  if (message.is_dsn || message.envelope.sender.is_null()) return false;
  return notify_wants(message.envelope.recipients.at(recipient).notify, message::notify_delay);
}

bool has_expansions(const MessageInfo& message) {
  return std::ranges::any_of(message.envelope.recipients, [](const auto& recipient) {
    return (recipient.notify & message::notify_expanded) != 0;
  });
}

Told LocalQueue::what_to_tell(const Settlement& settlement, const Tally& tally) const {
  Told told;
  if (!tally.failed.empty()) told.groups.push_back(tally.failed);
  add_successes(settlement, told.groups);
  if (!tally.left.empty()) tell_of_delay(settlement, tally, told);
  return told;
}

// Those left, once, when the message has waited for long.
void LocalQueue::tell_of_delay(const Settlement& settlement, const Tally& tally, Told& told) const {
  const Work& work = settlement.work;
  const MessageInfo& message = *settlement.loaded.message;
  const base::Time now = wall();
  const auto at = notice_time(*settings_, message);
  if (!at || (!work.late && (settlement.interrupted || now < *at))) return;
  told.delay_over = true;
  for (std::size_t i = 0; i < tally.left.size(); ++i) {
    const std::uint32_t recipient = tally.left[i];
    const auto& states = settlement.loaded.states;
    const bool known =
        recipient < states.size() && states[recipient] == RecipientState::pending_told;
    if (known || !hears_of_delay(message, recipient)) continue;
    const Outcome* last =
        tally.left_outcomes[i] != nullptr ? tally.left_outcomes[i] : tally.deferral;
    const std::string& heard =
        work.destination_reply.empty() ? settlement.loaded.last_reply : work.destination_reply;
    told.late.push_back({.recipient = recipient,
                         .attempt = last != nullptr ? last->attempt : never_reached(now, heard),
                         .action = Action::delayed,
                         .expired = false,
                         .by = asks_for_notice(message),
                         .by_kept = false,
                         .retry_until = work.expires});
  }
  if (!told.late.empty()) told.groups.push_back(told.late);
}

// The original's first octets, or all of it when that is to be sent back. What cannot be read is
// left out: a report without it is better than none.
io::Task<std::string> LocalQueue::quoted(std::shared_ptr<const MessageInfo> message, bool whole) {
  if (!whole) co_return co_await read_header_part(&parts_.store, message, header_bytes_max);
  ContentReader reader(parts_.store, message);
  std::string content;
  for (;;) {
    auto bytes = co_await reader.next();
    if (!bytes || bytes->empty()) break;
    content += *bytes;
  }
  co_return content;
}

io::Task<std::vector<NewMessage>> LocalQueue::reports(std::shared_ptr<const MessageInfo> message,
                                                      ReportGroups groups) {
  groups = by_hearer(*message, std::move(groups));
  std::vector<NewMessage> made;
  // Invariant 3; here as well as in the notifier, because a loop of reports fills every disk.
  if (message->is_dsn || message->envelope.sender.is_null()) co_return made;
  // RFC 3461 §4.3: RET is about failures; other reports have the header only.
  const bool failed = groups.front().front().action == Action::failed;
  const bool whole = failed && !message->envelope.binary &&
                     message->envelope.ret == message::Envelope::Ret::full &&
                     message->content.size() <= parts_.notifier.returned_bytes_max();
  const std::string content = co_await quoted(message, whole);
  for (const std::vector<ReportedRecipient>& group : groups) {
    // A list's owner did not ask for it (RFC 3461 §5.2.7.1).
    const bool of_list = message->envelope.recipients.at(group.front().recipient).of_list;
    const bool all = group.front().action == Action::failed && whole && !of_list &&
                     content.size() == message->content.size();
    auto report = parts_.notifier.report(*message, group, {.content = content, .whole = all},
                                         next_id(), wall());
    if (!report) continue;
    CHECK(report->info.is_dsn && report->info.envelope.sender.is_null(),
          "a report has the null sender and is marked as one");
    made.push_back(std::move(*report));
  }
  co_return made;
}

// RFC 3461 §5.2.7.1, §5.2.7.3: an address that stands for several answers for itself. Its report is
// on disk before the message's 250; without it the message goes all the same.
io::Task<void> LocalQueue::report_expansions(std::shared_ptr<const MessageInfo> message) {
  std::vector<ReportedRecipient> aliases;
  const auto& recipients = message->envelope.recipients;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if ((recipients[i].notify & message::notify_expanded) == 0) continue;
    const bool named = std::ranges::any_of(aliases, [&](const ReportedRecipient& other) {
      return recipients[other.recipient].original == recipients[i].original;
    });
    if (named) continue;
    aliases.push_back({.recipient = i,
                       .attempt = {.when = wall(), .remote = {}, .reply = {}},
                       .action = Action::expanded,
                       .expired = false,
                       .by = false,
                       .by_kept = false,
                       .retry_until = {}});
  }
  ReportGroups groups;
  groups.push_back(std::move(aliases));
  std::vector<NewMessage> made = co_await reports(message, std::move(groups));
  if (made.empty()) co_return;
  being_written_.insert(made.front().info.id);
  const auto written = co_await parts_.store.finish({}, made);
  being_written_.erase(being_written_.find(made.front().info.id));
  if (!written) {
    tell_.trouble("queue.report_not_stored", message->id, written.error().text());
    co_return;
  }
  enqueue(std::make_shared<const MessageInfo>(made.front().info));
}

}  // namespace queue
