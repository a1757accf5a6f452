// Tests of address_pattern.h.
#include "tools/bench/address_pattern.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

std::string made(std::string_view pattern, std::uint64_t number) {
  const auto parsed = AddressPattern::parse(pattern);
  return parsed ? parsed->of(number) : "(" + parsed.error().detail + ")";
}

TEST(AddressPattern, PutsTheNumberIn) {
  EXPECT_EQ(made("a@example.org", 7), "a@example.org");
  EXPECT_EQ(made("a{n}@example.org", 7), "a7@example.org");
  EXPECT_EQ(made("a{n%10}b@d{n}.example", 123), "a3b@d123.example");
  EXPECT_EQ(made("{n}", 0), "0");
  EXPECT_EQ(made("", 0), "");
}

TEST(AddressPattern, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"a{", "a{m}@b", "a{n%0}@b", "a{n%x}@b", "a b@c", "a\r\n@b", "{}"}) {
    EXPECT_FALSE(AddressPattern::parse(text)) << text;
  }
  EXPECT_FALSE(AddressPattern::parse(std::string(1000, 'a')));
}

}  // namespace
}  // namespace bench
