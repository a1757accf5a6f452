// lib/base/budget.h: memory that many share, counted.
//
// What:    Budget is the sum; a Share takes from it and gives back when it ends.
// In/Out:  grow(octets) → may they be kept?
// Errors:  grow() says no when its own limit or that of all is met; nothing is taken then.
// Limits:  of one Share and of the Budget, given to the Share.
// Not here: allocating. One thread only: a Budget belongs to a loop.
#pragma once

#include <cstddef>

#include "lib/base/check.h"

namespace base {

struct Budget {
  std::size_t used = 0;
};

class Share {
 public:
  // Without a budget only its own limit counts.
  Share(Budget* budget, std::size_t own_max, std::size_t all_max)
      : budget_(budget), own_max_(own_max), all_max_(all_max) {}
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  ~Share() { shrink(used_); }

  [[nodiscard]] bool grow(std::size_t octets) {
    if (octets > own_max_ - used_) return false;
    if (budget_ != nullptr) {
      if (budget_->used + octets > all_max_) return false;
      budget_->used += octets;
    }
    used_ += octets;
    return true;
  }
  void shrink(std::size_t octets) {
    CHECK(octets <= used_, "what was taken is given back");
    used_ -= octets;
    if (budget_ != nullptr) budget_->used -= octets;
  }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  Budget* budget_;
  std::size_t own_max_;
  std::size_t all_max_;
  std::size_t used_ = 0;
};

}  // namespace base
