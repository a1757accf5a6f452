// tools/bench/loops.h: event loops on threads of their own, for one run.
//
// What:    runs a task on each of N loops until all have ended, while the calling thread serves
//          signals and what watches the run (progress).
// In/Out:  run(work); ask_end() lets what is under way end, and cuts it off after a grace; a second
//          one cuts it off at once. SIGINT and SIGTERM ask, too.
// Errors:  none of its own.
// Limits:  loops_max.
// Not here: what the tasks do; how many loops the server has (server/).
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"

namespace bench {

class Loops {
 public:
  static constexpr unsigned loops_max = 64;

  // What a task gets: its loop's doors, and the scope of waits that end as soon as the run shall.
  struct Seat {
    unsigned index = 0;
    io::Doors doors;
    io::CancelScope& pauses;
  };
  // The seat outlives the task.
  using Work = std::function<io::Task<void>(io::Ref<Seat> seat)>;

  explicit Loops(unsigned count);
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops();

  // `asked`: called once on the calling thread, when the run is asked to end.
  void run(const Work& work, std::function<void()> asked);
  void ask_end();  // thread-safe

  // To build on it what its task needs, before run().
  [[nodiscard]] Seat& seat(unsigned index);

  // For tasks beside the run, on the calling thread: spawn before run(); stopped at its end.
  [[nodiscard]] io::Doors main_doors() { return main_.doors(); }
  [[nodiscard]] io::TaskGroup& beside() { return beside_; }
  void on_signal(int number, std::function<void()> action);

 private:
  struct Lane;

  void on_asked();
  io::Task<bool> wait_for_lanes();

  io::real::ThreadPool pool_;
  io::real::EventLoop main_;
  io::TaskGroup beside_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::function<void()> asked_;
  unsigned times_asked_ = 0;
  std::size_t running_ = 0;
  io::Signal lane_ended_;
};

// Sleeps, unless the run shall end; false then.
[[nodiscard]] io::Task<bool> pause_until(io::Ref<Loops::Seat> seat, base::Instant when);

}  // namespace bench
