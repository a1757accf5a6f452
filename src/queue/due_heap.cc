// See due_heap.h.
#include "queue/due_heap.h"

namespace queue {

void DueHeap::put(Slots& slots, std::size_t place, Node node) {
  nodes_[place] = node;
  slots[node.slot].place = static_cast<std::uint32_t>(place);
}

void DueHeap::sift_up(Slots& slots, std::size_t place, Node node) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (nodes_[parent].due <= node.due) break;
    put(slots, place, nodes_[parent]);
    place = parent;
  }
  put(slots, place, node);
}

void DueHeap::sift_down(Slots& slots, std::size_t place, Node node) {
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= nodes_.size()) break;
    if (child + 1 < nodes_.size() && nodes_[child + 1].due < nodes_[child].due) ++child;
    if (node.due <= nodes_[child].due) break;
    put(slots, place, nodes_[child]);
    place = child;
  }
  put(slots, place, node);
}

void DueHeap::push(Slots& slots, std::uint32_t slot) {
  CHECK(slots[slot].place == no_slot, "an entry is in the heap once");
  const Node node{slots[slot].due, slot};
  nodes_.push_back(node);
  sift_up(slots, nodes_.size() - 1, node);
}

void DueHeap::remove(Slots& slots, std::uint32_t slot) {
  const std::size_t place = slots[slot].place;
  CHECK(place < nodes_.size() && nodes_[place].slot == slot, "the entry is not in the heap");
  slots[slot].place = no_slot;
  const Node last = nodes_.back();
  nodes_.pop_back();
  if (place == nodes_.size()) return;
  if (place > 0 && last.due < nodes_[(place - 1) / 2].due) {
    sift_up(slots, place, last);
  } else {
    sift_down(slots, place, last);
  }
}

bool DueHeap::holds(const Slots& slots, std::uint32_t slot) const {
  const std::size_t place = slots[slot].place;
  if (place >= nodes_.size() || nodes_[place].slot != slot) return false;
  if (nodes_[place].due != slots[slot].due) return false;
  return place == 0 || nodes_[(place - 1) / 2].due <= nodes_[place].due;
}

}  // namespace queue
