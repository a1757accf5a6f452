// Tests of queue/schedule.h: what is next, retry, backoff of destinations, expiry, limits.
#include "queue/schedule.h"

#include "queue/schedule_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

TEST_F(ScheduleTest, GivesADueMessageOnceAndForgetsItWhenItIsDone) {
  add(1, "mx:a");
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(out.at(1).destination, "mx:a");
  EXPECT_EQ(next_id(), 0U);
  EXPECT_TRUE(end(1).message_done);
  EXPECT_EQ(schedule.messages(), 0U);
  EXPECT_EQ(schedule.next_wakeup(), std::nullopt);
}

TEST_F(ScheduleTest, ClimbsTheLadder) {
  add(1, "mx:a");
  std::vector<base::Duration> waits;
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(next_id(), 1U);
    EXPECT_EQ(out.at(1).attempts, static_cast<std::uint32_t>(i));
    const base::Time next = defer(1).next_attempt;
    waits.push_back(next - now);
    EXPECT_EQ(schedule.next_wakeup(), next);
    now = next - 1s;
    EXPECT_EQ(next_id(), 0U) << "not a second too early";
    now = next;
  }
  EXPECT_EQ(waits, (std::vector<base::Duration>{1min, 5min, 15min, 15min, 15min}));
}

TEST_F(ScheduleTest, LateOnesBehindABackoffAreGivenOutOnce) {
  settings->delay_notice_after = 1h;
  settings->retry_after = {3h};
  settings->expire_after = 24h;
  add(1, "mx:a");
  add(2, "mx:a");
  ASSERT_EQ(next_id(), 1U);
  ASSERT_EQ(next_id(), 2U);
  unreachable(1);
  unreachable(2);
  now += 1h - 1s;
  EXPECT_EQ(schedule.expire_blocked(0, 10, now), no_slot);
  EXPECT_EQ(next_id(), 0U);
  now += 1s;
  EXPECT_EQ(schedule.expire_blocked(0, 10, now), no_slot);
  EXPECT_EQ(schedule.check(), "");
  ASSERT_EQ(next_id(), 1U);
  EXPECT_TRUE(out.at(1).late);
  EXPECT_EQ(out.at(1).destination_reply, "451 4.4.1 no route");
  EXPECT_EQ(out.at(1).attempts, 1U);
  end(1, {.left = {0}, .reached = false, .interrupted = true, .delay_told = true});
  // An operator's retry finds it in its place.
  const std::uint32_t second = schedule.entries({2}).at(0).ticket;
  EXPECT_TRUE(schedule.retry_now(second, now));
  ASSERT_EQ(next_id(), 1U);
  EXPECT_FALSE(out.at(1).late);
  unreachable(1);
  EXPECT_EQ(schedule.expire_blocked(0, 10, now), no_slot);
  ASSERT_EQ(next_id(), 2U) << "which has not been told";
  EXPECT_TRUE(out.at(2).late);
  schedule.hold({2});
  end(2, {.left = {0}, .reached = false, .interrupted = true, .delay_told = true});
  EXPECT_EQ(schedule.entries({2}).at(0).state, EntryState::held);
}

TEST_F(ScheduleTest, WhoIsToldOfADelayIsTriedOnceMoreBefore) {
  settings->delay_notice_after = 30min;
  settings->retry_after = {20min};
  add(1, "mx:a");
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(defer(1).next_attempt, start + 20min);
  now = start + 20min;
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(defer(1).next_attempt, start + 30min);
  now = start + 30min;
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(end(1, {.left = {0}, .delay_told = true}).next_attempt, start + 50min);
}

