// lib/io/completion.h: one event that a coroutine waits for.
//
// What:    a Completion<T> lives in the frame of the coroutine that awaits it; whoever finishes the
//          operation calls complete(value) once, on the same loop, and the coroutine goes on.
// In/Out:  `co_await completion` gives the T. Derive and override cancel() to make a wait that can
//          stop.
// Errors:  those in T (mostly Result<…>).
// Limits:  one waiter. complete() runs the coroutine before it returns.
// Not here: many waiters (Signal below wakes them all).
#pragma once

#include <coroutine>
#include <deque>
#include <optional>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/result.h"
#include "lib/io/cancel.h"
#include "lib/io/task.h"

namespace io {

template <class T>
class Completion : public CancelHook {
 public:
  void complete(T value) {
    if (value_) return;  // cancelled and finished at once: the first word counts
    value_.emplace(std::move(value));
    unlink();
    if (waiting_ && !suspending_) std::exchange(waiting_, {}).resume();
  }
  [[nodiscard]] bool completed() const { return value_.has_value(); }

  // By default a wait cannot be stopped, and its owner promises to complete it soon.
  void cancel() override {}

  [[nodiscard]] bool await_ready() const noexcept { return value_.has_value(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    waiting_ = awaiting;
    suspending_ = true;  // cancel() may complete us inside add(): then we do not suspend at all
    if (CancelScope* scope = awaiting.promise().scope; scope != nullptr) scope->add(*this);
    suspending_ = false;
    return !value_.has_value();
  }
  T await_resume() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiting_;
  bool suspending_ = false;
};

// A wait that simply ends with `cancelled`; for events inside one loop (no operation to call back).
class Wait final : public Completion<base::Result<>> {
 public:
  void cancel() override { complete(base::fail(base::ErrorKind::cancelled, "stopped")); }
};

// Wakes everybody who waits. `co_await signal.wait()` returns at the next notify() or when
// cancelled.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { CHECK(waits_.empty(), "a signal ended before its waiters"); }

  Task<base::Result<>> wait() {
    Wait wait;
    waits_.push_back(&wait);
    auto result = co_await wait;
    std::erase(waits_, &wait);
    co_return result;
  }
  // A woken task may stop another that still waits: so the list is read anew for each. A waiter
  // that joins meanwhile may be woken early; callers recheck what they wait for.
  void notify() {
    for (std::size_t left = waits_.size(); left > 0 && !waits_.empty(); --left) {
      Wait* wait = waits_.front();
      waits_.pop_front();
      wait->complete({});
    }
  }

 private:
  std::deque<Wait*> waits_;
};

}  // namespace io
