// See local_queue.h: list, and what operators may do.
#include <algorithm>
#include <set>
#include <utility>

#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "queue/local_queue.h"

namespace queue {
namespace {

constexpr std::size_t messages_per_turn = 64;  // an operator's question must not stop the loop

// Lets everything else that is ready run first.
io::Task<void> yield(io::Ref<io::Loop> loop) {
  io::Completion<bool> turn;
  loop->post([&turn] { turn.complete(true); });
  co_await turn;
}

bool same_address(const message::Address& address, std::string_view text) {
  return base::iequals(address.text(), text);
}

bool destination_matches(std::string_view key, std::string_view wanted) {
  if (wanted.empty() || base::iequals(key, wanted)) return true;
  const std::size_t colon = key.find(':');
  return colon != std::string_view::npos && base::iequals(key.substr(colon + 1), wanted);
}

bool is_held(const EntryView& entry) { return entry.state == EntryState::held; }

// Can only be known of a message that was read back.
bool content_matters(const Filter& filter) {
  return !filter.sender.empty() || !filter.recipient.empty() || !filter.account.empty() ||
         !filter.hold_reason_prefix.empty();
}

bool people_match(const Loaded& loaded, const std::vector<EntryView>& entries,
                  const Filter& filter) {
  const MessageInfo& message = *loaded.message;
  if (std::ranges::any_of(entries, is_held) &&
      !loaded.hold_reason.starts_with(filter.hold_reason_prefix)) {
    return false;
  }
  if (!filter.sender.empty() && !same_address(message.envelope.sender, filter.sender)) {
    return false;
  }
  if (!filter.account.empty() && !base::iequals(message.account, filter.account)) return false;
  if (filter.recipient.empty()) return true;
  return std::ranges::any_of(entries, [&](const EntryView& entry) {
    return std::ranges::any_of(entry.recipients, [&](std::uint32_t i) {
      return same_address(message.envelope.recipients.at(i).address, filter.recipient);
    });
  });
}

}  // namespace

bool LocalQueue::verdict_means(const Verdict& verdict, const MessageInfo& message,
                               std::uint32_t recipient) {
  return verdict.recipient.empty() ||
         same_address(message.envelope.recipients.at(recipient).address, verdict.recipient);
}

std::vector<MessageId> LocalQueue::candidates(const Filter& filter) const {
  std::vector<MessageId> ids;
  if (filter.id) {
    if (!matching(filter.id, filter).empty()) ids.push_back(filter.id);
    return ids;
  }
  schedule_.each([&](const EntryView& entry) {
    if (filter.held_only && entry.state != EntryState::held) return;
    if (filter.scheduled_only && !entry.scheduled) return;
    if (destination_matches(entry.destination, filter.destination)) ids.push_back(entry.id);
  });
  std::ranges::sort(ids);
  const auto doubled = std::ranges::unique(ids);
  ids.erase(doubled.begin(), doubled.end());
  return ids;
}

std::vector<EntryView> LocalQueue::matching(MessageId id, const Filter& filter) const {
  std::vector<EntryView> entries = schedule_.entries(id);
  std::erase_if(entries, [&](const EntryView& entry) {
    return (filter.held_only && entry.state != EntryState::held) ||
           (filter.scheduled_only && !entry.scheduled) ||
           !destination_matches(entry.destination, filter.destination);
  });
  return entries;
}

// --- list ----------------------------------------------------------------------------------------

io::Task<std::vector<Summary>> LocalQueue::list(Filter filter, std::size_t max) {
  std::vector<Summary> summaries;
  std::size_t read = 0;
  for (const MessageId id : candidates(filter)) {
    if (summaries.size() >= max) break;
    if (++read % messages_per_turn == 0) co_await yield(parts_.doors.loop);
    const auto loaded = co_await load(id);
    const std::vector<EntryView> entries = matching(id, filter);
    if (!loaded || entries.empty() || !people_match(*loaded, entries, filter)) continue;
    summaries.push_back(summary(*loaded, schedule_.entries(id)));
  }
  co_return summaries;
}

Summary LocalQueue::summary(const Loaded& loaded, const std::vector<EntryView>& entries) {
  const MessageInfo& message = *loaded.message;
  Summary line;
  line.id = message.id;
  line.accepted = message.accepted;
  line.sender = message.envelope.sender.text();
  line.account = message.account;
  line.bytes = message.content.size();
  line.last_reply = loaded.last_reply;
  line.next_attempt = base::Time::max();
  std::set<std::uint32_t> recipients;
  for (const EntryView& entry : entries) {
    recipients.insert(entry.recipients.begin(), entry.recipients.end());
    line.destinations.emplace_back(entry.destination);
    line.attempts = std::max(line.attempts, entry.attempts);
    line.next_attempt = std::min(line.next_attempt, entry.next_attempt);
    line.hold = line.hold || entry.state == EntryState::held;
    line.active = line.active || entry.state == EntryState::active;
    line.scheduled = line.scheduled || entry.scheduled;
    if (line.last_reply.empty()) line.last_reply = entry.destination_reply;
  }
  for (const std::uint32_t i : recipients) {
    line.recipients.push_back(message.envelope.recipients.at(i).address.text());
  }
  if (line.hold) line.hold_reason = loaded.hold_reason;
  return line;
}

// --- operate -------------------------------------------------------------------------------------

io::Task<base::Result<std::size_t>> LocalQueue::operate(Operation operation, Filter filter,
                                                        std::string reason, bool dry_run) {
  std::size_t changed = 0;
  std::size_t read = 0;
  Batch batch{.operation = operation, .filter = filter, .reason = std::move(reason)};
  for (const MessageId id : candidates(filter)) {
    if (++read % messages_per_turn == 0) {
      co_await yield(parts_.doors.loop);
      co_await operate_batch(batch);
    }
    if (stopping_ || batch.failure) break;
    if (content_matters(filter)) {
      const auto loaded = co_await load(id);
      const std::vector<EntryView> entries = matching(id, filter);
      if (!loaded || !people_match(*loaded, entries, filter)) continue;
    }
    if (dry_run) {
      ++changed;
      continue;
    }
    batch.ids.push_back(id);
  }
  if (dry_run) co_return changed;
  co_await operate_batch(batch);
  if (batch.failure) co_return std::unexpected(*batch.failure);
  co_return batch.changed;
}

// All at once: their records share a write and a sync, for which each alone would wait.
io::Task<void> LocalQueue::operate_batch(io::Ref<Batch> batch) {
  io::TaskGroup running;
  for (const MessageId id : batch->ids) running.spawn(operate_for(batch, id));
  batch->ids.clear();
  co_await running.join();
  tell_.set_size(schedule_.messages());
  kick();
}

io::Task<void> LocalQueue::operate_for(io::Ref<Batch> batch, MessageId id) {
  Filter one = batch->filter;
  one.id = id;
  const auto done = co_await operate_one(batch->operation, std::move(one), batch->reason);
  if (!done) {
    batch->failure = done.error();
  } else if (*done) {
    ++batch->changed;
  }
}

io::Task<base::Result<bool>> LocalQueue::operate_one(Operation operation, Filter filter,
                                                     std::string reason) {
  const MessageId id = filter.id;
  if (operation == Operation::hold || operation == Operation::release) {
    co_return co_await set_hold(operation == Operation::hold, std::move(filter), std::move(reason));
  }
  if (operation == Operation::retry) {
    bool changed = false;
    for (const EntryView& entry : matching(id, filter)) {
      changed = schedule_.retry_now(entry.ticket, wall()) || changed;
    }
    if (changed) tell_.retry(id, reason);
    co_return changed;
  }
  auto loaded = co_await load(id);
  if (!loaded) co_return std::unexpected(loaded.error());
  Verdict verdict{
      .operation = operation, .recipient = filter.recipient, .reason = std::move(reason)};
  co_return co_await end_recipients(std::move(filter), std::move(verdict), std::move(*loaded));
}

io::Task<base::Result<bool>> LocalQueue::set_hold(bool hold, Filter filter, std::string reason) {
  const MessageId id = filter.id;
  std::uint32_t attempts = 0;
  bool changes = false;
  bool held = false;
  base::Time wanted;  // by the sender
  for (const EntryView& entry : schedule_.entries(id)) {
    attempts = std::max(attempts, entry.attempts);
    changes = changes || (hold ? !is_held(entry) : is_held(entry) || entry.scheduled);
    held = held || is_held(entry);
    if (entry.scheduled) wanted = entry.next_attempt;
  }
  // Released from a hold it waits for its hour; released again it goes.
  const bool keeps_hour = hold || held;
  if (!changes && !(hold && held)) co_return false;
  const auto loaded = co_await load(id);
  if (!loaded) co_return std::unexpected(loaded.error());
  // A second hold with another reason takes the first one's place: whose word it is counts.
  if (!changes && loaded->hold_reason == reason) co_return false;
  Defer defer;
  defer.id = id;
  defer.last_reply = loaded->last_reply;
  defer.next_attempt = keeps_hour ? std::max(wall(), wanted) : wall();
  defer.attempts = attempts;
  defer.hold = hold;
  if (hold) defer.hold_reason = reason;
  std::vector<Defer> defers;
  defers.push_back(std::move(defer));
  auto writing = parts_.store.defer(std::move(defers));
  writing.set_scope(shield_);
  const auto written = co_await std::move(writing);
  if (!written) co_return std::unexpected(written.error());
  if (hold ? !schedule_.hold(id) : !schedule_.release(id, wall())) co_return false;
  if (hold) {
    hold_reasons_.insert_or_assign(id, reason);
    tell_.held(id, reason);
  } else {
    hold_reasons_.erase(id);
    tell_.released(id, reason);
  }
  co_return true;
}

io::Task<base::Result<bool>> LocalQueue::end_recipients(Filter filter, Verdict verdict,
                                                        Loaded loaded) {
  bool changed = false;
  for (const EntryView& entry : matching(filter.id, filter)) {
    // Between two entries there was a wait: this one may have ended, and its number be another's.
    const auto now = schedule_.entries(filter.id);
    const bool there = std::ranges::any_of(
        now, [&](const EntryView& other) { return other.ticket == entry.ticket; });
    if (!there) continue;
    changed = true;
    auto work = schedule_.take(entry.ticket);
    if (!work) {  // an attempt is running: what it does not deliver ends when it comes back
      verdicts_.insert_or_assign(entry.ticket, verdict);
      continue;
    }
    work->expired = false;
    std::erase_if(work->recipients, [&](std::uint32_t recipient) {
      return recipient < loaded.states.size() &&
             loaded.states[recipient] != RecipientState::pending;
    });
    auto settling = settle({.work = std::move(*work),
                            .loaded = loaded,
                            .outcomes = {},
                            .interrupted = true,
                            .verdict = verdict});
    settling.set_scope(shield_);
    co_await std::move(settling);
  }
  co_return changed;
}

}  // namespace queue
