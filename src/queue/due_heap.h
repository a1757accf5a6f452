// queue/due_heap.h: the waiting entries, the earliest first.
//
// What:    a binary heap of (time, slot); each Entry knows its place, so it can be taken out.
// In/Out:  push(slot) reads Entry::due; front() is the earliest; remove(slot).
// Errors:  misuse is a CHECK.
// Limits:  O(log n); 16 bytes per waiting entry (32 just after it has grown).
// Not here: entries that are due (destinations.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/time.h"
#include "queue/entry.h"

namespace queue {

class DueHeap {
 public:
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::size_t capacity() const { return nodes_.capacity(); }
  [[nodiscard]] base::Time earliest() const { return nodes_.front().due; }
  [[nodiscard]] std::uint32_t front() const { return nodes_.front().slot; }

  void push(Slots& slots, std::uint32_t slot);
  void remove(Slots& slots, std::uint32_t slot);
  void clear() { nodes_.clear(); }
  // Is the entry where it says it is, and not earlier than its parent?
  [[nodiscard]] bool holds(const Slots& slots, std::uint32_t slot) const;

 private:
  // The time stands here too: comparing must not fetch the entries, which lie far apart.
  struct Node {
    base::Time due;
    std::uint32_t slot;
  };
  void put(Slots& slots, std::size_t place, Node node);
  void sift_up(Slots& slots, std::size_t place, Node node);
  void sift_down(Slots& slots, std::size_t place, Node node);

  std::vector<Node> nodes_;
};

}  // namespace queue
