// See queue.h and local_queue.h.
#include "queue/queue.h"

#include <algorithm>
#include <utility>

#include "lib/io/loop.h"
#include "queue/local_queue.h"

namespace queue {
namespace {

// A turn of the loop belongs to sessions too: more than this many attempts begin in the next one.
constexpr int starts_at_once_max = 32;
// The wall clock may be set while we wait; so we look again at least this often.
constexpr base::Duration sleep_max = std::chrono::minutes(1);
constexpr base::Duration sleep_min = std::chrono::milliseconds(1);

class GraceTimer final : public io::Timer {
 public:
  explicit GraceTimer(io::TaskGroup& group) : group_(group) {}
  void fire() override { group_.cancel(); }

 private:
  io::TaskGroup& group_;
};

std::size_t estimated_bytes(const MessageInfo& message) {
  std::size_t bytes = sizeof(MessageInfo) + message.envelope.recipients.size() * 256;
  for (const message::Piece& piece : message.content.pieces()) {
    bytes += sizeof(message::Piece) + piece.bytes.size();
  }
  return bytes;
}

}  // namespace

NewEntry entry_of(const MessageInfo& message) {
  return {.id = message.id,
          .destination = {},
          .recipients = {},
          .accepted = message.starts(),
          .by = message.envelope.by,
          .priority = message.envelope.priority};
}

std::unique_ptr<Queue> Queue::make(Parts parts, std::shared_ptr<const Settings> settings) {
  return std::make_unique<LocalQueue>(std::move(parts), std::move(settings));
}

LocalQueue::LocalQueue(Parts parts, std::shared_ptr<const Settings> settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      schedule_(settings_),
      tell_(parts_.events, parts_.metrics, parts_.doors.clock),
      kick_(std::make_shared<Kick>(Kick{.queue = this})),
      wake_(*this) {}

LocalQueue::~LocalQueue() { kick_->queue = nullptr; }

// --- life ----------------------------------------------------------------------------------------

io::Task<base::Result<ReplayReport>> LocalQueue::start() {
  CHECK(!started_, "a queue is started once");
  auto report = co_await parts_.store.load([this](Stored stored) { load_one(std::move(stored)); });
  if (!report) co_return report;
  for (const Defer& defer : report->destinations) {
    schedule_.restore_backoff(defer.destination, defer.next_attempt, defer.attempts,
                              defer.last_reply);
  }
  schedule_.sort_ready();
  started_ = true;
  co_await retry_unrecorded();  // messages that turned out to be done
  tell_.set_size(schedule_.messages());
  background_.spawn(watch());
  kick();
  co_return report;
}

void LocalQueue::load_one(Stored stored) {
  const MessageInfo& message = stored.info;
  parts_.ids.skip_past(message.id);
  if (parts_.replayed) parts_.replayed(message.id);
  std::vector<std::uint32_t> pending;
  bool delay_told = true;  // to all of them
  for (std::uint32_t i = 0; i < message.envelope.recipients.size(); ++i) {
    if (i < stored.states.size() && !is_pending(stored.states[i])) continue;
    pending.push_back(i);
    const bool told = i < stored.states.size() && stored.states[i] == RecipientState::pending_told;
    delay_told = delay_told && (told || !hears_of_delay(message, i));
  }
  if (pending.empty()) {
    // All its recipients have ended in several records, and the last one did not say so.
    Recording& over = unrecorded_.emplace_back();
    over.finish.id = message.id;
    over.finish.message_done = true;
    return;
  }
  const base::Time now = wall();
  // An operator who released it early has left an earlier time.
  const bool scheduled = message.release_at > message.accepted && stored.attempts == 0 &&
                         stored.next_attempt >= message.release_at;
  NewEntry entry = entry_of(message);
  entry.next_attempt = stored.next_attempt;
  entry.attempts = stored.attempts;
  entry.hold = stored.hold;
  entry.scheduled = scheduled;
  entry.delay_told = delay_told;
  for (const auto& [destination, recipients] : routes(message, pending)) {
    entry.destination = destination;
    entry.recipients = recipients;
    schedule_.add(entry, now);
  }
}

io::Task<void> LocalQueue::stop(base::Duration grace) {
  stopping_ = true;
  parts_.doors.clock.disarm(wake_);
  co_await background_.stop();
  {
    GraceTimer timer(attempts_);
    parts_.doors.clock.arm(timer, parts_.doors.clock.now() + grace);
    co_await attempts_.join();
  }
  co_await retry_unrecorded();
  for (const Recording& lost : unrecorded_) {
    tell_.trouble("queue.unrecorded", lost.finish.id,
                  "stopped before its end could be written; it will be delivered again");
  }
  tell_.set_size(0);
  co_await parts_.store.close();
}

std::string LocalQueue::trouble() const {
  return stopping_ ? "shutting down" : parts_.store.trouble();
}

void LocalQueue::set_settings(std::shared_ptr<const Settings> settings) {
  settings_ = std::move(settings);
  schedule_.set_settings(settings_);
  kick();
}

// --- messages come in ----------------------------------------------------------------------------

io::Task<base::Result<>> LocalQueue::submit(std::unique_ptr<Draft> draft, MessageInfo info,
                                            BeforeDue before_due) {
  if (stopping_) co_return base::fail(base::ErrorKind::cancelled, "the queue is shutting down");
  CHECK(info.id && !info.envelope.recipients.empty(), "a message has an id and a recipient");
  auto message = std::make_shared<const MessageInfo>(info);
  being_written_.insert(message->id);
  auto committing = parts_.store.commit(std::move(draft), std::move(info));
  committing.set_scope(shield_);  // a session that stops must not tear a message from its schedule
  auto committed = co_await std::move(committing);
  if (committed && before_due) co_await before_due();
  being_written_.erase(being_written_.find(message->id));
  if (!committed) {
    tell_.trouble("queue.not_stored", message->id, committed.error().text());
    co_return committed;
  }
  paused_ = false;
  if (has_expansions(*message)) {
    auto reporting = report_expansions(message);
    reporting.set_scope(shield_);
    co_await std::move(reporting);
  }
  enqueue(message);
  co_return committed;
}

LocalQueue::Routes LocalQueue::routes(const MessageInfo& message,
                                      const std::vector<std::uint32_t>& recipients) const {
  Routes by_destination;
  for (const std::uint32_t recipient : recipients) {
    const auto& to = message.envelope.recipients.at(recipient);
    by_destination[parts_.courier.destination(message.envelope, to).key].push_back(recipient);
  }
  return by_destination;
}

void LocalQueue::enqueue(const std::shared_ptr<const MessageInfo>& message) {
  NewEntry entry = entry_of(*message);
  entry.next_attempt = message->starts();
  entry.hold = message->hold;
  entry.scheduled = message->release_at > message->accepted;
  const base::Time now = wall();
  const auto& recipients = message->envelope.recipients;
  bool open = false;
  std::uint32_t entries = 1;
  if (recipients.size() == 1) {  // nearly always: no need to sort them
    const std::uint32_t only = 0;
    const Destination destination =
        parts_.courier.destination(message->envelope, recipients.front());
    entry.destination = destination.key;
    entry.recipients = {&only, 1};
    schedule_.add(entry, now);
    open = schedule_.open(destination.key);
  } else {
    std::vector<std::uint32_t> all(recipients.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    const Routes by_destination = routes(*message, all);
    entries = static_cast<std::uint32_t>(by_destination.size());
    for (const auto& [destination, some] : by_destination) {
      entry.destination = destination;
      entry.recipients = some;
      schedule_.add(entry, now);
      open = open || schedule_.open(destination);
    }
  }
  if (open && !message->hold && message->starts() <= now) {
    keep_fresh(message, entries);
  } else {
    parts_.store.forget_body(message->id);
  }
  tell_.queued(*message);
  tell_.set_size(schedule_.messages());
  kick();
}

void LocalQueue::keep_fresh(const std::shared_ptr<const MessageInfo>& message, std::uint32_t uses) {
  const std::size_t bytes = estimated_bytes(*message);
  if (bytes > fresh_bytes_max) return;
  // The oldest wait for something slow; they are read back when it is their turn.
  while (fresh_bytes_ + bytes > fresh_bytes_max) forget_oldest_fresh();
  fresh_bytes_ += bytes;
  fresh_.emplace_hint(fresh_.end(), message->id, Fresh{message, bytes, uses});
}

void LocalQueue::forget_oldest_fresh() {
  const auto oldest = fresh_.begin();
  parts_.store.forget_body(oldest->first);
  fresh_bytes_ -= oldest->second.bytes;
  fresh_.erase(oldest);
}

void LocalQueue::forget_old_fresh() {
  const base::Time now = wall();
  while (!fresh_.empty() && now - fresh_.begin()->second.message->accepted > fresh_age_max) {
    forget_oldest_fresh();
  }
}

void LocalQueue::release_fresh(MessageId id) {
  const auto found = fresh_.find(id);
  if (found == fresh_.end() || --found->second.uses > 0) return;
  fresh_bytes_ -= found->second.bytes;
  fresh_.erase(found);
}

// --- who starts when -----------------------------------------------------------------------------

// Posted, not called: what woke us goes on first, so that the 250 leaves before the attempt begins.
void LocalQueue::kick() {
  if (kick_->posted || stopping_) return;
  kick_->posted = true;
  parts_.doors.loop.post([kick = kick_] {
    kick->posted = false;
    if (kick->queue != nullptr) kick->queue->pump();
  });
}

void LocalQueue::pump() {
  if (!started_ || stopping_) return;
  const base::Time now = wall();
  for (int started = 0;; ++started) {
    // What is delivered while its end cannot be written would be delivered twice.
    if (paused_) return;
    if (started == starts_at_once_max) return kick();
    auto work = schedule_.next(now);
    if (!work) break;
    attempts_.spawn(attempt(std::move(*work)));
  }
  arm_wake();
}

void LocalQueue::arm_wake() {
  const auto wake = schedule_.next_wakeup();
  if (wake == armed_for_) return;
  io::Clock& clock = parts_.doors.clock;
  clock.disarm(wake_);
  armed_for_ = wake;
  if (wake) clock.arm(wake_, clock.now() + std::clamp(*wake - wall(), sleep_min, sleep_max));
}

}  // namespace queue
