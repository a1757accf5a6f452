// lib/io/on_loop.h: a question to another loop.
//
// What:    runs a task on another loop and goes on here with its result.
// In/Out:  `co_await on_loop<T>(there, group_there, here, make)`; make() is called on the other
//          loop.
// Errors:  those in T.
// Limits:  two wake-ups: for administration, never on the mail's way.
// Not here: blocking work (pool.h).
#pragma once

#include <functional>
#include <utility>

#include "lib/io/completion.h"
#include "lib/io/loop.h"
#include "lib/io/ref.h"
#include "lib/io/task_group.h"

namespace io {

namespace detail {
template <class T>
Task<void> answer_from_loop(std::function<Task<T>()> make, std::function<void(T)> tell) {
  T value = co_await make();
  tell(std::move(value));
}
}  // namespace detail

// Cannot be cancelled: the other loop's task ends by itself.
template <class T>
Task<T> on_loop(Ref<Loop> there, Ref<TaskGroup> group_there, Ref<Loop> here,
                std::function<Task<T>()> make) {
  Completion<T> done;
  const std::function<void(T)> tell = [&done, here](T value) {
    auto shared = std::make_shared<T>(std::move(value));
    here->post([&done, shared] { done.complete(std::move(*shared)); });
  };
  there->post(
      [group_there, &make, tell] { group_there->spawn(detail::answer_from_loop<T>(make, tell)); });
  co_return co_await done;
}

}  // namespace io
