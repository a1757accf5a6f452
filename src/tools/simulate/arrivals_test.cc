// Tests of arrivals.h.
#include "tools/simulate/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace simulate {
namespace {

std::vector<base::Duration> all(const Mail& mail) {
  Arrivals arrivals(mail);
  std::vector<base::Duration> out;
  while (const auto at = arrivals.next()) out.push_back(*at);
  return out;
}

std::size_t within(const std::vector<base::Duration>& when, base::Duration from,
                   base::Duration until) {
  return static_cast<std::size_t>(
      std::ranges::count_if(when, [&](auto at) { return at >= from && at < until; }));
}

TEST(Arrivals, AllComeInOrderWithinTheDays) {
  for (const Pattern pattern : {Pattern::constant, Pattern::daily, Pattern::newsletter}) {
    for (const std::uint64_t messages : {1UL, 7UL, 1'000UL, 23'457UL}) {
      const auto when = all({.messages = messages, .days = 3, .pattern = pattern});
      ASSERT_EQ(when.size(), messages);
      EXPECT_TRUE(std::ranges::is_sorted(when));
      EXPECT_GE(when.front(), base::Duration(0));
      EXPECT_LT(when.back(), std::chrono::hours(72));
    }
  }
}

TEST(Arrivals, ConstantIsTheSameEachHour) {
  const auto when = all({.messages = 4'800, .days = 2, .pattern = Pattern::constant});
  for (int hour = 0; hour < 48; ++hour) {
    const auto from = std::chrono::hours(hour);
    EXPECT_NEAR(static_cast<double>(within(when, from, from + std::chrono::hours(1))), 100, 2);
  }
}

TEST(Arrivals, TheWavePeaksInTheAfternoonAndRestsAtNightAndOnSunday) {
  const auto when = all({.messages = 70'000, .days = 7, .pattern = Pattern::daily});
  const auto hour = [&](int at) {
    return within(when, std::chrono::hours(at), std::chrono::hours(at + 1));
  };
  EXPECT_GT(hour(14), 5 * hour(2));
  EXPECT_NEAR(static_cast<double>(hour(14)), 2.0 * static_cast<double>(hour(6 * 24 + 14)), 10);
}

TEST(Arrivals, ANewsletterComesAtTenAndWithinItsLength) {
  const auto when = all({.messages = 10'000,
                         .days = 2,
                         .pattern = Pattern::newsletter,
                         .burst_share = 0.8,
                         .burst_every = std::chrono::hours(24),
                         .burst_length = std::chrono::minutes(30)});
  for (const int day : {0, 1}) {
    const auto ten = std::chrono::hours(day * 24 + 10);
    EXPECT_GT(within(when, ten, ten + std::chrono::minutes(30)), 4'000U);
    EXPECT_LT(within(when, ten + std::chrono::minutes(30), ten + std::chrono::minutes(60)), 200U);
  }
}

}  // namespace
}  // namespace simulate
