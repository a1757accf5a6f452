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
  timer.clock_ = this;
  const Armed armed{.due = when, .number = armed_++, .timer = &timer};
  timers_.push_back(armed);
  sift_up(timers_.size() - 1, armed);
  if (timer.at_ == 0) earliest_changed();
}

void Clock::disarm(Timer& timer) {
  if (timer.clock_ == nullptr) return;
  timer.clock_ = nullptr;
  const std::size_t at = timer.at_;
  const Armed last = timers_.back();
  timers_.pop_back();
  if (at == timers_.size()) return;
  if (at > 0 && last.before(timers_[(at - 1) / 2])) {
    sift_up(at, last);
  } else {
    sift_down(at, last);
  }
}

void Clock::put(std::size_t at, const Armed& armed) {
  timers_[at] = armed;
  armed.timer->at_ = at;
}

void Clock::sift_up(std::size_t at, const Armed& armed) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (!armed.before(timers_[parent])) break;
    put(at, timers_[parent]);
    at = parent;
  }
  put(at, armed);
}

void Clock::sift_down(std::size_t at, const Armed& armed) {
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && timers_[child + 1].before(timers_[child])) ++child;
    if (!timers_[child].before(armed)) break;
    put(at, timers_[child]);
    at = child;
  }
  put(at, armed);
}

void Clock::fire_due() {
  const base::Instant until = now();
  while (!timers_.empty() && timers_.front().due <= until) {
    Timer& timer = *timers_.front().timer;
    disarm(timer);
    timer.fire();
  }
}

const base::Instant* Clock::next_due() const {
  return timers_.empty() ? nullptr : &timers_.front().due;
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
