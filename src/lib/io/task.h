// lib/io/task.h: Task<T>, the one coroutine type of Stagepost.
//
// What:    a lazy coroutine: it starts when awaited, its frame is freed with the Task object.
// In/Out:  `co_await task` gives the T; the CancelScope of the awaiting coroutine is inherited.
// Errors:  an exception (a bug, lost memory) is rethrown where the task is awaited.
// Limits:  one awaiter; no thread hops: a task runs on the loop that started it.
// Not here: starting one without awaiting it (task_group.h), waiting for an event (completion.h).
//
// Arguments of a coroutine are values, or references to parts that outlive the task because a
// TaskGroup owns the task. Lambdas that are coroutines capture nothing.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "lib/base/check.h"
#include "lib/io/cancel.h"

namespace io {

template <class T>
class Task;

namespace detail {

class PromiseBase {
 public:
  std::coroutine_handle<> continuation;
  CancelScope* scope = nullptr;
  std::exception_ptr exception;

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> done) const noexcept {
      return done.promise().continuation;
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
class Promise : public PromiseBase {
 public:
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    CHECK(value.has_value(), "a task ended without its value");
    return std::move(*value);
  }
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Runs the task under this scope instead of the awaiting coroutine's.
  void set_scope(CancelScope& scope) { handle_.promise().scope = &scope; }

  struct Awaiter {
    Handle handle;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> awaiting) noexcept {
      auto& promise = handle.promise();
      promise.continuation = awaiting;
      if (promise.scope == nullptr) promise.scope = awaiting.promise().scope;
      return handle;
    }
    T await_resume() { return handle.promise().take(); }
  };
  Awaiter operator co_await() && noexcept {
    CHECK(handle_, "a task is awaited once");
    return Awaiter{handle_};
  }

 private:
  friend promise_type;
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace detail

// `co_await current_scope()` gives the CancelScope* that this coroutine runs under (may be null).
struct CurrentScope {
  CancelScope* scope = nullptr;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> self) noexcept {
    scope = self.promise().scope;
    return false;
  }
  [[nodiscard]] CancelScope* await_resume() const noexcept { return scope; }
};
[[nodiscard]] inline CurrentScope current_scope() { return {}; }

}  // namespace io
