// Tests of world.h and random.h.
#include "lib/io/sim/world.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/base/time.h"
#include "lib/io/clock.h"
#include "lib/io/sim/host.h"

namespace io::sim {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

TEST(World, RunsEventsByTimeThenSequence) {
  World world(1);
  std::string order;
  world.after(2s, [&] { order += 'd'; });
  world.after(1s, [&] { order += 'b'; });
  world.after(1s, [&] { order += 'c'; });
  world.post([&] { order += 'a'; });
  const base::Instant before = world.now();
  world.run_until_idle();
  EXPECT_EQ(order, "abcd");
  EXPECT_EQ(world.now() - before, 2s);
  EXPECT_FALSE(world.step());
}

TEST(World, RunForStopsAtItsInstant) {
  World world(1);
  int count = 0;
  world.after(1s, [&] { ++count; });
  world.after(3s, [&] { ++count; });
  const base::Instant before = world.now();
  world.run_for(2s);
  EXPECT_EQ(count, 1);
  EXPECT_EQ(world.now() - before, 2s);
  world.run_until(before + 3s);
  EXPECT_EQ(count, 2);
}

TEST(World, RunWhileNot) {
  World world(1);
  bool done = false;
  world.after(5s, [&] { done = true; });
  EXPECT_FALSE(world.run_while_not([&] { return done; }, 4s));
  EXPECT_TRUE(world.run_while_not([&] { return done; }, 10s));
  EXPECT_FALSE(world.run_while_not([] { return false; }, 10s));  // idle
}

TEST(World, WallClockStartsIn2026AndJumps) {
  World world(1);
  EXPECT_EQ(base::format_time(world.wall()), "2026-01-01T00:00:00.000Z");
  world.run_for(1h);
  EXPECT_EQ(base::format_time(world.wall()), "2026-01-01T01:00:00.000Z");
  const base::Instant before = world.now();
  world.jump_wall(-2h);
  EXPECT_EQ(base::format_time(world.wall()), "2025-12-31T23:00:00.000Z");
  EXPECT_EQ(world.now(), before);
}

TEST(WorldDeathTest, SaysWhenATaskNeverEnds) {
  EXPECT_DEATH(
      {
        World world(1);
        Host host(world, {"192.0.2.1"});
        auto listener = host.doors().network.listen({{}, 25}, {});
        auto never = world.run((*listener)->accept());
      },
      "went idle");
}

TEST(WorldDeathTest, SaysWhenItRunsInACircle) {
  EXPECT_DEATH(
      {
        World world(1);
        world.set_steps_max(1000);
        std::function<void()> again = [&] { world.post(again); };
        world.post(again);
        world.run_until_idle();
      },
      "steps_max");
}

TEST(World, WhatIsDueWhileAThreadIsBusyIsLate) {
  World world(1);
  const base::Instant begin = world.now();
  std::string order;
  world.after(1s, [&] {
    order += 'a';
    world.pass(10s);
  });
  world.after(2s, [&] { order += world.now() - begin == 11s ? 'b' : 'x'; });
  world.after(20s, [&] { order += world.now() - begin == 20s ? 'c' : 'x'; });
  world.run_until_idle();
  EXPECT_EQ(order, "abc");
}

TEST(SeededRandom, RepeatsItself) {
  SeededRandom a(7);
  SeededRandom b(7);
  SeededRandom c(8);
  EXPECT_EQ(a.number(), b.number());
  EXPECT_NE(a.number(), c.number());
  std::array<char, 13> first{};
  std::array<char, 13> second{};
  (void)b.number();
  a.fill(first);
  b.fill(second);
  EXPECT_EQ(first, second);
}

TEST(SeededRandom, BelowCoversItsRange) {
  SeededRandom random(7);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(10));
  EXPECT_EQ(seen.size(), 10U);
  EXPECT_EQ(*seen.rbegin(), 9U);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_FALSE(random.chance(0));
  EXPECT_TRUE(random.chance(1));
}

}  // namespace
}  // namespace io::sim
