// Tests of plan.h.
#include "tools/bench/plan.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr base::Instant start{seconds(1000)};

TEST(Plan, ClosedLoopGivesTurnsAtOnce) {
  Plan plan({.messages_max = 2, .first_number = 5});
  plan.begin(start);
  const auto first = plan.take(start + seconds(1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->number, 5U);
  EXPECT_EQ(first->due, start + seconds(1));
  EXPECT_FALSE(plan.exhausted(start + seconds(1)));
  EXPECT_EQ(plan.take(start + seconds(2))->number, 6U);
  EXPECT_TRUE(plan.exhausted(start + seconds(2)));
  EXPECT_FALSE(plan.take(start + seconds(2)));
}

TEST(Plan, OpenLoopKeepsItsPaceWhoeverIsLate) {
  Plan plan({.messages_max = 100, .rate = 10});
  plan.begin(start);
  EXPECT_EQ(plan.take(start)->due, start);
  EXPECT_EQ(plan.take(start)->due, start + milliseconds(100)) << "asked for early";
  EXPECT_EQ(plan.take(start + seconds(5))->due, start + milliseconds(200)) << "asked for late";
}

TEST(Plan, EndsAfterItsLength) {
  Plan closed({.length = seconds(2)});
  closed.begin(start);
  EXPECT_TRUE(closed.take(start + milliseconds(1999)));
  EXPECT_FALSE(closed.take(start + seconds(2)));

  Plan open({.length = seconds(2), .rate = 1});
  open.begin(start);
  EXPECT_TRUE(open.take(start));
  EXPECT_TRUE(open.take(start));
  EXPECT_FALSE(open.take(start)) << "would begin after the end";
}

TEST(Plan, StopsWhenTold) {
  Plan plan({});
  plan.begin(start);
  EXPECT_TRUE(plan.take(start));
  plan.stop();
  EXPECT_FALSE(plan.take(start));
}

TEST(Plan, ThreadsShareItsTurns) {
  Plan plan({.messages_max = 10'000});
  plan.begin(start);
  std::vector<std::vector<std::uint64_t>> got(4);
  std::vector<std::thread> threads;
  threads.reserve(got.size());
  for (auto& mine : got) {
    threads.emplace_back([&plan, &mine] {
      while (const auto turn = plan.take(start)) mine.push_back(turn->number);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<bool> seen(10'000);
  for (const auto& mine : got) {
    for (const std::uint64_t number : mine) {
      EXPECT_FALSE(seen[number]);
      seen[number] = true;
    }
  }
  EXPECT_EQ(std::ranges::count(seen, true), 10'000);
}

}  // namespace
}  // namespace bench
