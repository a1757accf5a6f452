// lib/io/pool.h: the door for work that blocks.
//
// What:    runs a function on another thread and goes on, on the same loop, with its result.
// In/Out:  `co_await on_pool(pool, [value] { return work(value); })`.
// Errors:  the function's own (a Result); an exception from it ends the program.
// Limits:  threads are the implementation's; the function must not touch anything of a loop.
// Not here: short file calls on the mail's way (files.h).
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "lib/io/completion.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace io {

class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  virtual ~Pool() = default;

  // Runs `work` off the loop, then `done` on the loop that this Pool object belongs to.
  virtual void submit(std::function<void()> work, std::function<void()> done) = 0;
};

// Cannot be cancelled: work that has begun must end before its frame may go.
template <class F>
Task<std::invoke_result_t<F&>> on_pool(Ref<Pool> pool, F work) {
  using T = std::invoke_result_t<F&>;
  static_assert(!std::is_void_v<T>, "work on the pool returns a value, mostly a Result");
  std::optional<T> result;
  Completion<bool> finished;
  pool->submit([&result, &work] { result.emplace(work()); },
               [&finished] { finished.complete(true); });
  co_await finished;
  co_return std::move(*result);
}

}  // namespace io
