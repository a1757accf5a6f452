// tools/simulate/virtual_clock.h: time that passes when nothing else is left to do.
//
// What:    an io::Clock whose now() is the instant of the timer that fires.
// In/Out:  run() fires timers in their order until stop() or none is armed.
// Errors:  none.
// Limits:  none.
// Not here: the heap of timers (lib/io/clock.h), a whole simulated machine (lib/io/sim).
#pragma once

#include "lib/io/clock.h"

namespace simulate {

class VirtualClock final : public io::Clock {
 public:
  explicit VirtualClock(base::Time begin) : begin_(begin) {}

  [[nodiscard]] base::Instant now() const override { return now_; }
  [[nodiscard]] base::Time wall() const override { return begin_ + since_begin(); }
  [[nodiscard]] base::Duration since_begin() const { return now_ - base::Instant{}; }

  // False: no timer is armed, though nobody said stop().
  [[nodiscard]] bool run() {
    stopped_ = false;
    while (!stopped_) {
      const base::Instant* due = next_due();
      if (due == nullptr) return false;
      if (*due > now_) now_ = *due;
      fire_due();
    }
    return true;
  }
  void stop() { stopped_ = true; }

 protected:
  void earliest_changed() override {}

 private:
  base::Time begin_;
  base::Instant now_;
  bool stopped_ = false;
};

}  // namespace simulate
