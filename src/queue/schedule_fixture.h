// queue/schedule_fixture.h: a Schedule with a clock of its own, for its tests.
//
// What:    ScheduleTest: add() messages, next_id() takes what is due, end() and its kin say how an
//          attempt went; the schedule is checked after each.
// In/Out:  `now` is set by the test; what is out is known by its id.
// Errors:  a schedule that contradicts itself is a failed expectation.
// Limits:  none.
// Not here: the queue around it (queue_fixture.h).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string_view>

#include "queue/schedule.h"

namespace queue {

inline const base::Time start{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};

class ScheduleTest : public testing::Test {
 protected:
  static std::shared_ptr<Settings> plain() {
    auto settings = std::make_shared<Settings>();
    settings->retry_jitter_percent = 0;
    settings->retry_after = {std::chrono::minutes(1), std::chrono::minutes(5),
                             std::chrono::minutes(15)};
    settings->expire_after = std::chrono::hours(2);
    return settings;
  }

  void add(std::uint64_t id, std::string_view destination, bool hold = false) {
    const std::uint32_t recipient = 0;
    schedule.add({.id = {id},
                  .destination = destination,
                  .recipients = {&recipient, 1},
                  .accepted = now,
                  .next_attempt = now,
                  .hold = hold},
                 now);
  }
  std::uint64_t next_id() {
    auto work = schedule.next(now);
    if (!work) return 0;
    out[work->id.value] = *work;
    return work->id.value;
  }
  Ended end(std::uint64_t id, Ending ending = {}) {
    const Ended ended = schedule.finish(out.at(id).ticket, ending, now, 0);
    out.erase(id);
    EXPECT_EQ(schedule.check(), "");
    return ended;
  }
  Ended defer(std::uint64_t id) { return end(id, {.left = {0}}); }
  // Without checking the whole schedule.
  void defer_quietly(std::uint64_t id) {
    schedule.finish(out.at(id).ticket, {.left = {0}}, now, 0);
    out.erase(id);
  }
  Ended unreachable(std::uint64_t id) {
    return end(id, {.left = {0}, .whole_destination = true, .reply = "451 4.4.1 no route"});
  }

  std::shared_ptr<Settings> settings = plain();
  Schedule schedule{settings};
  base::Time now = start;
  std::map<std::uint64_t, Work> out;
};

}  // namespace queue
