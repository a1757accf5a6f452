// See pool.h.
#include "lib/io/real/pool.h"

#include <csignal>

#include "lib/base/check.h"

namespace io::real {

ThreadPool::ThreadPool(unsigned threads_max) : threads_max_(threads_max) {
  CHECK(threads_max > 0, "a pool has threads");
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::run(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(!ending_, "work for a pool that ends");
    waiting_.push_back(std::move(work));
    if (waiting_.size() > idle_ && threads_.size() < threads_max_) start_thread();
  }
  wake_.notify_one();
}

void ThreadPool::start_thread() {
  // Signals are for the loops: a new thread inherits a mask that blocks them all.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  threads_.emplace_back([this] { serve(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ThreadPool::serve() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes before the lock is taken
    lock.lock();
  }
}

void LoopPool::submit(std::function<void()> work, std::function<void()> done) {
  threads_.run([&loop = loop_, work = std::move(work), done = std::move(done)]() mutable {
    work();
    loop.post(std::move(done));
  });
}

}  // namespace io::real
