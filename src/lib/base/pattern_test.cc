// Tests of pattern.h.
#include "lib/base/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

TEST(Pattern, Matches) {
  struct Case {
    std::string_view text;
    std::string_view pattern;
    bool matches;
  };
  constexpr Case cases[] = {
      {"bob@example.org", "*@example.org", true},
      {"bob@EXAMPLE.org", "BOB@*", true},
      {"bob@example.org", "bob", false},
      {"bob@example.org", "*", true},
      {"", "*", true},
      {"", "", true},
      {"", "?", false},
      {"a", "", false},
      {"aab", "a*b", true},
      {"ab", "a*b", true},
      {"abc", "a*b", false},
      {"abcbd", "*b?", false},
      {"b?b@example.org", "b?b@*.org", true},
      {"bob@example.orgx", "*.org", false},
      {"aXbXc", "a*X*c", true},
      {"ac", "a**c", true},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(matches_pattern(one.text, one.pattern), one.matches)
        << one.text << " " << one.pattern;
  }
}

// Many stars must not take for ever.
TEST(Pattern, IsQuick) {
  const std::string text(10'000, 'a');
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(text, pattern + "b"));
  EXPECT_TRUE(matches_pattern(text, pattern));
}

}  // namespace
}  // namespace base
