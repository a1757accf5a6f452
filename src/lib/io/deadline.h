// lib/io/deadline.h: a timeout that cancels.
//
// What:    runs a task under a scope of its own that is cancelled at the deadline, and waits for
//          its end.
// In/Out:  with_deadline(clock, instant, task) → the task's Result, or timed_out.
// Errors:  timed_out when the deadline came first; otherwise the task's own.
// Limits:  none.
// Not here: which deadline applies (lib/smtp/limits.h, settings).
#pragma once

#include <utility>

#include "lib/io/clock.h"
#include "lib/io/task.h"

namespace io {

class DeadlineTimer final : public Timer {
 public:
  explicit DeadlineTimer(CancelScope& scope) : scope_(scope) {}
  void fire() override {
    fired_ = true;
    scope_.cancel();
  }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  CancelScope& scope_;
  bool fired_ = false;
};

// The scope of waits that end at an instant at the latest.
class DeadlineScope {
 public:
  DeadlineScope(Clock& clock, base::Instant deadline, CancelScope* outer)
      : scope_(outer), timer_(scope_) {
    clock.arm(timer_, deadline);
  }
  [[nodiscard]] CancelScope& scope() { return scope_; }
  // What was cancelled by the deadline has timed out.
  template <class T>
  [[nodiscard]] base::Result<T> named(base::Result<T> result) const {
    if (!result && timer_.fired() && result.error().kind == base::ErrorKind::cancelled) {
      result.error().kind = base::ErrorKind::timed_out;
    }
    return result;
  }

 private:
  CancelScope scope_;
  DeadlineTimer timer_;
};

template <class T>
Task<base::Result<T>> with_deadline(Ref<Clock> clock, base::Instant deadline,
                                    Task<base::Result<T>> task) {
  DeadlineScope limit(*clock, deadline, co_await current_scope());
  task.set_scope(limit.scope());
  co_return limit.named(co_await std::move(task));
}

template <class T>
Task<base::Result<T>> with_timeout(Clock& clock, base::Duration timeout,
                                   Task<base::Result<T>> task) {
  return with_deadline(clock, clock.now() + timeout, std::move(task));
}

}  // namespace io
