// Tests of queue/schedule.h: what operators and starts ask of it (hold, retry), and its memory.
#include "queue/schedule_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;

TEST_F(ScheduleTest, HeldUntilReleased) {
  add(1, "mx:a", true);
  add(2, "mx:a");
  EXPECT_EQ(next_id(), 2U);
  EXPECT_TRUE(schedule.hold({2}));
  EXPECT_TRUE(defer(2).held) << "held when its attempt had ended";
  now += 3h;
  EXPECT_EQ(next_id(), 0U);
  EXPECT_TRUE(schedule.release({1}, now));
  EXPECT_TRUE(schedule.release({2}, now));
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(next_id(), 2U);
  EXPECT_FALSE(schedule.hold({77}));
}

TEST_F(ScheduleTest, RetryNowGoesPastBothBackoffs) {
  add(1, "mx:a");
  add(2, "mx:a");
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(next_id(), 2U);
  defer(2);
  unreachable(1);
  for (const std::uint64_t id : {1U, 2U}) {
    EXPECT_TRUE(schedule.retry_now(schedule.entries({id}).front().ticket, now));
  }
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(next_id(), 0U) << "a probe, still";
  EXPECT_FALSE(schedule.retry_now(schedule.entries({1}).front().ticket, now));
}

TEST_F(ScheduleTest, TakenIsOutOfReachAndComesBackAsItWas) {
  add(1, "mx:a", true);
  auto work = schedule.take(schedule.entries({1}).front().ticket);
  ASSERT_TRUE(work);
  EXPECT_FALSE(schedule.take(work->ticket));
  schedule.finish(work->ticket, {.left = {0}, .interrupted = true}, now, 0);
  EXPECT_EQ(schedule.entries({1}).front().state, EntryState::held);
}

TEST_F(ScheduleTest, AnEarlierRunsBackoffIsKept) {
  add(1, "mx:a");
  schedule.restore_backoff("mx:a", now + 10min, 2, "451 down");
  schedule.restore_backoff("mx:unknown", now + 10min, 2, "451 down");
  EXPECT_EQ(next_id(), 0U);
  EXPECT_EQ(schedule.next_wakeup(), now + 10min);
  EXPECT_FALSE(schedule.open("mx:a"));
  EXPECT_TRUE(schedule.open("mx:b"));
  now += 10min;
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(unreachable(1).destination_due, now + 15min) << "the third step";
}

TEST_F(ScheduleTest, RebuildKeepsEverything) {
  for (std::uint64_t i = 1; i <= 5; ++i) add(i, i % 2 == 0 ? "mx:a" : "mx:b");
  ASSERT_EQ(next_id(), 1U);
  ASSERT_EQ(next_id(), 2U);
  defer(1);
  schedule.hold({5});
  schedule.rebuild();
  EXPECT_EQ(schedule.check(), "");
  EXPECT_EQ(schedule.messages(), 5U);
  now += 1min;
  std::set<std::uint64_t> rest;
  while (const std::uint64_t id = next_id()) rest.insert(id);
  EXPECT_EQ(rest, (std::set<std::uint64_t>{1, 3, 4}));
}

TEST_F(ScheduleTest, AMillionBehindABackoffExpireInSlices) {
  constexpr std::uint64_t count = 5'000;
  for (std::uint64_t i = 1; i <= count; ++i) add(i, "mx:a");
  EXPECT_EQ(next_id(), 1U);
  now = start + 3h;
  unreachable(1);
  std::uint32_t at = 0;
  int slices = 0;
  while (at != no_slot) {
    at = schedule.expire_blocked(at, 1000, now);
    ++slices;
  }
  EXPECT_EQ(slices, 5);
  std::uint64_t expired = 0;
  while (const auto work = schedule.next(now)) {
    EXPECT_TRUE(work->expired);
    schedule.finish(work->ticket, {}, now, 0);
    ++expired;
  }
  EXPECT_EQ(expired, count);
}

TEST_F(ScheduleTest, AfterAStartTheOldestGoesFirst) {
  for (const std::uint64_t id : {7U, 8U, 9U, 4U, 5U, 6U, 1U, 2U, 3U}) add(id, "mx:a");
  schedule.sort_ready();
  EXPECT_EQ(schedule.check(), "");
  for (std::uint64_t id = 1; id <= 9; ++id) EXPECT_EQ(next_id(), id);
}

TEST_F(ScheduleTest, AMillionMessagesFitInTheirBudget) {
  constexpr std::uint64_t count = 200'000;  // what matters is the slope, not the million
  for (std::uint64_t i = 1; i <= count; ++i) add(i, i % 2 == 0 ? "mx:a.example" : "mx:b.example");
  EXPECT_LE(schedule.memory_bytes() / count, 200U);
  std::size_t moved = 0;
  while (const std::uint64_t id = next_id()) {
    defer_quietly(id);
    ++moved;
    if (moved == count / 2) break;
  }
  EXPECT_LE(schedule.memory_bytes() / count, 200U) << "half of them waiting";
  EXPECT_EQ(schedule.check(), "");
}

}  // namespace
}  // namespace queue
