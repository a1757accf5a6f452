// policy/guard/decay.h: a count that halves with time.
//
// What:    failures of long ago weigh less: half after one half-life, a quarter after two.
// In/Out:  add() and at() with the time → how many there are now.
// Errors:  none: a clock that went back changes nothing.
// Limits:  none.
// Not here: what is counted (tracks.h, guesses.h).
#pragma once

#include <chrono>
#include <cmath>

#include "lib/base/time.h"

namespace policy {

struct Decaying {
  double count = 0;  // at `seen`
  base::Time seen;   // may lie ahead: then the count stands still until that time

  [[nodiscard]] double at(base::Time now, base::Duration half_life) const {
    if (now <= seen || half_life.count() <= 0) return count;
    const auto passed = static_cast<double>((now - seen).count());
    return count * std::exp2(-passed / static_cast<double>(half_life.count()));
  }
  void add(base::Time now, base::Duration half_life) {
    count = at(now, half_life) + 1;
    if (now > seen) seen = now;
  }
  // How long until there are fewer than `below`.
  [[nodiscard]] base::Duration until_below(double below, base::Time now,
                                           base::Duration half_life) const {
    const double there = at(now, half_life);
    if (there < below) return {};
    const double half_lives = std::log2(there / below);
    return base::Duration(
        static_cast<std::int64_t>(half_lives * static_cast<double>(half_life.count())));
  }
};

// Guesses that are being checked at the moment; one that is never concluded is forgotten.
struct Pending {
  static constexpr base::Duration forgotten_after = std::chrono::minutes(2);
  std::uint32_t count = 0;
  base::Time last;

  [[nodiscard]] std::uint32_t at(base::Time now) const {
    return now - last > forgotten_after ? 0 : count;
  }
  void begin(base::Time now) {
    count = at(now) + 1;
    last = now;
  }
  void end() {
    if (count > 0) --count;
  }
};

}  // namespace policy
