// See event_loop.h.
#include "lib/io/real/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <list>

#include "lib/io/real/clock.h"
#include "lib/io/real/files.h"
#include "lib/io/real/network.h"
#include "lib/io/real/pool.h"
#include "lib/io/real/random.h"

namespace io::real {
namespace asio = boost::asio;

namespace {

struct SignalAction {
  SignalAction(asio::io_context& context, int signal_number, std::function<void()> what)
      : signals(context, signal_number), action(std::move(what)) {}

  void wait() {
    signals.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      wait();  // first, so that the next signal is not lost while the action runs
      action();
    });
  }

  asio::signal_set signals;
  std::function<void()> action;
};

}  // namespace

struct EventLoop::Parts {
  Parts(ThreadPool& threads, HandedSockets* handed, Loop& loop)
      : work(context.get_executor()),
        clock(context),
        network(context, handed),
        pool(threads, loop) {}

  // One thread runs the reactor, so its locks are off; post() from other threads stays safe.
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  RealClock clock;
  SocketNetwork network;
  PosixFiles files;
  KernelRandom random;
  LoopPool pool;
  std::list<SignalAction> signals;
};

EventLoop::EventLoop(ThreadPool& pool, HandedSockets* handed)
    : parts_(std::make_unique<Parts>(pool, handed, *this)) {}
EventLoop::~EventLoop() = default;

Doors EventLoop::doors() {
  return {*this, parts_->clock, parts_->network, parts_->files, parts_->random, parts_->pool};
}

void EventLoop::post(std::function<void()> function) {
  asio::post(parts_->context, std::move(function));
}

void EventLoop::run() {
  parts_->context.run();
  parts_->context.restart();
}

void EventLoop::run_until(const bool& finished) {
  while (!finished && parts_->context.run_one() > 0) {
  }
  if (parts_->context.stopped()) parts_->context.restart();
}

void EventLoop::stop() { parts_->context.stop(); }

void EventLoop::on_signal(int signal_number, std::function<void()> action) {
  parts_->signals.emplace_back(parts_->context, signal_number, std::move(action));
  parts_->signals.back().wait();
}

io::Network::ListenerResult EventLoop::adopt_listener(int descriptor) {
  return parts_->network.adopt(descriptor);
}

}  // namespace io::real
