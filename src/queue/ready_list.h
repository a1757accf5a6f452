// queue/ready_list.h: the due entries of one destination: whose turn it is (RFC 6710).
//
// What:    entries of a higher priority go first, those of one priority in the order in which they
//          became due; of eight turns one goes to the oldest message whatever its priority, so that
//          nobody waits for ever.
// In/Out:  push_back(slot), remove(slot); front() is whose turn it is, turn_taken() ends the turn.
// Errors:  misuse is a CHECK of EntryList.
// Limits:  16 octets more than a plain list; 250 when a message with a priority was there.
// Not here: which destination's turn it is (destinations.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "queue/entry.h"

namespace queue {

class ReadyList {
 public:
  static constexpr unsigned turns_of_round = 8;  // one of them is the oldest message's

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::uint32_t size() const { return usual_.size() + (others_ ? others_->size : 0); }
  // Is one of them more urgent than usual mail?
  [[nodiscard]] bool urgent() const { return others_ && others_->urgent > 0; }
  // Whose turn it is; no_slot: there is none.
  [[nodiscard]] std::uint32_t front(const Slots& slots) const {
    return others_ && others_->size > 0 ? chosen(slots) : usual_.front();
  }
  void turn_taken() {
    if (others_) others_->turn = (others_->turn + 1) % turns_of_round;
  }

  void push_back(Slots& slots, std::uint32_t slot);
  void remove(Slots& slots, std::uint32_t slot);
  void clear();

  // The list that holds, or would hold, this entry; nullptr: there is none.
  [[nodiscard]] const EntryList* list_of(const Entry& entry) const;
  // Each list, the most urgent first; entries may be taken out meanwhile.
  template <class Visit>
  void each_list(Visit visit) {
    for (std::size_t i = 0; others_ && i < levels; ++i) visit(others_->above[i]);
    visit(usual_);
    for (std::size_t i = 0; others_ && i < levels; ++i) visit(others_->below[i]);
  }
  [[nodiscard]] std::size_t memory_bytes() const { return others_ ? sizeof(Others) + 16 : 0; }

 private:
  static constexpr std::size_t levels = 9;  // RFC 6710 §7: 1 to 9, and -1 to -9
  struct Others {
    std::array<EntryList, levels> above;  // 9 first
    std::array<EntryList, levels> below;  // -1 first
    std::uint32_t size = 0;
    std::uint32_t urgent = 0;  // of them, in `above`
    unsigned turn = 0;
  };

  [[nodiscard]] std::uint32_t chosen(const Slots& slots) const;
  [[nodiscard]] std::uint32_t most_urgent() const;
  [[nodiscard]] std::uint32_t oldest(const Slots& slots) const;
  [[nodiscard]] static EntryList& level(Others& others, std::int8_t priority);

  EntryList usual_;  // of priority 0: nearly all
  // Kept when it is empty: its turns go on.
  std::unique_ptr<Others> others_;
};

}  // namespace queue
