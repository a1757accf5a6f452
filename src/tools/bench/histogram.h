// tools/bench/histogram.h: how long things took, in little memory.
//
// What:    counts durations in steps that grow with them, so that each is known within 1 %.
// In/Out:  add(duration); percentile(0.99); histograms of several threads are merged.
// Errors:  none; a negative duration counts as none.
// Limits:  up to 50 days; what is longer counts as that long (the maximum is kept exactly).
// Not here: what is measured (load.h, ../simulate/counts.h), how it is printed (report.h).
#pragma once

#include <cstdint>
#include <vector>

#include "lib/base/time.h"

namespace bench {

class Histogram {
 public:
  Histogram();

  void add(base::Duration duration);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] base::Duration max() const { return max_; }
  // The duration that this share (0 to 1) of all did not exceed; 0 when there is none.
  [[nodiscard]] base::Duration percentile(double share) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  base::Duration max_ = {};
};

}  // namespace bench
