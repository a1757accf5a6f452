// lib/io/standing_clock.h: a clock on the wall that somebody has stopped.
//
// What:    wall() is what stand_at() said, or runs again after go_on(); now() and all timers go on
//          as those of the clock below.
// In/Out:  a Clock over a Clock of the same loop.
// Errors:  none.
// Limits:  none.
// Not here: virtual time (lib/io/sim).
#pragma once

#include <optional>

#include "lib/io/clock.h"

namespace io {

class StandingClock final : public Clock {
 public:
  explicit StandingClock(Clock& below) : below_(below), ring_(*this) {}
  ~StandingClock() override = default;

  void stand_at(base::Time wall) { wall_ = wall; }
  void go_on() { wall_.reset(); }

  [[nodiscard]] base::Instant now() const override { return below_.now(); }
  [[nodiscard]] base::Time wall() const override { return wall_ ? *wall_ : below_.wall(); }

 protected:
  void earliest_changed() override {
    if (!firing_) rearm();
  }

 private:
  struct Ring final : Timer {
    explicit Ring(StandingClock& owner_in) : owner(owner_in) {}
    void fire() override { owner.ring(); }
    StandingClock& owner;
  };

  void ring() {
    firing_ = true;
    fire_due();
    firing_ = false;
    rearm();
  }
  // One timer of the clock below stands for the earliest of ours.
  void rearm() {
    below_.disarm(ring_);
    if (const base::Instant* next = next_due()) below_.arm(ring_, *next);
  }

  Clock& below_;
  std::optional<base::Time> wall_;
  bool firing_ = false;
  Ring ring_;
};

}  // namespace io
