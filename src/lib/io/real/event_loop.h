// lib/io/real/event_loop.h: the real event loop of one thread, and its doors.
//
// What:    EventLoop runs sockets, timers, signals and posted functions of one thread (Boost.Asio
//          inside); it owns that thread's clock, network and randomness, and shares the pool.
// In/Out:  doors() for constructors; run() blocks until stop(); run_task() for the CLI and tests.
// Errors:  none of its own; those of the doors.
// Limits:  one thread runs it; only post() and stop() may be called from others.
// Not here: how many loops there are (server/assemble), the simulated twin (lib/io/sim).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "lib/io/doors.h"
#include "lib/io/loop.h"
#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/task_group.h"

namespace io::real {

class HandedSockets;
class ThreadPool;

class EventLoop final : public Loop {
 public:
  // The pool outlives the loop, as do the sockets that were handed over: listen() takes one of
  // them where its address is asked for, and binds where there is none.
  explicit EventLoop(ThreadPool& pool, HandedSockets* handed = nullptr);
  // Streams, listeners and timers of this loop are gone before it.
  ~EventLoop() override;

  [[nodiscard]] Doors doors();
  void post(std::function<void()> function) override;

  // Until stop() is called; a stop() that came first makes it return at once.
  void run();
  // Until `finished` is true or stop() is called; looks after each step of the loop.
  void run_until(const bool& finished);
  void stop();  // thread-safe

  // Runs the action on this loop each time the process gets the signal.
  void on_signal(int signal_number, std::function<void()> action);
  // A socket that somebody else has bound and listens on (systemd, the keeper). Takes ownership.
  [[nodiscard]] io::Network::ListenerResult adopt_listener(int descriptor);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

namespace detail {
template <class T>
Task<void> run_into(Task<T> task, Ref<std::optional<T>> result, Ref<bool> finished) {
  result->emplace(co_await std::move(task));
  *finished = true;
}
}  // namespace detail

// Runs the loop until the task has ended. The loop must not be stopped meanwhile.
template <class T>
T run_task(EventLoop& loop, Task<T> task) {
  std::optional<T> result;
  bool finished = false;
  TaskGroup group;
  group.spawn(detail::run_into<T>(std::move(task), result, finished));
  loop.run_until(finished);
  CHECK(finished, "a loop was stopped under its task");
  return std::move(*result);
}

}  // namespace io::real
