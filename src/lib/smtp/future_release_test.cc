// Tests of FUTURERELEASE: its offer, HOLDFOR, HOLDUNTIL, and the time that comes of them.
#include "lib/smtp/future_release.h"

#include <gtest/gtest.h>

#include "lib/smtp/command.h"

namespace smtp {
namespace {

const base::Time now(std::chrono::seconds(1'795'442'400));  // 2026-11-23 14:00:00 UTC
const FutureRelease offer = {.seconds_max = 3600, .until_max = now + std::chrono::hours(1)};

TEST(FutureRelease, TheOffer) {
  Extensions offered;
  offered.future_release = offer;
  EXPECT_EQ(ehlo_lines(offered),
            std::vector<std::string>{"FUTURERELEASE 3600 2026-11-23T15:00:00Z"});
  EXPECT_EQ(parse_ehlo(reply(250, "mx\nFUTURERELEASE 3600 2026-11-23T15:00:00Z")), offered);
  EXPECT_FALSE(parse_ehlo(reply(250, "mx\nFUTURERELEASE")).future_release);
  EXPECT_FALSE(parse_ehlo(reply(250, "mx\nFUTURERELEASE 1 2")).future_release);
}

TEST(FutureRelease, DateTimes) {
  struct Case {
    std::string_view text;
    std::int64_t seconds;  // after `now`; -1: none
  };
  constexpr Case cases[] = {
      {"2026-11-23T14:00:05Z", 5},
      {"2026-11-23t14:00:05z", 5},
      {"2026-11-23T15:30:00+01:30", 0},
      {"2026-11-23T09:00:00-05:00", 0},
      {"2026-11-23T14:00:05.25Z", 5},
      {"2026-11-23T14:00:60Z", 60},
      {"1795442400", -1},
      {"", -1},
      {"2026-11-23", -1},
      {"2026-11-23T14:00:05", -1},
      {"2026-11-23 14:00:05Z", -1},
      {"2026-13-23T14:00:05Z", -1},
      {"2026-02-30T14:00:05Z", -1},
      {"2026-11-23T24:00:05Z", -1},
      {"2026-11-23T14:00:05.Z", -1},
      {"2026-11-23T14:00:05+0100", -1},
      {"2026-11-23T14:00:05+25:00", -1},
      {"2026-11-23T14:00:05Zx", -1},
      {"2026-11-23T14:00:05+01:00x", -1},
      {"+026-11-23T14:00:05Z", -1},
  };
  for (const Case& c : cases) {
    const auto time = parse_date_time(c.text);
    EXPECT_EQ(time.has_value(), c.seconds >= 0) << c.text;
    if (time) EXPECT_EQ(*time, now + std::chrono::seconds(c.seconds)) << c.text;
  }
}

TEST(FutureRelease, MailTakesOneOfThem) {
  Extensions offered;
  offered.future_release = offer;
  const auto parsed = [&](std::string_view parameters) {
    return parse_mail("FROM:<a@b.test> " + std::string(parameters), offered);
  };
  EXPECT_EQ(parsed("HOLDFOR=60")->hold.seconds, 60U);
  EXPECT_EQ(parsed("holduntil=2026-11-23T14:00:05Z")->hold.until, now + std::chrono::seconds(5));
  for (const auto* wrong :
       {"HOLDFOR=0", "HOLDFOR=", "HOLDFOR", "HOLDFOR=-1", "HOLDFOR=1x", "HOLDFOR=1234567890",
        "HOLDUNTIL=1795442400", "HOLDUNTIL=", "HOLDFOR=1 HOLDUNTIL=2026-11-23T14:00:05Z",
        "HOLDUNTIL=2026-11-23T14:00:05Z HOLDFOR=1", "HOLDFOR=1 HOLDFOR=1"}) {
    ASSERT_FALSE(parsed(wrong)) << wrong;
    EXPECT_TRUE(parsed(wrong).error().text().starts_with("501 5.5.4")) << wrong;
  }
  EXPECT_TRUE(parse_mail("FROM:<a@b.test> HOLDFOR=60", {}).error().text().starts_with("555"));
}

TEST(FutureRelease, TheTimeThatComesOfIt) {
  EXPECT_EQ(release_time({}, offer, now), base::Time());
  EXPECT_EQ(release_time({.seconds = 3600, .until = {}}, offer, now), now + std::chrono::hours(1));
  EXPECT_EQ(release_time({.seconds = 3601, .until = {}}, offer, now).error().code, 501);
  EXPECT_EQ(release_time({.seconds = {}, .until = offer.until_max}, offer, now), offer.until_max);
  const auto later =
      release_time({.seconds = {}, .until = offer.until_max + std::chrono::seconds(1)}, offer, now);
  EXPECT_EQ(later.error().text(),
            "501 5.5.4 We keep mail back for 3600 seconds at most, until 2026-11-23T15:00:00Z");
  EXPECT_EQ(release_time({.seconds = {}, .until = now - std::chrono::hours(1)}, offer, now),
            base::Time());
}

}  // namespace
}  // namespace smtp
