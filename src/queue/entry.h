// queue/entry.h: what the schedule keeps of one message for one destination, and where.
//
// What:    Entry (64 bytes), Slots (their storage, reused by number) and EntryList (linked through
//          them).
// In/Out:  Slots::take() → slot number; EntryList links slots by their numbers.
// Errors:  none; misuse is a CHECK.
// Limits:  2^32 - 1 entries.
// Not here: what moves an entry from state to state (schedule.h), the order of time (due_heap.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/id.h"
#include "lib/base/time.h"

namespace queue {

using base::MessageId;

inline constexpr std::uint32_t no_slot = 0xffffffff;

enum class EntryState : std::uint8_t {
  free,
  ready,    // due; in its destination's list, perhaps behind the destination's own backoff
  waiting,  // not due yet; in the heap
  held,     // by an operator or a policy; only a release moves it
  expired,  // ends without another attempt: its destination was never reached
  late,     // behind its destination's backoff; its sender is to be told of the delay
  active,   // an attempt is running
  taken,    // its expiry or an operator's word is being carried out
};

// Seconds; no message lives as long.
inline constexpr std::uint32_t by_after_max = (1U << 24U) - 1;

// A million of them is what makes the queue's memory: numbers instead of pointers and strings.
struct Entry {
  MessageId id;
  base::Time due;
  std::unique_ptr<std::uint32_t[]> more;  // recipients after the first; mostly there are none
  std::uint32_t first_recipient = 0;
  std::uint32_t recipient_count = 0;
  std::uint32_t destination = 0;
  std::uint32_t expires = 0;         // seconds since 1970, without a look at its deadline
  std::uint32_t previous = no_slot;  // in an EntryList
  std::uint32_t next = no_slot;
  std::uint32_t sibling = no_slot;  // the same message's entry for another destination
  // In the heap; of an attempt that runs: the second since 1970 in which it began.
  std::uint32_t place = no_slot;
  std::uint16_t attempts = 0;  // failed ones
  EntryState state = EntryState::free;
  std::int8_t priority = 0;  // RFC 6710
  // RFC 2852: its deadline, counted from where `expires` is; 0: none.
  std::uint32_t by_after : 24 = 0;
  bool by_returns : 1 = false;  // then it comes back, else its sender is told
  bool hold_after : 1 = false;  // to be held when its attempt has ended
  bool slow : 1 = false;        // its attempt runs for long and is counted apart (running.h)
  bool shared : 1 = false;      // its message has, or had, entries for other destinations
  bool scheduled : 1 = false;   // its sender wants it to go at `due`, and not before (RFC 4865)
  bool delay_told : 1 = false;  // its sender knows that it is late, or does not want to

  [[nodiscard]] std::vector<std::uint32_t> recipients() const;
  void set_recipients(std::span<const std::uint32_t> recipients);
};
static_assert(sizeof(Entry) == 64);

// Since 1970; what does not fit is as near as it gets.
[[nodiscard]] std::uint32_t seconds_of(base::Time time);

class Slots {
 public:
  [[nodiscard]] std::uint32_t take();
  void give_back(std::uint32_t slot);
  Entry& operator[](std::uint32_t slot) { return entries_[slot]; }
  const Entry& operator[](std::uint32_t slot) const { return entries_[slot]; }
  // All numbers ever given out are below it.
  [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(entries_.size()); }
  [[nodiscard]] std::uint32_t used() const { return used_; }

 private:
  std::deque<Entry> entries_;
  std::uint32_t free_ = no_slot;  // linked through Entry::next
  std::uint32_t used_ = 0;
};

// First in, first out; anything can be taken out of the middle.
class EntryList {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::uint32_t front() const { return first_; }
  void push_back(Slots& slots, std::uint32_t slot);
  void remove(Slots& slots, std::uint32_t slot);
  void clear() { *this = {}; }

 private:
  std::uint32_t first_ = no_slot;
  std::uint32_t last_ = no_slot;
  std::uint32_t size_ = 0;
};

}  // namespace queue
