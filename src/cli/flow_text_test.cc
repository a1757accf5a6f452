// Tests of flow_text.h.
#include "cli/flow_text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(FlowText, BarsAreAsHighAsTheirPartOfTheLargest) {
  EXPECT_EQ(bars({}), "");
  EXPECT_EQ(bars({0, 0}), "  ");
  EXPECT_EQ(bars({0, 1, 4, 8}), " ▂▅█");
  EXPECT_EQ(bars({1, 1'000'000'000'000}), "▁█");
}

TEST(FlowText, StepsThatDoNotFitAreJoined) {
  boost::json::array values;
  for (int i = 0; i < 288; ++i) values.emplace_back(1);
  const std::string text =
      flow_text({{"begin", "2026-11-23T14:00:00.000Z"}, {"series", {{"received", values}}}});
  EXPECT_EQ(text.find("received"), 0U);
  EXPECT_NE(text.find("       288  █"), std::string::npos) << text;
  EXPECT_NE(text.find("from 2026-11-23T14:00:00.000Z"), std::string::npos);
  EXPECT_EQ(flow_text({}), "");
}

}  // namespace
}  // namespace cli
