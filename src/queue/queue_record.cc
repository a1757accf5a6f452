// See local_queue.h: what is to be written, and the watchdog.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/io/clock.h"
#include "queue/local_queue.h"

namespace queue {
namespace {

constexpr base::Duration watch_every = std::chrono::seconds(10);
constexpr int audit_every = 6;  // watches: a minute
// About a millisecond of checking at once.
constexpr std::uint32_t audited_entries_max = 5000;

}  // namespace

io::Task<void> LocalQueue::record(Recording recording) {
  being_written_.insert(recording.finish.id);
  for (const NewMessage& report : recording.reports) being_written_.insert(report.info.id);
  auto written = co_await parts_.store.finish({recording.finish}, recording.reports);
  if (!written && written.error().kind == base::ErrorKind::not_found) {
    // Another record has ended it meanwhile; its report must not be lost for that.
    written = base::Result<>();
    if (!recording.reports.empty()) {
      written = co_await parts_.store.finish({}, recording.reports);
    }
  }
  being_written_.erase(being_written_.find(recording.finish.id));
  for (const NewMessage& report : recording.reports) {
    being_written_.erase(being_written_.find(report.info.id));
  }
  if (written) {
    paused_ = false;
    recorded(recording);
    co_return;
  }
  if (!paused_) {
    tell_.trouble("queue.unrecorded", recording.finish.id,
                  "its end cannot be written; no attempt starts before the store works again: " +
                      written.error().text());
  }
  paused_ = true;
  unrecorded_.push_back(std::move(recording));
}

void LocalQueue::recorded(const Recording& recording) {
  if (recording.finish.message_done) tell_.done(recording.finish.id);
  for (const NewMessage& report : recording.reports) {
    enqueue(std::make_shared<const MessageInfo>(report.info));
  }
}

io::Task<void> LocalQueue::retry_unrecorded() {
  for (std::size_t left = unrecorded_.size(); left > 0; --left) {
    Recording recording = std::move(unrecorded_.front());
    unrecorded_.pop_front();
    auto recording_again = record(std::move(recording));
    recording_again.set_scope(shield_);
    co_await std::move(recording_again);  // without luck it is at the end again
  }
  kick();
}

// --- the watchdog --------------------------------------------------------------------------------

io::Task<void> LocalQueue::watch() {
  for (int round = 1;; ++round) {
    const auto slept = co_await io::sleep_for(parts_.doors.clock, watch_every);
    if (!slept) co_return;
    forget_old_fresh();
    co_await expire_blocked();
    if (!unrecorded_.empty()) co_await retry_unrecorded();
    if (round % audit_every == 0) co_await audit();
  }
}

// The schedule ends only some of those behind a backoff at once.
io::Task<void> LocalQueue::expire_blocked() {
  for (std::uint32_t at = 0; at != no_slot && !stopping_;) {
    at = schedule_.expire_blocked(at, audited_entries_max, wall());
    if (at != no_slot) co_await yield();
  }
  kick();
}

// HOUSE invariant 8: no message stays in a state that nothing moves on.
io::Task<void> LocalQueue::audit() {
  if (const std::string wrong = schedule_.check(audited_entries_max); !wrong.empty()) {
    tell_.trouble("queue.watchdog", {}, "the schedule is rebuilt: " + wrong);
    schedule_.rebuild();
    kick();
  }
  const std::size_t live = parts_.store.live_count();
  // What is being written, or is just ending, counts here already, or there still.
  const std::size_t ours = schedule_.messages() + unrecorded_.size();
  const std::size_t apart = live > ours ? live - ours : ours - live;
  const std::size_t on_their_way = being_written_.size() + unrecorded_.size() + schedule_.active();
  if (apart > on_their_way) co_await compare_with_store();
}

bool LocalQueue::known(MessageId id) const {
  return schedule_.contains(id) || being_written_.contains(id) ||
         std::ranges::any_of(unrecorded_, [id](const Recording& r) { return r.finish.id == id; });
}

io::Task<void> LocalQueue::compare_with_store() {
  std::vector<MessageId> forgotten;
  parts_.store.each_live([&](MessageId id) {
    if (!known(id)) forgotten.push_back(id);
  });
  for (const MessageId id : forgotten) {
    auto stored = co_await parts_.store.read(id);
    if (!stored || known(id)) continue;  // it has ended, or found its way, meanwhile
    tell_.trouble("queue.watchdog", id, "it was in the store, but not scheduled; now it is");
    load_one(std::move(*stored));
  }
  tell_.set_size(schedule_.messages());
  kick();
}

}  // namespace queue
