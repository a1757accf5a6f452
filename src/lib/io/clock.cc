// See clock.h.
#include "lib/io/clock.h"

#include "lib/base/check.h"
#include "lib/io/completion.h"

namespace io {

Timer::~Timer() {
  if (clock_ != nullptr) clock_->disarm(*this);
}

Clock::~Clock() { CHECK(timers_.empty(), "a clock ended before its timers"); }

void Clock::arm(Timer& timer, base::Instant when) {
  CHECK(timer.clock_ == nullptr, "a timer is armed once");
  timer.at_ = timers_.emplace(when, &timer);
  timer.clock_ = this;
  if (timer.at_ == timers_.begin()) earliest_changed();
}

void Clock::disarm(Timer& timer) {
  if (timer.clock_ == nullptr) return;
  timers_.erase(timer.at_);
  timer.clock_ = nullptr;
}

void Clock::fire_due() {
  const base::Instant until = now();
  while (!timers_.empty() && timers_.begin()->first <= until) {
    Timer& timer = *timers_.begin()->second;
    disarm(timer);
    timer.fire();
  }
}

const base::Instant* Clock::next_due() const {
  return timers_.empty() ? nullptr : &timers_.begin()->first;
}

namespace {

class SleepTimer final : public Timer {
 public:
  explicit SleepTimer(Wait& sleeping) : sleeping_(sleeping) {}
  void fire() override { sleeping_.complete({}); }

 private:
  Wait& sleeping_;
};

}  // namespace

Task<base::Result<>> sleep_until(Ref<Clock> clock, base::Instant when) {
  Wait wait;
  SleepTimer timer(wait);
  clock->arm(timer, when);
  co_return co_await wait;
}

Task<base::Result<>> sleep_for(Clock& clock, base::Duration duration) {
  return sleep_until(clock, clock.now() + duration);
}

}  // namespace io
