// lib/io/sim/world.h: virtual time, one event queue and one seed for everything that is simulated.
//
// What:    runs events in order of (time, sequence) in one thread; time jumps from event to event.
// In/Out:  at()/post() schedule; run(task), run_for(…), run_until_idle() drive. Hosts (host.h) are
//          made on top of it and share its Internet (network.h).
// Errors:  run(task) ends the program with a message when the world goes idle before the task ends.
// Limits:  steps_max events per call of run…: a loop without end is a CHECK, not a hang.
// Not here: machines (host.h), disks (disk.h).
//
//   sim::World world(42);
//   sim::Host host(world, {"192.0.2.1"});
//   auto result = world.run(io::sleep_for(host.doors().clock, 5s));
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/base/time.h"
#include "lib/io/sim/random.h"
#include "lib/io/task.h"
#include "lib/io/task_group.h"

namespace io::sim {

class Internet;
class World;

// Something with a next time of its own (a clock). An alarm whose timers were all disarmed does not
// move time on.
class Alarm {
 public:
  [[nodiscard]] virtual std::optional<base::Instant> due() const = 0;
  virtual void ring() = 0;

 protected:
  Alarm() = default;
  ~Alarm() = default;

 private:
  friend class World;
  std::optional<std::pair<base::Instant, std::uint64_t>> scheduled_;
};

class World {
 public:
  explicit World(std::uint64_t seed);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  [[nodiscard]] base::Instant now() const { return now_; }
  [[nodiscard]] base::Time wall() const;
  // The wall clock (not the monotonic one) jumps: an administrator or NTP sets it.
  void jump_wall(base::Duration by) { wall_offset_ += by; }
  // Whoever runs now keeps its thread for so long (a sync of a slow disk): what is due meanwhile
  // is late.
  void pass(base::Duration duration) { now_ += duration; }

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] SeededRandom& random() { return random_; }
  [[nodiscard]] Internet& internet() { return *internet_; }

  // At the current time, after everything that is ready.
  void post(std::function<void()> function) { at(now_, std::move(function)); }
  void at(base::Instant when, std::function<void()> function);
  void after(base::Duration delay, std::function<void()> function);

  // One event; false when there is none.
  bool step();
  void run_until_idle();
  // Everything due until then; now() is `when` afterwards.
  void run_until(base::Instant when);
  void run_for(base::Duration duration) { run_until(now_ + duration); }
  // Until done() is true (asked after every event): true. False when idle or after `limit` before.
  [[nodiscard]] bool run_while_not(const std::function<bool()>& done, base::Duration limit);
  // Runs a task to its end and returns its result. Other tasks run meanwhile, nothing runs after
  // it.
  template <class T>
  T run(Task<T> task);
  void run(Task<void> task);

  void set_steps_max(std::uint64_t steps_max) { steps_max_ = steps_max; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // A hash over everything that happened; equal for equal seeds. note() adds to it.
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  void note(std::uint64_t value);
  void note(std::string_view text);

  // For clocks: the alarm's due() became earlier, or the alarm ends.
  void schedule(Alarm& alarm);
  void forget(Alarm& alarm);

 private:
  using Key = std::pair<base::Instant, std::uint64_t>;
  struct Event {
    std::function<void()> function;
    Alarm* alarm = nullptr;
  };

  // Drops or moves alarms that have nothing to do; then the first key, or nullptr.
  [[nodiscard]] const Key* first();
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>* result);

  std::uint64_t seed_;
  SeededRandom random_;
  base::Instant now_;
  base::Duration wall_offset_{0};
  std::map<Key, Event> events_;
  std::uint64_t sequence_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t steps_max_ = 20'000'000;  // a minute or so under ASan
  std::uint64_t trace_hash_ = 0;
  std::unique_ptr<Internet> internet_;
};

template <class T>
Task<void> World::keep(Task<T> task, std::optional<T>* result) {
  result->emplace(co_await std::move(task));
}

template <class T>
T World::run(Task<T> task) {
  std::optional<T> result;
  run(keep(std::move(task), &result));
  return std::move(*result);
}

}  // namespace io::sim
