// Tests of mark.h.
#include "tools/bench/mark.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Mark, IsReadAsItWasWritten) {
  const Mark mark{.number = 17, .size = 10240, .sum = 0x0123abcd};
  EXPECT_EQ(mark_text(mark), "number=000000000017 size=000000010240 sum=0123abcd");
  EXPECT_EQ(parse_mark(mark_text(mark)), mark);
  EXPECT_EQ(parse_mark("  number=17 size=10240\r\n\tsum=0123ABCD "), mark);
}

TEST(Mark, WhatIsNoneIsRefused) {
  for (const char* text : {"", "number=1", "number=1 size=2", "number=1 size=2 sum=123",
                           "number=-1 size=2 sum=01234567", "number=1 size=2 sum=0123456g",
                           "size=2 number=1 sum=01234567", "number=1 size=2 sum=01234567 more=1",
                           "number=1234567890123456789 size=2 sum=01234567"}) {
    EXPECT_EQ(parse_mark(text), std::nullopt) << text;
  }
}

TEST(Mark, IsFoundAmongOtherFields) {
  const Mark mark{.number = 1, .size = 2, .sum = 3};
  const std::string field = "x-bench: " + mark_text(mark);
  EXPECT_EQ(find_mark(field), mark);
  EXPECT_EQ(find_mark("Received: from a\r\n\tby b\r\n" + field + "\r\nTo: c\r\n"), mark);
  EXPECT_EQ(find_mark("Subject: a\r\n " + field + "\r\n"), std::nullopt) << "part of the subject";
  EXPECT_EQ(find_mark("X-Benchmark: 1\r\n"), std::nullopt);
  EXPECT_EQ(find_mark(""), std::nullopt);
}

TEST(Crc32c, IsTheOneOfTheRfc) {
  Crc32c whole;
  whole.add("123456789");
  EXPECT_EQ(whole.value(), 0xe3069283U);  // RFC 3720 B.4 and others
  Crc32c parts;
  parts.add("1234");
  parts.add("");
  parts.add("56789");
  EXPECT_EQ(parts.value(), whole.value());
}

}  // namespace
}  // namespace bench
