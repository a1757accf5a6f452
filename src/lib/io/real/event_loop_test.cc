// Tests of event_loop.h, clock.h, pool.h and random.h.
#include "lib/io/real/event_loop.h"

#include <csignal>
#include <set>
#include <thread>

#include "lib/io/pool.h"
#include "lib/io/random.h"
#include "lib/io/real/loop_test.h"

namespace io::real {
namespace {

using std::chrono::milliseconds;

class EventLoopTest : public LoopTest {};

Task<int> seven() { co_return 7; }

TEST_F(EventLoopTest, RunTaskGivesItsValue) { EXPECT_EQ(run_task(loop_, seven()), 7); }

TEST_F(EventLoopTest, PostRunsInOrderOnTheLoop) {
  std::vector<int> order;
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 5; ++i) {
    loop_.post([&order, i, here] {
      EXPECT_EQ(std::this_thread::get_id(), here);
      order.push_back(i);
    });
  }
  EXPECT_TRUE(order.empty());
  loop_.post([this] { loop_.stop(); });
  loop_.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(EventLoopTest, PostAndStopFromAnotherThread) {
  int count = 0;
  std::thread other([this, &count] {
    for (int i = 0; i < 1000; ++i) loop_.post([&count] { ++count; });
    loop_.post([this] { loop_.stop(); });
  });
  loop_.run();
  other.join();
  EXPECT_EQ(count, 1000);
  loop_.stop();
  loop_.run();  // returns at once
}

TEST_F(EventLoopTest, SignalsRunTheirAction) {
  int count = 0;
  loop_.on_signal(SIGUSR1, [this, &count] {
    if (++count == 2)
      loop_.stop();
    else
      raise(SIGUSR1);
  });
  raise(SIGUSR1);
  loop_.run();
  EXPECT_EQ(count, 2);
}

class ClockTest : public LoopTest {};

TEST_F(ClockTest, TimersFireInTheOrderOfTheirTime) {
  struct Note final : Timer {
    Note(std::vector<int>& notes, int what) : order(notes), number(what) {}
    void fire() override { order.push_back(number); }
    std::vector<int>& order;
    int number;
  };
  std::vector<int> order;
  Note late(order, 3);
  Note early(order, 1);
  Note never(order, 9);
  Note middle(order, 2);
  const auto now = doors_.clock.now();
  doors_.clock.arm(late, now + milliseconds(9));
  doors_.clock.arm(early, now + milliseconds(3));  // earlier than what the kernel waits for
  doors_.clock.arm(never, now + milliseconds(1));
  doors_.clock.arm(middle, now + milliseconds(6));
  doors_.clock.disarm(never);
  EXPECT_TRUE(run(sleep_until(doors_.clock, now + milliseconds(12))));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_GE(doors_.clock.now(), now + milliseconds(12));
}

TEST_F(ClockTest, PastInstantsFireAtOnce) {
  EXPECT_TRUE(run(sleep_until(doors_.clock, base::Instant())));
  EXPECT_TRUE(run(sleep_for(doors_.clock, base::Duration(0))));
}

TEST_F(ClockTest, SleepCanBeCancelled) {
  std::optional<base::Result<>> slept;
  start(sleep_for(doors_.clock, std::chrono::hours(1)), slept);
  cancel();
  finish();
  EXPECT_EQ(slept->error().kind, base::ErrorKind::cancelled);
}

TEST_F(ClockTest, WallIsThisCentury) {
  EXPECT_GT(doors_.clock.wall(), *base::parse_time("2026-01-01T00:00:00.000Z"));
}

class PoolTest : public LoopTest {};

Task<base::Result<std::thread::id>> where_it_runs(Ref<io::Pool> pool) {
  co_return co_await on_pool(*pool, [] { return std::this_thread::get_id(); });
}

TEST_F(PoolTest, WorksOffTheLoop) {
  const auto there = run(where_it_runs(doors_.pool));
  ASSERT_TRUE(there);
  EXPECT_NE(*there, std::this_thread::get_id());
}

TEST_F(PoolTest, ManyAtOnce) {
  std::vector<std::optional<base::Result<std::thread::id>>> results(200);
  for (auto& result : results) start(where_it_runs(doors_.pool), result);
  finish();
  std::set<std::thread::id> threads;
  for (const auto& result : results) threads.insert(**result);
  EXPECT_LE(threads.size(), 2U);  // threads_max
}

TEST_F(PoolTest, SharedByLoops) {
  std::thread other([this] {
    EventLoop loop(pool_);
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(run_task(loop, where_it_runs(loop.doors().pool)));
    }
  });
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(run(where_it_runs(doors_.pool)));
  other.join();
}

TEST(RandomTest, FillsAndDiffers) {
  ThreadPool pool(1);
  EventLoop loop(pool);
  Random& random = loop.doors().random;
  std::string first(1000, '\0');
  std::string second(1000, '\0');
  random.fill(first);
  random.fill(second);
  EXPECT_NE(first, second);
  random.fill({});
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below(10), 10U);
}

}  // namespace
}  // namespace io::real
