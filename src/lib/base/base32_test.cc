// Tests of base32.h.
#include "lib/base/base32.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"

namespace base {
namespace {

TEST(Base32Test, ThereAndBack) {
  struct Case {
    std::string_view octets;
    std::string_view text;
  };
  for (const Case& one :
       {Case{"", ""}, Case{"f", "MY"}, Case{"fo", "MZXQ"}, Case{"foo", "MZXW6"},
        Case{"foob", "MZXW6YQ"}, Case{"fooba", "MZXW6YTB"}, Case{"foobar", "MZXW6YTBOI"},  // §10
        Case{"\xff\xff\xff\xff\xff", "77777777"}}) {
    EXPECT_EQ(base32(one.octets), one.text);
    EXPECT_EQ(unbase32(one.text), one.octets);
    EXPECT_EQ(unbase32(lower(one.text)), one.octets);
  }
}

TEST(Base32Test, WhatIsNone) {
  for (const char* text : {"M", "MZX", "MZXW6Y", "MZ", "MY======", "M1", "MY ", "\xc4\xb0Y"}) {
    EXPECT_FALSE(unbase32(text)) << text;
  }
}

}  // namespace
}  // namespace base
