// queue/schedule.h: when each message is due, and whose turn it is: a state machine without a
// clock.
//
// What:    one entry per message and destination; retry ladder with jitter, fair turns between
//          destinations, priorities, backoff of whole destinations, deadlines and expiry, hold.
// In/Out:  add() → next(now) gives Work → finish(ticket, Ending, …) says what came of it. The time
//          and random numbers are arguments, so a run can be replayed.
// Errors:  none; a ticket that is not out is a CHECK.
// Limits:  attempts_max, attempts_slow_max, destination_concurrency_max (Settings). ≤ 150 bytes
//          per message, about 300 more per destination. A message behind its destination's backoff
//          expires when that ends, so at most the last step of retry_after late.
// Not here: carrying out the work (queue_attempt.cc), keeping it over a restart (store.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/time.h"
#include "lib/message/envelope.h"
#include "queue/destinations.h"
#include "queue/due_heap.h"
#include "queue/entry.h"
#include "queue/running.h"
#include "queue/settings.h"

namespace queue {

struct NewEntry {
  MessageId id;
  std::string_view destination;
  std::span<const std::uint32_t> recipients;
  base::Time accepted;
  base::Time next_attempt = {};  // in the past: now
  std::uint32_t attempts = 0;
  bool hold = false;
  bool scheduled = false;   // with next_attempt in the future: the sender's wish, not a retry
  bool delay_told = false;  // nobody is to be told of its delay (any more)
  message::DeliverBy by = {};
  std::int8_t priority = 0;
};

// One attempt to make, or (expired) one entry to end without, or (late) a delay to tell.
struct Work {
  std::uint32_t ticket = no_slot;  // for finish()
  MessageId id;
  std::string destination;
  std::vector<std::uint32_t> recipients;
  std::uint32_t attempts = 0;  // failed ones so far
  base::Time expires;
  bool expired = false;
  bool late = false;
  std::string destination_reply;  // with expired or late: what was last heard of the destination
};

// How a piece of Work ended.
struct Ending {
  std::vector<std::uint32_t> left;  // recipients to try again; empty: the entry is done
  bool whole_destination = false;   // the destination was not reached: everything for it waits
  bool reached = true;              // false: says nothing about the destination (a disk error)
  bool interrupted = false;         // we stopped it: does not count, stays as due as it was
  bool delay_told = false;          // its sender need not be told (again)
  std::string_view reply = {};      // with whole_destination: why
};

struct Ended {
  bool message_done = false;  // no other entry of this message is left
  bool held = false;          // an operator wanted it so while the attempt ran
  std::uint32_t attempts = 0;
  base::Time next_attempt;
  // The whole destination begins to wait now (and not already since another attempt's failure).
  bool destination_blocked = false;
  base::Time destination_due;
  std::uint32_t destination_failures = 0;
};

// An entry as list and operators see it.
struct EntryView {
  std::uint32_t ticket = no_slot;
  MessageId id;
  std::string_view destination;
  std::vector<std::uint32_t> recipients;
  base::Time next_attempt;
  std::uint32_t attempts = 0;
  EntryState state = EntryState::free;
  bool scheduled = false;  // not before next_attempt, its sender said
  std::string_view destination_reply;
};

// The same without what costs: for looking at a million of them.
struct Glance {
  std::uint32_t ticket = no_slot;
  MessageId id;
  std::uint32_t destination = 0;  // its number; may be another's later
  base::Time next_attempt;
  EntryState state = EntryState::free;
  bool scheduled = false;
  bool shared = false;  // the same message may come by again
};

class Schedule {
 public:
  explicit Schedule(std::shared_ptr<const Settings> settings);

  // A second entry for the same message and destination joins the first one if that is not active.
  void add(const NewEntry& entry, base::Time now);
  // What an earlier run knew of a destination: it waits until then. Unknown destinations are
  // ignored.
  void restore_backoff(std::string_view destination, base::Time until, std::uint32_t failures,
                       std::string_view reply);
  // The next thing to do now, if any. The caller owes a finish() for each.
  [[nodiscard]] std::optional<Work> next(base::Time now);
  Ended finish(std::uint32_t ticket, const Ending& ending, base::Time now, std::uint64_t random);
  // Ends those behind their destination's backoff whose time is over, and calls those late whose
  // sender is to be told, a slice at a time: looks at so many entries from number `from` on, gives
  // the next number, no_slot after the last.
  std::uint32_t expire_blocked(std::uint32_t from, std::uint32_t entries, base::Time now);
  // When next() will have something again without any other call; nullopt: only after one.
  [[nodiscard]] std::optional<base::Time> next_wakeup() const;

