// Tests of task.h, completion.h, cancel.h, task_group.h, deadline.h, clock.h and pool.h.
#include "lib/io/task.h"

#include <gtest/gtest.h>

#include "lib/io/deadline.h"
#include "lib/io/doors.h"
#include "lib/io/loop.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/sim/host.h"
#include "lib/io/task_group.h"

namespace io {
namespace {

using base::ErrorKind;
using base::Result;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using Log = std::vector<std::string>;

class TaskTest : public testing::Test {
 protected:
  sim::World world_{1};
  sim::Host host_{world_, {"192.0.2.1"}};
  Clock& clock_ = host_.doors().clock;
  Log log_;
};

Task<int> number(int value) { co_return value; }

Task<int> sum(int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) total += co_await number(1);
  co_return total;
}

Task<int> throwing() {
  throw std::runtime_error("broken");
  co_return 0;
}

Task<std::string> catching() {
  std::string caught = "nothing";
  try {
    co_await throwing();
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  co_return caught;
}

// Sleeps, and writes down how that ended.
Task<void> sleeper(Ref<Clock> clock, base::Duration duration, Ref<Log> log, std::string name) {
  auto slept = co_await sleep_for(*clock, duration);
  log->push_back(name + (slept ? ": awake" : ": " + slept.error().text()));
}

Task<Result<int>> slow_number(Ref<Clock> clock, base::Duration duration, int value) {
  if (auto slept = co_await sleep_for(*clock, duration); !slept) {
    co_return std::unexpected(slept.error());
  }
  co_return value;
}

TEST_F(TaskTest, GivesValues) { EXPECT_EQ(world_.run(number(7)), 7); }

// Symmetric transfer: a long loop of tasks that do not wait must not use up the stack.
TEST_F(TaskTest, ManyTasksInARowNeedNoStack) { EXPECT_EQ(world_.run(sum(200'000)), 200'000); }

TEST_F(TaskTest, ExceptionReachesTheAwaiter) { EXPECT_EQ(world_.run(catching()), "broken"); }

TEST_F(TaskTest, StartsOnlyWhenAwaited) {
  {
    auto unused = sleeper(clock_, 1s, log_, "a");
  }
  world_.run_until_idle();
  EXPECT_TRUE(log_.empty());
}

TEST_F(TaskTest, SleepsInOrder) {
  TaskGroup group;
  group.spawn(sleeper(clock_, 3s, log_, "c"));
  group.spawn(sleeper(clock_, 1s, log_, "a"));
  group.spawn(sleeper(clock_, 2s, log_, "b"));
  world_.run_until_idle();
  EXPECT_EQ(log_, (Log{"a: awake", "b: awake", "c: awake"}));
  EXPECT_EQ(group.running(), 0U);
}

TEST_F(TaskTest, GroupStopCancelsAllAndWaits) {
  TaskGroup group;
  group.spawn(sleeper(clock_, 1h, log_, "a"));
  group.spawn(sleeper(clock_, 2h, log_, "b"));
  EXPECT_EQ(group.running(), 2U);
  const base::Instant before = world_.now();
  world_.run(group.stop());
  EXPECT_EQ(world_.now(), before);
  EXPECT_EQ(group.running(), 0U);
  EXPECT_EQ(log_.size(), 2U);
  for (const std::string& line : log_) EXPECT_TRUE(line.ends_with("cancelled: stopped")) << line;
}

TEST_F(TaskTest, JoinWaitsWithoutStopping) {
  TaskGroup group;
  group.spawn(sleeper(clock_, 5s, log_, "a"));
  const base::Instant before = world_.now();
  world_.run(group.join());
  EXPECT_EQ(world_.now() - before, 5s);
  EXPECT_EQ(log_, Log{"a: awake"});
  world_.run(group.join());  // an empty group is joined at once
}

// Cancel before start: the waits of a task that starts in a stopped group end at once.
TEST_F(TaskTest, TaskInAStoppedGroupDoesNotWait) {
  TaskGroup group;
  group.cancel();
  group.spawn(sleeper(clock_, 1h, log_, "late"));
  EXPECT_EQ(log_, Log{"late: cancelled: stopped"});
  EXPECT_EQ(group.running(), 0U);
}

TEST_F(TaskTest, ChildGroupStopsWithItsParent) {
  TaskGroup parent;
  TaskGroup child(parent);
  child.spawn(sleeper(clock_, 1h, log_, "child"));
  parent.cancel();
  EXPECT_EQ(log_, Log{"child: cancelled: stopped"});
  TaskGroup late(parent);
  EXPECT_TRUE(late.stopping());
}

// The task that stops its group is one of the group itself.
Task<void> stop_siblings(Ref<TaskGroup> group, Ref<Log> log) {
  group->cancel();
  log->push_back("stopped");
  co_return;
}

TEST_F(TaskTest, TaskMayStopItsOwnGroup) {
  TaskGroup group;
  group.spawn(sleeper(clock_, 1h, log_, "a"));
  group.spawn(stop_siblings(group, log_));
  EXPECT_EQ(log_, (Log{"a: cancelled: stopped", "stopped"}));
}

TEST_F(TaskTest, DeadlineLetsAFastTaskThrough) {
  auto result = world_.run(with_timeout(clock_, 10s, slow_number(clock_, 9s, 4)));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 4);
  const base::Instant after = world_.now();
  world_.run_until_idle();  // the timer is gone: nothing moves time on
  EXPECT_EQ(world_.now(), after);
}

TEST_F(TaskTest, DeadlineCancelsASlowTask) {
  const base::Instant before = world_.now();
  auto result = world_.run(with_timeout(clock_, 10s, slow_number(clock_, 11s, 4)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(world_.now() - before, 10s);
}

// Not cancellable for a while: what with_deadline must wait for.
Task<Result<int>> stubborn(Ref<Pool> pool, Ref<Log> log) {
  const int value = co_await on_pool(*pool, [] { return 5; });
  log->push_back("done");
  co_return value;
}

TEST_F(TaskTest, DeadlineWaitsForATaskThatCannotStop) {
  host_.set_pool_delay_max(1h);
  auto result = world_.run(
      with_timeout(clock_, std::chrono::microseconds(1), stubborn(host_.doors().pool, log_)));
  // It ended well although late; its result is not thrown away.
  EXPECT_EQ(log_, Log{"done"});
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 5);
}

Task<Result<int>> nested(Ref<Clock> clock) {
  co_return co_await with_timeout(*clock, 1h, slow_number(clock, 2h, 1));
}

TEST_F(TaskTest, OuterDeadlineReachesThroughAnInnerOne) {
  const base::Instant before = world_.now();
  auto result = world_.run(with_timeout(clock_, 1min, nested(clock_)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(world_.now() - before, 1min);
}

Task<void> with_inner_deadline(Ref<Clock> clock, Ref<Log> log) {
  auto result = co_await with_timeout(*clock, 1h, slow_number(clock, 2h, 1));
  log->push_back(std::string(base::to_string(result.error().kind)));
}

// The scope that is being cancelled lives in a frame that ends within cancel().
TEST_F(TaskTest, StopInsideADeadlineIsCancelledNotTimedOut) {
  TaskGroup group;
  group.spawn(with_inner_deadline(clock_, log_));
  world_.run_for(1s);
  world_.run(group.stop());
  EXPECT_EQ(log_, Log{"cancelled"});
}

TEST_F(TaskTest, DeadlineInThePastStillStartsTheTask) {
  auto result = world_.run(with_deadline(clock_, world_.now() - 1s, slow_number(clock_, 1s, 1)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::timed_out);
}

Task<void> waiter(Ref<Signal> signal, Ref<Log> log, std::string name) {
  auto woken = co_await signal->wait();
  log->push_back(name + (woken ? ": woken" : ": stopped"));
}

Task<void> waiter_that_stops(Ref<Signal> signal, Ref<TaskGroup> others, Ref<Log> log) {
  auto woken = co_await signal->wait();
  log->push_back(woken ? "stopper: woken" : "stopper: stopped");
  others->cancel();
}

TEST_F(TaskTest, SignalWakesAll) {
  Signal signal;
  TaskGroup group;
  group.spawn(waiter(signal, log_, "a"));
  group.spawn(waiter(signal, log_, "b"));
  signal.notify();
  EXPECT_EQ(log_, (Log{"a: woken", "b: woken"}));
  signal.notify();  // nobody waits: nothing is remembered
  group.spawn(waiter(signal, log_, "c"));
  EXPECT_EQ(log_.size(), 2U);
  world_.run(group.stop());
  EXPECT_EQ(log_.back(), "c: stopped");
}

TEST_F(TaskTest, SignalWithAWaiterCancelledInsideNotify) {
  Signal signal;
  TaskGroup stopper;
  TaskGroup others;
  stopper.spawn(waiter_that_stops(signal, others, log_));
  others.spawn(waiter(signal, log_, "a"));
  others.spawn(waiter(signal, log_, "b"));
  signal.notify();
  EXPECT_EQ(log_.size(), 3U);
  EXPECT_EQ(log_.front(), "stopper: woken");
  EXPECT_TRUE(std::count(log_.begin(), log_.end(), "a: stopped") == 1);
  EXPECT_TRUE(std::count(log_.begin(), log_.end(), "b: stopped") == 1);
  EXPECT_EQ(others.running() + stopper.running(), 0U);
}

Task<void> waits_again(Ref<Signal> signal, Ref<Log> log) {
  for (int i = 0; i < 3; ++i) {
    if (!co_await signal->wait()) break;
    log->push_back("round");
  }
}

TEST_F(TaskTest, SignalWaiterThatJoinsAgainWaitsForTheNextNotify) {
  Signal signal;
  TaskGroup group;
  group.spawn(waits_again(signal, log_));
  signal.notify();
  EXPECT_EQ(log_.size(), 1U);
  signal.notify();
  signal.notify();
  EXPECT_EQ(log_.size(), 3U);
  EXPECT_EQ(group.running(), 0U);
}

Task<int> await_completion(Ref<Completion<int>> completion) { co_return co_await *completion; }

TEST_F(TaskTest, CompletionThatWasFinishedBeforeIsReady) {
  Completion<int> completion;
  completion.complete(3);
  completion.complete(4);  // the first word counts
  EXPECT_EQ(world_.run(await_completion(completion)), 3);
}

TEST_F(TaskTest, PoolRunsWorkAndGoesOn) {
  auto result = world_.run(on_pool(host_.doors().pool, [] { return std::string("worked"); }));
  EXPECT_EQ(result, "worked");
}

TEST_F(TaskTest, LoopPostRunsAfterWhatIsReady) {
  Loop& loop = host_.doors().loop;
  loop.post([&] {
    log_.emplace_back("first");
    loop.post([&] { log_.emplace_back("third"); });
  });
  loop.post([&] { log_.emplace_back("second"); });
  world_.run_until_idle();
  EXPECT_EQ(log_, (Log{"first", "second", "third"}));
}

class CountingTimer final : public Timer {
 public:
  void fire() override { ++fired; }
  int fired = 0;
};

TEST_F(TaskTest, TimerFiresOnceAndCanBeDisarmed) {
  CountingTimer first;
  CountingTimer second;
  clock_.arm(first, world_.now() + 1s);
  clock_.arm(second, world_.now() + 2s);
  clock_.disarm(second);
  clock_.disarm(second);
  const base::Instant before = world_.now();
  world_.run_until_idle();
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(second.fired, 0);
  EXPECT_EQ(world_.now() - before, 1s);
  clock_.arm(first, world_.now());  // may be armed again, and for now
  world_.run_until_idle();
  EXPECT_EQ(first.fired, 2);
  {
    CountingTimer ended;
    clock_.arm(ended, world_.now() + 1s);
  }  // disarms itself
  world_.run_until_idle();
}

}  // namespace
}  // namespace io