TEST_F(ScheduleTest, LateOnesDoNotStopTheOthers) {
  settings->delay_notice_after = 1h;
  settings->retry_after = {3h};
  settings->expire_after = 24h;
  add(1, "mx:a");
  for (std::uint64_t id = 2; id <= 5; ++id) add(id, "mx:a");
  ASSERT_EQ(next_id(), 1U);
  unreachable(1);
  now += 1h;
  EXPECT_EQ(schedule.expire_blocked(0, 10, now), no_slot);
  add(10, "mx:b");
  add(11, "mx:b");
  std::vector<std::uint64_t> given;
  for (int i = 0; i < 7; ++i) given.push_back(next_id());
  EXPECT_TRUE(std::ranges::find(given, 11U) < given.begin() + 4);
  EXPECT_EQ(std::ranges::count(given, 0U), 0);
}

// Another expire_after of a reload counts for what waits.
TEST_F(ScheduleTest, ANewExpiryIsThatOfAll) {
  add(1, "mx:a");
  auto shorter = plain();
  shorter->expire_after = 30min;
  schedule.set_settings(shorter);
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(out.at(1).expires, start + 30min);
  end(1);
}

TEST_F(ScheduleTest, TheLastAttemptIsAtTheExpiry) {
  add(1, "mx:a");
  now = start + 1h + 59min;
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(defer(1).next_attempt, start + 2h - 0s) << "60 s later would be past the expiry anyway";
  now = start + 2h;
  ASSERT_EQ(next_id(), 1U);
  EXPECT_LE(out.at(1).expires, now);
}

