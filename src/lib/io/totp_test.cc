// Tests of totp.h: the vectors of RFC 6238 and RFC 4226, and when a code is taken.
#include "lib/io/totp.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"

namespace io {
namespace {

constexpr std::string_view secret = "12345678901234567890";  // of both RFCs

base::Time at(std::int64_t seconds) { return base::Time(std::chrono::seconds(seconds)); }

TEST(TotpTest, VectorsOfRfc6238) {
  struct Case {
    std::int64_t seconds;
    std::string_view code;
  };
  for (const Case& one : {Case{59, "94287082"}, Case{1111111109, "07081804"},
                          Case{1111111111, "14050471"}, Case{1234567890, "89005924"},
                          Case{2000000000, "69279037"}, Case{20000000000, "65353130"}}) {
    EXPECT_EQ(totp_code(secret, totp_step(at(one.seconds)), 8), one.code) << one.seconds;
    EXPECT_EQ(totp_code(secret, totp_step(at(one.seconds))), one.code.substr(2));
  }
}

TEST(TotpTest, VectorsOfRfc4226) {
  constexpr std::string_view codes[] = {"755224", "287082", "359152", "969429", "338314",
                                        "254676", "287922", "162583", "399871", "520489"};
  for (std::int64_t count = 0; count < 10; ++count) {
    EXPECT_EQ(totp_code(secret, count), codes[count]);
  }
}

TEST(TotpTest, ACodeIsTakenOneStepEarlyOrLateAndOnce) {
  const base::Time now = at(1111111111);
  const std::int64_t step = totp_step(now);
  for (std::int64_t off = -3; off <= 3; ++off) {
    const auto found = totp_match(secret, totp_code(secret, step + off), now, 0);
    EXPECT_EQ(found.has_value(), off >= -1 && off <= 1) << off;
    if (found) {
      EXPECT_EQ(*found, step + off);
    }
  }
  EXPECT_FALSE(totp_match(secret, totp_code(secret, step), now, step)) << "used already";
  EXPECT_FALSE(totp_match(secret, totp_code(secret, step - 1), now, step)) << "older than that";
  EXPECT_TRUE(totp_match(secret, totp_code(secret, step + 1), now, step));
  for (const char* code : {"", "050471 ", "05047", "0050471", "abcdef"}) {
    EXPECT_FALSE(totp_match(secret, code, now, 0)) << code;
  }
}

TEST(TotpTest, WhatAnAppReads) {
  EXPECT_EQ(totp_uri(secret, "mail.example.org", "you+x@example.org"),
            "otpauth://totp/mail.example.org:you%2Bx%40example.org?secret="
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=mail.example.org&algorithm=SHA1&digits=6&"
            "period=30");
}

}  // namespace
}  // namespace io
