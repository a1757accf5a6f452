// queue/smallest_ids.h: the smallest ids of those that come by.
//
// What:    SmallestIds keeps the `max` smallest, each once; of ids that were turned_over() it keeps
//          the largest.
// In/Out:  add(id) for each → take(), sorted.
// Errors:  none.
// Limits:  four times max ids of memory.
// Not here: what the ids are looked through for (queue_list.cc, queue_search.cc).
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/id.h"

namespace queue {

class SmallestIds {
 public:
  explicit SmallestIds(std::size_t max) : max_(max) {}
  void add(base::MessageId id) {
    if (limit_ && id >= *limit_) return;
    ids_.push_back(id);
    if (ids_.size() >= 4 * max_) cut();
  }
  std::vector<base::MessageId> take() {
    cut();
    return std::move(ids_);
  }

 private:
  void cut() {
    std::ranges::sort(ids_);
    const auto doubled = std::ranges::unique(ids_);
    ids_.erase(doubled.begin(), doubled.end());
    if (ids_.size() < max_) return;
    ids_.resize(max_);
    limit_ = ids_.back();
  }

  std::size_t max_;
  std::vector<base::MessageId> ids_;
  std::optional<base::MessageId> limit_;
};

// The largest becomes the smallest, and back.
[[nodiscard]] inline base::MessageId turned_over(base::MessageId id) { return {~id.value}; }

}  // namespace queue
