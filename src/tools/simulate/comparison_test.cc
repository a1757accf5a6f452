// Tests of comparison.h.
#include "tools/simulate/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simulate {
namespace {

using testing::HasSubstr;

Counts delivered(std::vector<std::uint64_t> by_hour) {
  Counts counts;
  ProviderCounts& one = counts.providers.emplace_back();
  one.name = "one";
  one.messages = 100;
  for (const std::uint64_t count : by_hour) {
    one.hours.push_back({.delivered = count});
    one.delivered += count;
  }
  return counts;
}

TEST(Apart, IsTheLargestDistanceOfTheCurves) {
  const Apart found = apart(delivered({50, 30, 20}).all(), delivered({40, 25, 35}).all());
  EXPECT_DOUBLE_EQ(found.share, 0.15);
  EXPECT_EQ(found.when, std::chrono::hours(2));
}

TEST(Apart, TakesHoursThatOneOfBothLacks) {
  const Apart found = apart(delivered({100}).all(), delivered({60, 20, 20}).all());
  EXPECT_DOUBLE_EQ(found.share, 0.4);
  EXPECT_EQ(found.when, std::chrono::hours(1));
  EXPECT_DOUBLE_EQ(apart(ProviderCounts{}, ProviderCounts{}).share, 0);
}

TEST(ComparisonText, SaysWhoDiffers) {
  const Counts counts = delivered({50, 50});
  EXPECT_THAT(comparison_text(counts, counts), HasSubstr("At no hour are the curves"));
  EXPECT_THAT(comparison_text(counts, delivered({40, 60})),
              HasSubstr("one (day 1, 01:00, 10.0 %)"));
}

}  // namespace
}  // namespace simulate
