// See local_queue.h: what operators may do.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "lib/base/pattern.h"
#include "queue/local_queue.h"

namespace queue {
namespace {

// Operators' words that are written together; each alone would wait for a sync of its own.
constexpr std::size_t messages_per_batch = 64;
// Candidates of one look through the schedule, which takes some milliseconds for a million entries.
constexpr std::size_t portion_max = 65'536;
// Of an order for more messages the trace tells each of the first ones, and how many there were.
constexpr std::size_t told_max = 1'000;

bool same_address(const message::Address& address, std::string_view text) {
  return base::matches_pattern(address.text(), text);
}

bool is_held(const EntryView& entry) { return entry.state == EntryState::held; }

}  // namespace

bool LocalQueue::verdict_means(const Verdict& verdict, const MessageInfo& message,
                               std::uint32_t recipient) {
  return verdict.recipient.empty() ||
         same_address(message.envelope.recipients.at(recipient).address, verdict.recipient);
}

// --- operate -------------------------------------------------------------------------------------

io::Task<base::Result<std::size_t>> LocalQueue::operate(Operation operation, Filter filter,
                                                        std::string reason, bool dry_run) {
  if (dry_run && !content_matters(filter)) co_return co_await count(std::move(filter));
  if (operation == Operation::retry && !filter.id && !content_matters(filter)) {
    co_return co_await retry_all(std::move(filter), std::move(reason));
  }
  Batch batch{.operation = operation, .filter = filter, .reason = std::move(reason)};
  std::size_t looked_at = 0;
  const MessageId last = next_id();  // what comes from now on is not meant
  for (;;) {
    const std::vector<MessageId> ids = co_await candidates(filter, portion_max);
    for (const MessageId id : ids) {
      if (stopping_ || batch.failure || id > last) break;
      if (++looked_at % messages_per_batch == 0) co_await yield();
      if (batch.ids.size() >= messages_per_batch) co_await operate_batch(batch);
      if (content_matters(filter) && !co_await content_matches(id, filter)) continue;
      if (dry_run) {
        ++batch.changed;
      } else {
        batch.ids.push_back(id);
      }
    }
    if (stopping_ || batch.failure || ids.size() < portion_max || ids.back() > last) break;
    filter.after = ids.back();
  }
  if (!dry_run) co_await operate_batch(batch);
  if (batch.failure) co_return std::unexpected(*batch.failure);
  co_return batch.changed;
}

// Of a destination or of all: without looking at each message's content, in slices.
io::Task<base::Result<std::size_t>> LocalQueue::retry_all(Filter filter, std::string reason) {
  std::size_t changed = 0;
  std::unordered_set<MessageId> several;
  co_await scan(filter, [&](const Glance& entry) {
    if (!schedule_.retry_now(entry.ticket, wall())) return;
    if (entry.shared && !several.insert(entry.id).second) return;
    if (++changed <= told_max) tell_.retry(entry.id, reason);
  });
  if (changed > told_max) tell_.retry_of_many(filter.destination, changed, reason);
  kick();
  co_return changed;
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
      return recipient < loaded.states.size() && !is_pending(loaded.states[recipient]);
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
