// Tests of trouble.h.
#include "tools/bench/trouble.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Trouble, IsAShareAndAKind) {
  const auto trouble = Trouble::parse("0.25:stall");
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->kind, Trouble::Kind::stall);
  unsigned chosen = 0;
  for (unsigned i = 0; i < 100; ++i) chosen += trouble->chooses(i) ? 1 : 0;
  EXPECT_EQ(chosen, 25U);
  EXPECT_FALSE(Trouble().chooses(0));
  for (const char* text : {"", "1:abort", "-0.1:abort", "0.1", "0.1:", "0.1:cry", "x:slow"}) {
    EXPECT_FALSE(Trouble::parse(text)) << text;
  }
}

}  // namespace
}  // namespace bench