TEST_F(ScheduleTest, JitterStaysInItsBounds) {
  settings->retry_jitter_percent = 20;
  add(1, "mx:a");
  for (const std::uint64_t random : {0ULL, 1ULL, 123'456'789'123ULL, ~0ULL}) {
    ASSERT_EQ(next_id(), 1U);
    const Ended ended = schedule.finish(out.at(1).ticket, {.left = {0}}, now, random);
    const base::Duration step =
        std::array<base::Duration, 4>{1min, 5min, 15min, 15min}.at(ended.attempts - 1);
    EXPECT_GE(ended.next_attempt - now, step * 8 / 10);
    EXPECT_LE(ended.next_attempt - now, step * 12 / 10);
    now = ended.next_attempt;
  }
}

TEST_F(ScheduleTest, TakesTurnsBetweenDestinations) {
  for (std::uint64_t i = 0; i < 100; ++i) add(100 + i, "mx:large");
  add(1, "mx:small");
  add(2, "mx:other");
  add(3, "mx:small");
  std::vector<std::uint64_t> order;
  for (int i = 0; i < 7; ++i) order.push_back(next_id());
  EXPECT_EQ(order, (std::vector<std::uint64_t>{100, 1, 2, 101, 3, 102, 103}));
}

TEST_F(ScheduleTest, LimitsAttemptsPerDestinationAndInAll) {
  settings->destination_concurrency_max = 2;
  settings->attempts_max = 3;
  settings->attempts_slow_max = 0;
  schedule.set_settings(settings);
  for (std::uint64_t i = 1; i <= 4; ++i) add(i, "mx:a");
  for (std::uint64_t i = 11; i <= 14; ++i) add(i, "mx:b");
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(next_id(), 11U);
  EXPECT_EQ(next_id(), 2U);
  EXPECT_EQ(next_id(), 0U) << "three in all";
  EXPECT_EQ(schedule.next_wakeup(), std::nullopt);
  end(11);
  EXPECT_EQ(next_id(), 12U) << "mx:a has its two";
  EXPECT_EQ(next_id(), 0U);
}

TEST_F(ScheduleTest, MaildirsHaveALimitOfTheirOwn) {
  settings->destination_concurrency_max = 1;
  settings->maildir_concurrency_max = 3;
  schedule.set_settings(settings);
  for (std::uint64_t i = 1; i <= 4; ++i) add(i, "local:demo.test");
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(next_id(), i);
  EXPECT_EQ(next_id(), 0U);
  end(2);
  EXPECT_EQ(next_id(), 4U);
}

TEST_F(ScheduleTest, AnUnreachableDestinationIsProbedByOneThenOpensAgain) {
  for (std::uint64_t i = 1; i <= 30; ++i) add(i, "mx:a");
  for (std::uint64_t i = 1; i <= 20; ++i) EXPECT_EQ(next_id(), i);
  EXPECT_EQ(next_id(), 0U);
  const Ended first = unreachable(1);
  EXPECT_TRUE(first.destination_blocked);
  EXPECT_EQ(first.destination_due, now + 1min);
  EXPECT_EQ(first.next_attempt, now + 1min) << "due together with the destination";
  for (std::uint64_t i = 2; i <= 20; ++i) {
    EXPECT_FALSE(unreachable(i).destination_blocked) << "the same round counts once";
  }
  EXPECT_EQ(next_id(), 0U);
  now += 1min;
  EXPECT_EQ(next_id(), 21U);
  EXPECT_EQ(next_id(), 0U) << "a single probe";
  EXPECT_EQ(unreachable(21).destination_due, now + 5min) << "the second step of the ladder";
  now += 5min;
  EXPECT_EQ(next_id(), 22U);
  end(22);
  EXPECT_EQ(next_id(), 23U);
  EXPECT_EQ(next_id(), 24U);
  EXPECT_EQ(next_id(), 0U) << "two after one success";
  end(23);
  end(24);
  for (std::uint64_t i = 25; i <= 28; ++i) EXPECT_EQ(next_id(), i);
  EXPECT_EQ(next_id(), 0U) << "four after three";
}

TEST_F(ScheduleTest, AMessageThatBlocksItsDestinationDoesNotDoItAgainAndAgain) {
  add(1, "mx:a");
  add(2, "mx:a");
  EXPECT_EQ(next_id(), 1U);
  unreachable(1);
  now += 1min;
  EXPECT_EQ(next_id(), 2U) << "the probe is another message";
  end(2);
  EXPECT_EQ(next_id(), 1U);
  unreachable(1);  // its second failure, the destination's first since it worked
  add(3, "mx:a");
  now += 1min;
  EXPECT_EQ(next_id(), 3U);
  end(3);
  EXPECT_EQ(next_id(), 0U) << "it waits on its own ladder";
  now += 4min;
  EXPECT_EQ(next_id(), 1U);
}

TEST_F(ScheduleTest, WhatWaitsBehindABackoffExpires) {
  for (std::uint64_t i = 1; i <= 3; ++i) add(i, "mx:a");
  settings->destination_concurrency_max = 1;
  schedule.set_settings(settings);
  ASSERT_EQ(next_id(), 1U);
  now += 2h;
  unreachable(1);
  ASSERT_EQ(next_id(), 2U);
  EXPECT_TRUE(out.at(2).expired);
  EXPECT_EQ(out.at(2).destination_reply, "451 4.4.1 no route");
  ASSERT_EQ(next_id(), 3U);
  EXPECT_TRUE(end(2).message_done);
  EXPECT_TRUE(end(3).message_done);
  EXPECT_EQ(schedule.messages(), 1U);
}

TEST_F(ScheduleTest, AMessageForTwoDestinationsIsDoneWithItsLast) {
  add(1, "mx:a");
  add(1, "mx:b");
  EXPECT_EQ(schedule.messages(), 1U);
  Work a = *schedule.next(now);
  Work b = *schedule.next(now);
  EXPECT_EQ(a.destination, "mx:a");
  EXPECT_EQ(b.destination, "mx:b");
  EXPECT_FALSE(schedule.finish(a.ticket, {}, now, 0).message_done);
  EXPECT_TRUE(schedule.finish(b.ticket, {}, now, 0).message_done);
  EXPECT_EQ(schedule.check(), "");
}

TEST_F(ScheduleTest, RecipientsJoinAWaitingEntryOfTheSameDestination) {
  const std::vector<std::uint32_t> some = {3, 1};
  add(1, "mx:a");
  schedule.add({.id = {1}, .destination = "mx:a", .recipients = some, .accepted = now}, now);
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(out.at(1).recipients, (std::vector<std::uint32_t>{0, 1, 3}));
  schedule.add({.id = {1}, .destination = "mx:a", .recipients = some, .accepted = now}, now);
  EXPECT_EQ(schedule.entries({1}).size(), 2U) << "an active one is left alone";
  EXPECT_FALSE(end(1, {.left = {3}}).message_done);
}

TEST_F(ScheduleTest, InterruptedDoesNotCount) {
  add(1, "mx:a");
  ASSERT_EQ(next_id(), 1U);
  end(1, {.left = {0}, .whole_destination = true, .interrupted = true});
  ASSERT_EQ(next_id(), 1U);
  EXPECT_EQ(out.at(1).attempts, 0U);
}

TEST_F(ScheduleTest, AttemptsThatTakeLongGiveTheirPlaceToOthers) {
  settings->attempts_max = 2;
  settings->attempts_slow_max = 3;
  settings->attempt_slow_after = 5s;
  schedule.set_settings(settings);
  for (std::uint64_t i = 1; i <= 9; ++i) add(i, "mx:" + std::to_string(i));
  EXPECT_EQ(next_id(), 1U);
  EXPECT_EQ(next_id(), 2U);
  EXPECT_EQ(next_id(), 0U);
  EXPECT_EQ(schedule.next_wakeup(), start + 5s) << "then the first is slow";
  now = start + 5s;
  EXPECT_EQ(next_id(), 3U);
  EXPECT_EQ(next_id(), 4U);
  EXPECT_EQ(next_id(), 0U);
  now = start + 10s;
  EXPECT_EQ(next_id(), 5U) << "one more slow one is allowed";
  EXPECT_EQ(next_id(), 0U);
  EXPECT_EQ(schedule.next_wakeup(), std::nullopt) << "only an ending helps now";
  end(1);
  now = start + 15s;
  EXPECT_EQ(next_id(), 6U) << "4 has become slow";
  EXPECT_EQ(next_id(), 0U);
  schedule.rebuild();
  for (const std::uint64_t id : {2U, 3U, 4U, 5U, 6U}) end(id);
  EXPECT_EQ(schedule.active(), 0U);
  EXPECT_EQ(next_id(), 7U);
}

// 100,000 domains, one message each, 1 % of which never answer: virtual time.
TEST_F(ScheduleTest, AHundredDeadDomainsDoNotDelayTheHealthyOnes) {
  constexpr std::uint64_t count = 100'000;
  const auto seconds_for_the_healthy = [this](bool with_dead) {
    Schedule many(settings);
    const std::uint32_t recipient = 0;
    for (std::uint64_t i = 1; i <= count; ++i) {
      many.add({.id = {i},
                .destination = "mx:" + std::to_string(i),
                .recipients = {&recipient, 1},
                .accepted = start,
                .next_attempt = start},
               start);
    }
    // A healthy one takes a second, a dead one half a minute.
    std::multimap<base::Time, std::pair<std::uint32_t, bool>> endings;
    std::uint64_t healthy = 0;
    base::Time at = start;
    base::Time last = start;
    for (;;) {
      while (const auto work = many.next(at)) {
        const bool dead = with_dead && work->id.value % 100 == 0;
        endings.emplace(at + (dead ? 30s : 1s), std::pair(work->ticket, dead));
      }
      if (endings.empty()) break;
      const auto [ticket, dead] = endings.begin()->second;
      at = endings.begin()->first;
      endings.erase(endings.begin());
      Ending ending;
      if (dead) ending = {.left = {0}, .whole_destination = true, .reply = "451 4.4.1 no answer"};
      many.finish(ticket, ending, at, 0);
      if (!dead) last = at;
      healthy += dead ? 0U : 1U;
      if (healthy == count - (with_dead ? count / 100 : 0)) break;
    }
    return (last - start) / 1s;
  };
  const auto without = seconds_for_the_healthy(false);
  EXPECT_EQ(without, static_cast<std::int64_t>(count / settings->attempts_max));
  EXPECT_LE(seconds_for_the_healthy(true), without * 5 / 4);
}

}  // namespace
}  // namespace queue