  // Operators. Due now, and its destination is tried at once. False: active, held, taken, or its
  // sender's time has not come.
  bool retry_now(std::uint32_t ticket, base::Time now);
  // All entries of the message; active ones are held when their attempt ends. False: unknown.
  bool hold(MessageId id);
  // Ends holds; what is scheduled and was not held goes now.
  bool release(MessageId id, base::Time now);
  // Out of the schedule's hands, to be ended; nullopt while it is active or taken.
  [[nodiscard]] std::optional<Work> take(std::uint32_t ticket);

  [[nodiscard]] bool contains(MessageId id) const { return index_.contains(id); }
  [[nodiscard]] std::vector<EntryView> entries(MessageId id) const;
  // All entries in slices, so that a million of them do not stop the loop. As expire_blocked().
  std::uint32_t glance(std::uint32_t from, std::uint32_t entries,
                       const std::function<void(const Glance&)>& visit) const;
  [[nodiscard]] const Destinations& destinations() const { return destinations_; }
  // After a start, which meets the newest segments first: the oldest goes first.
  void sort_ready();
  [[nodiscard]] std::size_t messages() const { return index_.size(); }
  [[nodiscard]] std::size_t active() const { return active_; }
  // Would a new message for this destination start at once? Else its envelope need not be kept.
  [[nodiscard]] bool open(std::string_view destination) const;

  void set_settings(std::shared_ptr<const Settings> settings);

  // HOUSE invariant 8. Looks at up to entries_max entries from where it ended last time, and at all
  // destinations after the last of them; "" or what is wrong.
  [[nodiscard]] std::string check(std::size_t entries_max = ~std::size_t{0});
  // Puts every entry that is not active or taken back where its state says; the watchdog's remedy.
  void rebuild();
  // What the entries, their index and their order occupy, estimated.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  [[nodiscard]] bool join(const NewEntry& entry);
  [[nodiscard]] bool full() const;
  [[nodiscard]] Running::Limits running_limits() const;
  [[nodiscard]] base::Time next_attempt(const Entry& entry) const;
  [[nodiscard]] base::Time begun(const Entry& entry) const;
  [[nodiscard]] base::Time expiry(const Entry& entry) const;
  void expire(std::uint32_t slot, base::Time now);
  void call_late(std::uint32_t slot, base::Time now);
  [[nodiscard]] std::optional<base::Time> notice_at(const Entry& entry) const;
  [[nodiscard]] std::optional<Work> next_aside();
  [[nodiscard]] Work begin(std::uint32_t slot, EntryState state);
  [[nodiscard]] EntryView view(std::uint32_t slot) const;
  // Into and out of the container that belongs to the entry's state.
  void place(std::uint32_t slot, EntryState state);
  void displace(std::uint32_t slot);
  void erase(std::uint32_t slot);
  void promote(base::Time now);
  [[nodiscard]] bool block(std::uint32_t destination, const Ending& ending, base::Time now,
                           std::uint64_t random);
  void expire_ready(std::uint32_t destination, base::Time now);
  void defer(std::uint32_t slot, const Ending& ending, base::Time now, std::uint64_t random);
  [[nodiscard]] base::Duration ladder(std::uint32_t failures, std::uint64_t random) const;
  [[nodiscard]] std::string check_entry(std::uint32_t slot) const;

  std::shared_ptr<const Settings> settings_;
  Slots slots_;
  DueHeap waiting_;
  EntryList expired_;
  EntryList late_;
  bool late_turn_ = false;
  Running running_;
  Destinations destinations_;
  std::unordered_map<MessageId, std::uint32_t> index_;  // the first of a message's entries
  std::size_t active_ = 0;                              // active and taken
  std::uint32_t check_at_ = 0;
};

}  // namespace queue
