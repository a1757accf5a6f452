// lib/io/clock.h: the door to time, and timers.
//
// What:    now() for deadlines, wall() for dates; a Timer calls back once at its instant.
// In/Out:  one Clock per loop; timers fire on that loop. sleep_until() for tasks.
// Errors:  sleep_until gives `cancelled` when its task is stopped.
// Limits:  none; arming is O(log n), and allocates only when there are more timers than ever.
// Not here: what a deadline does to a task (deadline.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace io {

class Clock;

class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer();
  virtual void fire() = 0;

 private:
  friend class Clock;
  Clock* clock_ = nullptr;  // set while armed
  std::size_t at_ = 0;      // its place in the clock's heap
};

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock();

  [[nodiscard]] virtual base::Instant now() const = 0;
  [[nodiscard]] virtual base::Time wall() const = 0;

  void arm(Timer& timer, base::Instant when);
  void disarm(Timer& timer);

 protected:
  // For the loop that drives this clock: fires what is due; tells when the next is.
  void fire_due();
  [[nodiscard]] const base::Instant* next_due() const;
  // The earliest timer became earlier than it was: wake up for it.
  virtual void earliest_changed() = 0;

 private:
  // Of those due at the same instant the one armed first fires first.
  struct Armed {
    base::Instant due;
    std::uint64_t number = 0;
    Timer* timer = nullptr;
    [[nodiscard]] bool before(const Armed& other) const {
      return due != other.due ? due < other.due : number < other.number;
    }
  };
  void put(std::size_t at, const Armed& armed);
  void sift_up(std::size_t at, const Armed& armed);
  void sift_down(std::size_t at, const Armed& armed);

  std::vector<Armed> timers_;  // a binary heap
  std::uint64_t armed_ = 0;    // ever
};

[[nodiscard]] Task<base::Result<>> sleep_until(Ref<Clock> clock, base::Instant when);
[[nodiscard]] Task<base::Result<>> sleep_for(Clock& clock, base::Duration duration);

}  // namespace io
