// Tests of report.h and counts.h.
#include "tools/simulate/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/simulate/pictures.h"

namespace simulate {
namespace {

using testing::HasSubstr;

Counts two_providers() {
  Counts counts;
  counts.providers.resize(2);
  ProviderCounts& first = counts.providers[0];
  first.name = "small, \"own\" host";
  first.messages = 1'500;
  first.delivered = 1'400;
  first.bounced = 100;
  first.attempts = 3'000;
  first.attempts_most = 4;
  first.deferrals.at(static_cast<std::size_t>(Reason::greylisted)) = 1'500;
  first.bounces.at(static_cast<std::size_t>(Reason::invalid)) = 100;
  first.delay.add(std::chrono::minutes(6));
  first.hours = {{.arrived = 1'500, .delivered = 1'000, .queued = 400}, {.delivered = 400}};
  counts.providers[1].name = "dead";
  counts.providers[1].hours.resize(2);
  counts.ended = std::chrono::hours(50);
  counts.queue_most = 400;
  counts.checks = 3;
  return counts;
}

Asked asked() {
  return {.scenario = "s.toml",
          .settings = "default settings",
          .mail = {.messages = 1'500, .days = 2, .domains = 10}};
}

TEST(Report, SaysItInWords) {
  const std::string text = result_text(asked(), two_providers(), {});
  EXPECT_THAT(text, HasSubstr("1,500 messages to 10 domains in 2 days, seed 1\ns.toml, default"));
  EXPECT_THAT(text, HasSubstr("small, \"own\" host             1,500        1,400"));
  EXPECT_THAT(text, HasSubstr("greylisted                    1,500  small, \"own\" host 1,500"));
  EXPECT_THAT(text, HasSubstr("no such address"));
  EXPECT_THAT(text, HasSubstr("6m"));
  EXPECT_THAT(text, HasSubstr("2.00"));
  EXPECT_THAT(text, HasSubstr("the last one ended on day 3, 02:00"));
  EXPECT_THAT(text, HasSubstr("Every message ended, and ended once; none is stuck"));
}

TEST(Report, SaysWhatIsWrong) {
  const std::string text = result_text(asked(), two_providers(), {"message 5 is lost"});
  EXPECT_THAT(text, HasSubstr("WRONG"));
  EXPECT_THAT(text, HasSubstr("  message 5 is lost\n"));
  EXPECT_THAT(result_json(asked(), two_providers(), {"message 5 is lost"}),
              HasSubstr(R"("wrong":["message 5 is lost"])"));
}

TEST(Report, HasALinePerHourAndProvider) {
  EXPECT_EQ(hours_csv(two_providers()),
            "time,provider,arrived,delivered,bounced,expired,deferred,queued\n"
            "2026-11-23T00:00:00.000Z,\"small, \"\"own\"\" host\",1500,1000,0,0,0,400\n"
            "2026-11-23T00:00:00.000Z,dead,0,0,0,0,0,0\n"
            "2026-11-23T00:00:00.000Z,all,1500,1000,0,0,0,400\n"
            "2026-11-23T01:00:00.000Z,\"small, \"\"own\"\" host\",0,400,0,0,0,0\n"
            "2026-11-23T01:00:00.000Z,dead,0,0,0,0,0,0\n"
            "2026-11-23T01:00:00.000Z,all,0,400,0,0,0,0\n");
}

TEST(Report, LeavesFourFiles) {
  const auto all = pictures(two_providers(), "seed 1");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].name, "queue.svg");
  EXPECT_THAT(all[0].text, HasSubstr("Messages in the queue"));
}

TEST(DayAndTime, BeginsWithDayOne) {
  EXPECT_EQ(day_and_time(base::Duration(0)), "day 1, 00:00");
  EXPECT_EQ(day_and_time(std::chrono::minutes(24 * 60 + 65)), "day 2, 01:05");
}

}  // namespace
}  // namespace simulate
