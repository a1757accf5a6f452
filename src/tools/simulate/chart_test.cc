// Tests of chart.h.
#include "tools/simulate/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace simulate {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(AxisStep, HasTenLinesAtMostAndFourAtLeast) {
  EXPECT_EQ(axis_step(1), 1U);
  EXPECT_EQ(axis_step(10), 1U);
  EXPECT_EQ(axis_step(11), 2U);
  EXPECT_EQ(axis_step(100), 10U);
  for (std::uint64_t most = 10; most < 2'000'000; most = most * 3 / 2) {
    EXPECT_LE(most / axis_step(most), 10U) << most;
    EXPECT_GE(most / axis_step(most), 4U) << most;
  }
}

TEST(Chart, ShowsNamesAndCurves) {
  Chart chart("Queue", "seed 1");
  chart.add("small <host> & co", {0, 50, 100});
  chart.add("dead", {0, 0, 0});
  const std::string text = chart.text();
  EXPECT_THAT(text, HasSubstr("small &lt;host&gt; &amp; co"));
  EXPECT_THAT(text, Not(HasSubstr("<host>")));
  // The highest value is at the top, the last hour at the right end.
  EXPECT_THAT(text, HasSubstr("690.0,50.0\""));
  EXPECT_THAT(text, HasSubstr("690.0,360.0\""));
}

TEST(Chart, ALongCurveHasFewPointsButItsPeak) {
  std::vector<std::uint64_t> values(9'000, 1);
  values[4'321] = 1'000;
  Chart chart("Queue", "");
  chart.add("all", values);
  const std::string text = chart.text();
  EXPECT_LT(std::ranges::count(text, ','), 620);
  EXPECT_THAT(text, HasSubstr(",50.0 "));
}

TEST(Chart, AnEmptyOneIsAPictureStill) {
  EXPECT_THAT(Chart("nothing", "").text(), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace simulate
