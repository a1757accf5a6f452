// lib/io/real/pool.h: threads for work that blocks.
//
// What:    ThreadPool runs functions on its threads; LoopPool is one loop's io::Pool in front of
//          it.
// In/Out:  submit(work, done): `work` on a thread of the pool, then `done` on the loop.
// Errors:  an exception from `work` ends the program.
// Limits:  threads_max threads, started when first needed; the queue is bounded by the callers.
// Not here: what may be done there (lib/io/pool.h).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/io/loop.h"
#include "lib/io/pool.h"

namespace io::real {

class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads_max);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();  // after everything that was submitted has run

  void run(std::function<void()> work);  // thread-safe

 private:
  void start_thread();
  void serve() noexcept;

  const unsigned threads_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  bool ending_ = false;
};

class LoopPool final : public io::Pool {
 public:
  LoopPool(ThreadPool& threads, Loop& loop) : threads_(threads), loop_(loop) {}
  void submit(std::function<void()> work, std::function<void()> done) override;

 private:
  ThreadPool& threads_;
  Loop& loop_;
};

}  // namespace io::real
