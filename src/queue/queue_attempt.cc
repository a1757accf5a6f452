// See local_queue.h: one attempt and what comes of it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/io/deadline.h"
#include "lib/io/random.h"
#include "queue/body_reader.h"
#include "queue/local_queue.h"

namespace queue {
namespace {

// RFC 2852: what is left is told to the next server in whole seconds; with less than one there is
// none.
bool is_out_of_time(const MessageInfo& message, base::Time now) {
  constexpr base::Duration almost_a_second = std::chrono::milliseconds(999);
  return message.envelope.by.lapsed(now + almost_a_second);
}

Attempt returned_by_operator(base::Time now, std::string_view reason) {
  return {
      .when = now,
      .remote = {},
      .reply = smtp::reply(554, {5, 0, 0}, fmt::format("returned by the postmaster: {}", reason))};
}

}  // namespace

io::Task<void> LocalQueue::attempt(Work work) {
  auto loaded = co_await load(work.id);
  if (!loaded) {
    unreadable(work, loaded.error());
    co_return kick();
  }
  // RFC 2852 §4: not delivered when its time is over, not even by one last attempt.
  if (is_out_of_time(*loaded->message, wall())) work.expired = true;
  reroute(work, *loaded);
  Settlement settlement{.work = std::move(work),
                        .loaded = std::move(*loaded),
                        .outcomes = {},
                        .interrupted = false,
                        .verdict = {}};
  const bool attempted = !settlement.work.expired && !settlement.work.late;
  if (attempted && !settlement.work.recipients.empty()) {
    settlement.outcomes = co_await carry(std::as_const(settlement.work), settlement.loaded.message);
  }
  settlement.interrupted = attempts_.stopping() || settlement.work.late;
  release_fresh(settlement.work.id);
  auto settling = settle(std::move(settlement));
  settling.set_scope(shield_);  // delivered is delivered, also when we are told to stop
  co_await std::move(settling);
  kick();
}

io::Task<base::Result<Loaded>> LocalQueue::load(MessageId id) {
  if (const auto fresh = fresh_.find(id); fresh != fresh_.end()) {
    Loaded kept;
    kept.message = fresh->second.message;
    if (const auto why = hold_reasons_.find(id); why != hold_reasons_.end()) {
      kept.hold_reason = why->second;
    }
    co_return kept;
  }
  auto stored = co_await parts_.store.read(id);
  if (!stored) co_return std::unexpected(std::move(stored.error()));
  Loaded loaded{.message = nullptr,
                .states = std::move(stored->states),
                .last_reply = std::move(stored->last_reply),
                .hold_reason = std::move(stored->hold_reason)};
  loaded.states.resize(stored->info.envelope.recipients.size(), RecipientState::pending);
  loaded.message = std::make_shared<const MessageInfo>(std::move(stored->info));
  co_return loaded;
}

void LocalQueue::unreadable(const Work& work, const base::Error& error) {
  tell_.trouble("queue.unreadable", work.id, error.text());
  verdicts_.erase(work.ticket);
  release_fresh(work.id);
  Ending ending;
  ending.left = work.recipients;
  ending.reached = false;
  ending.interrupted = attempts_.stopping();
  if (error.kind == base::ErrorKind::not_found) ending.left.clear();
  schedule_.finish(work.ticket, ending, wall(), parts_.doors.random.number());
  tell_.set_size(schedule_.messages());
}

// Routes may have changed since it was scheduled (settings, a directory): those who go elsewhere
// now get an entry there. Recipients that have ended meanwhile are dropped.
void LocalQueue::reroute(Work& work, const Loaded& loaded) {
  const MessageInfo& message = *loaded.message;
  if (loaded.states.empty() && wall() - message.accepted <= fresh_route_max) return;
  if (!loaded.states.empty()) {
    std::erase_if(work.recipients, [&](std::uint32_t recipient) {
      return recipient >= loaded.states.size() || !is_pending(loaded.states[recipient]);
    });
  }
  if (work.expired || work.late) return;
  Routes by_destination = routes(message, work.recipients);
  const auto here = by_destination.extract(work.destination);
  if (by_destination.empty()) return;
  work.recipients = here.empty() ? std::vector<std::uint32_t>() : here.mapped();
  NewEntry entry = entry_of(message);
  entry.next_attempt = wall();
  entry.attempts = work.attempts;
  for (const auto& [destination, recipients] : by_destination) {
    entry.destination = destination;
    entry.recipients = recipients;
    schedule_.add(entry, wall());
  }
  kick();
}

io::Task<std::vector<Outcome>> LocalQueue::carry(io::Ref<const Work> work,
                                                 std::shared_ptr<const MessageInfo> message) {
  ContentReader body(parts_.store, message);
  io::CancelScope scope(co_await io::current_scope());
  io::DeadlineTimer timer(scope);
  parts_.doors.clock.arm(timer, parts_.doors.clock.now() + attempt_time_max);
  std::vector<Outcome> outcomes;
  const std::size_t portion = std::max(1U, settings_->recipients_per_attempt_max);
  for (std::size_t at = 0; at < work->recipients.size() && !scope.cancelled(); at += portion) {
    const auto first = work->recipients.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = std::min(portion, work->recipients.size() - at);
    body.rewind();
    auto delivering =
        parts_.courier.deliver({.message = message,
                                .recipients = {first, first + static_cast<std::ptrdiff_t>(count)},
                                .destination = {work->destination},
                                .attempt = work->attempts + 1,
                                .body = &body});
    delivering.set_scope(scope);
    auto some = co_await std::move(delivering);
    const bool whole = std::ranges::any_of(some, &Outcome::whole_destination);
    std::ranges::move(some, std::back_inserter(outcomes));
    if (whole) break;  // the others of this message would fare no better
  }
  co_return outcomes;
}

// --- what comes of it ----------------------------------------------------------------------------

io::Task<void> LocalQueue::settle(Settlement settlement) {
  const std::uint32_t ticket = settlement.work.ticket;
  if (const auto verdict = verdicts_.extract(ticket); !settlement.verdict && !verdict.empty()) {
    settlement.verdict = std::move(verdict.mapped());
  }
  Tally result = tally(settlement);
  tell_ends(settlement, result);
  Recording recording;
  recording.finish.id = settlement.work.id;
  recording.finish.ends = std::move(result.ends);
  if (settlement.verdict) recording.finish.decision = settlement.verdict->reason;
  Told told = what_to_tell(settlement, result);
  for (const ReportedRecipient& late : told.late) {
    recording.finish.ends.push_back(
        {static_cast<std::uint32_t>(late.recipient), RecipientState::pending_told});
  }
  // The reports first: from here to the store's finish() nothing may come between, so that the last
  // record of a message is the one that says that it is done.
  if (!told.groups.empty()) {
    recording.reports = co_await reports(settlement.loaded.message, std::move(told.groups));
  }
  const std::string reply =
      result.deferral != nullptr ? result.deferral->attempt.reply.text() : std::string();
  const Ended ended = schedule_.finish(ticket,
                                       {.left = result.left,
                                        .whole_destination = result.whole_destination,
                                        .reached = !settlement.outcomes.empty(),
                                        .interrupted = settlement.interrupted,
                                        .delay_told = told.delay_over,
                                        .reply = reply},
                                       wall(), parts_.doors.random.number());
  kick();  // its place is free for the next: the record's sync may take its time
  verdicts_.erase(ticket);
  tell_.set_size(schedule_.messages());
  std::vector<Defer> deferred = deferrals(settlement, result, ended);
  recording.finish.message_done = ended.message_done;
  if (ended.message_done) hold_reasons_.erase(settlement.work.id);
  if (ended.message_done || !recording.finish.ends.empty()) {
    co_await record(std::move(recording));
  }
  if (!deferred.empty()) co_await record_deferral(settlement.work.id, std::move(deferred));
}

std::vector<Defer> LocalQueue::deferrals(const Settlement& settlement, const Tally& result,
                                         const Ended& ended) {
  std::vector<Defer> made;
  const Work& work = settlement.work;
  const std::string reply =
      result.deferral != nullptr ? result.deferral->attempt.reply.text() : std::string();
  if (!result.left.empty() && !settlement.interrupted) {
    static const Attempt silent;
    const Attempt& common = result.deferral != nullptr ? result.deferral->attempt : silent;
    for (std::size_t i = 0; i < result.left.size(); ++i) {
      const Outcome* own = result.left_outcomes[i];
      tell_.deferred(*settlement.loaded.message, result.left[i],
                     own != nullptr ? own->attempt : common, ended.next_attempt);
    }
    Defer& defer = made.emplace_back();
    defer.id = work.id;
    defer.next_attempt = ended.next_attempt;
    defer.attempts = ended.attempts;
    defer.recipients = result.left;
    defer.last_reply = reply;
    defer.hold = ended.held;
    if (const auto why = hold_reasons_.find(work.id); ended.held && why != hold_reasons_.end()) {
      defer.hold_reason = why->second;
    }
  }
  if (ended.destination_blocked) {
    tell_.destination_deferred(work.destination, reply, ended.destination_due);
    Defer& defer = made.emplace_back();
    defer.destination = work.destination;
    defer.next_attempt = ended.destination_due;
    defer.attempts = ended.destination_failures;
    defer.last_reply = reply;
  }
  return made;
}

// A deferral that is not written costs an early attempt after a restart, no more.
io::Task<void> LocalQueue::record_deferral(MessageId id, std::vector<Defer> deferrals) {
  const auto written = co_await parts_.store.defer(std::move(deferrals));
  if (!written) tell_.trouble("queue.defer", id, written.error().text());
}

Tally LocalQueue::tally(Settlement& settlement) const {
  const Work& work = settlement.work;
  const base::Time now = wall();
  const MessageInfo& message = *settlement.loaded.message;
  const bool expired = work.expired || work.expires <= now || is_out_of_time(message, now);
  std::vector<const Outcome*> outcomes(message.envelope.recipients.size());
  Tally result;
  for (const Outcome& outcome : settlement.outcomes) {
    if (outcome.recipient >= outcomes.size()) continue;
    const Outcome*& first = outcomes[outcome.recipient];
    if (first == nullptr) first = &outcome;
    if (outcome.result != Result::deferred) continue;
    result.deferral = &outcome;
    result.whole_destination = result.whole_destination || outcome.whole_destination;
  }
  const bool lapsed = is_out_of_time(message, now);
  const auto fail = [&](std::uint32_t recipient, const Attempt& why, bool by_time) {
    result.ends.push_back({recipient, RecipientState::failed});
    result.failed.push_back({.recipient = recipient,
                             .attempt = why,
                             .action = Action::failed,
                             .expired = by_time,
                             .by = by_time && lapsed,
                             .by_kept = false,
                             .retry_until = {}});
  };
  for (const std::uint32_t recipient : work.recipients) {
    const Outcome* outcome = outcomes.at(recipient);
    if (outcome != nullptr && outcome->result == Result::delivered) {
      result.ends.push_back({recipient, RecipientState::delivered});
    } else if (outcome != nullptr && outcome->result == Result::failed) {
      fail(recipient, outcome->attempt, false);
    } else if (settlement.verdict && verdict_means(*settlement.verdict, message, recipient)) {
      if (settlement.verdict->operation == Operation::remove) {
        result.ends.push_back({recipient, RecipientState::removed});
      } else {
        fail(recipient, returned_by_operator(now, settlement.verdict->reason), false);
      }
    } else if (expired && !settlement.interrupted) {
      const Outcome* last = outcome != nullptr ? outcome : result.deferral;
      const std::string& heard =
          work.destination_reply.empty() ? settlement.loaded.last_reply : work.destination_reply;
      const Attempt silent = lapsed ? time_over(now, heard) : never_reached(now, heard);
      fail(recipient, last != nullptr ? last->attempt : silent, true);
    } else {
      result.left.push_back(recipient);
      result.left_outcomes.push_back(outcome);
    }
  }
  return result;
}

void LocalQueue::tell_ends(const Settlement& settlement, const Tally& result) {
  const MessageInfo& message = *settlement.loaded.message;
  for (const Outcome& outcome : settlement.outcomes) {
    if (outcome.result != Result::delivered) continue;
    if (outcome.recipient >= message.envelope.recipients.size()) continue;
    tell_.delivered(message, outcome.recipient, outcome.attempt);
  }
  for (const ReportedRecipient& failed : result.failed) tell_.failed(message, failed);
  for (const RecipientEnd& end : result.ends) {
    if (end.state != RecipientState::removed) continue;
    tell_.removed(message, end.recipient, settlement.verdict->reason);
  }
}

}  // namespace queue
