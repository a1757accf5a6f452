// See task_group.h.
#include "lib/io/task_group.h"

#include <cstdio>
#include <exception>

namespace io {

// A coroutine that frees itself; only this file may have such a thing.
struct TaskGroup::Runner {
  struct promise_type {
    CancelScope* scope = nullptr;
    [[nodiscard]] Runner get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept {
      try {
        throw;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "a task ended with an exception: %s\n", error.what());
      } catch (...) {
        std::fprintf(stderr, "a task ended with an unknown exception\n");
      }
      std::terminate();
    }
  };
};

TaskGroup::Runner TaskGroup::run(Ref<TaskGroup> group, Task<void> task) {
  {
    Task<void> owned = std::move(task);
    co_await std::move(owned);
  }  // the frame is gone before the group hears of it: the group may end now
  group->ended();
}

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  task.set_scope(scope_);
  run(*this, std::move(task));
}

void TaskGroup::ended() {
  CHECK(running_ > 0, "a task ended twice");
  if (--running_ == 0 && joining_ != nullptr) joining_->complete(true);
}

Task<void> TaskGroup::join() {
  if (running_ == 0) co_return;
  CHECK(joining_ == nullptr, "a group is joined by one");
  Completion<bool> done;  // cannot be cancelled: the owner must see its tasks end
  joining_ = &done;
  co_await done;
  joining_ = nullptr;
}

Task<void> TaskGroup::stop() {
  scope_.cancel();
  co_await join();
}

}  // namespace io
