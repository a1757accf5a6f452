// See loops.h.
#include "tools/bench/loops.h"

#include <csignal>

#include "lib/io/clock.h"

namespace bench {
namespace {

// What is under way when the run shall end gets this long.
constexpr base::Duration grace = std::chrono::seconds(5);

}  // namespace

struct Loops::Lane {
  Lane(io::real::ThreadPool& pool, unsigned index)
      : loop(pool), seat{.index = index, .doors = loop.doors(), .pauses = pauses} {}

  io::real::EventLoop loop;
  io::CancelScope pauses;
  Seat seat;
  io::TaskGroup* group = nullptr;  // while the work runs; only on the loop
  bool ending = false;
  std::thread thread;

  io::Task<bool> live(const Work* work) {
    io::TaskGroup tasks;
    group = &tasks;
    if (!ending) tasks.spawn((*work)(seat));
    co_await tasks.join();
    group = nullptr;
    co_return true;
  }
  void end_pauses() {
    ending = true;
    pauses.cancel();
  }
  void cut_off() {
    end_pauses();
    if (group != nullptr) group->cancel();
  }
};

Loops::Loops(unsigned count) : pool_(1), main_(pool_) {
  for (unsigned i = 0; i < count; ++i) lanes_.push_back(std::make_unique<Lane>(pool_, i));
}
Loops::~Loops() = default;

void Loops::run(const Work& work, std::function<void()> asked) {
  asked_ = std::move(asked);
  for (const int number : {SIGINT, SIGTERM}) {
    main_.on_signal(number, [this] { on_asked(); });
  }
  running_ = lanes_.size();
  for (const auto& lane : lanes_) {
    lane->thread = std::thread([this, lane = lane.get(), &work] {
      io::real::run_task(lane->loop, lane->live(&work));
      main_.post([this] {
        --running_;
        lane_ended_.notify();
      });
      lane->loop.run();  // posts from here on find a loop that takes them, until stop()
    });
  }
  io::real::run_task(main_, wait_for_lanes());
  for (const auto& lane : lanes_) {
    lane->loop.stop();
    lane->thread.join();
  }
}

io::Task<bool> Loops::wait_for_lanes() {
  while (running_ > 0) (void)co_await lane_ended_.wait();
  co_await beside_.stop();
  co_return true;
}

void Loops::ask_end() {
  main_.post([this] { on_asked(); });
}

Loops::Seat& Loops::seat(unsigned index) { return lanes_.at(index)->seat; }

void Loops::on_signal(int number, std::function<void()> action) {
  main_.on_signal(number, std::move(action));
}

namespace {
io::Task<void> after_grace(io::Ref<io::Clock> clock, std::function<void()> action) {
  if (co_await io::sleep_for(*clock, grace)) action();
}
}  // namespace

void Loops::on_asked() {
  if (++times_asked_ == 1) {
    if (asked_) asked_();
    for (const auto& lane : lanes_) lane->loop.post([lane = lane.get()] { lane->end_pauses(); });
    beside_.spawn(after_grace(main_.doors().clock, [this] { on_asked(); }));
  } else if (times_asked_ == 2) {
    for (const auto& lane : lanes_) lane->loop.post([lane = lane.get()] { lane->cut_off(); });
  }
}

io::Task<bool> pause_until(io::Ref<Loops::Seat> seat, base::Instant when) {
  auto sleeping = io::sleep_until(seat->doors.clock, when);
  sleeping.set_scope(seat->pauses);
  co_return (co_await std::move(sleeping)).has_value();
}

}  // namespace bench
