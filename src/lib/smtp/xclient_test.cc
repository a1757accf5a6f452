// Tests of xclient.h.
#include "lib/smtp/xclient.h"

#include <gtest/gtest.h>

namespace smtp {
namespace {

const std::vector<std::string> all = {"NAME", "ADDR",  "PORT",     "PROTO",
                                      "HELO", "LOGIN", "DESTADDR", "DESTPORT"};

TEST(Xclient, ReadsEveryAttribute) {
  const auto got = parse_xclient(
      "NAME=mail.example ADDR=192.0.2.1 PORT=4711 PROTO=ESMTP HELO=h+2Bx LOGIN=a+40b.test "
      "DESTADDR=IPV6:2001:db8::1 destport=25",
      all);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->name, "mail.example");
  EXPECT_EQ(got->address, "192.0.2.1");
  EXPECT_EQ(got->port, 4711);
  EXPECT_EQ(got->esmtp, true);
  EXPECT_EQ(got->helo, "h+x");
  EXPECT_EQ(got->login, "a@b.test");
  EXPECT_EQ(got->destination_address, "2001:db8::1");
  EXPECT_EQ(got->destination_port, 25);
}

TEST(Xclient, WhatIsUnavailableIsEmptyAndWhatIsNotGivenIsNot) {
  const auto got = parse_xclient(
      "NAME=[TEMPUNAVAIL] ADDR=[UNAVAILABLE] PORT=[UNAVAILABLE] HELO=[unavailable] "
      "LOGIN=[UNAVAILABLE] PROTO=smtp",
      all);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->name, "");
  EXPECT_EQ(got->address, "");
  EXPECT_EQ(got->port, 0);
  EXPECT_EQ(got->helo, "");
  EXPECT_EQ(got->login, "");
  EXPECT_EQ(got->esmtp, false);
  EXPECT_FALSE(got->destination_address);
  EXPECT_FALSE(got->destination_port);
}

TEST(Xclient, RefusesWhatIsMalformedOrNotOffered) {
  for (const std::string_view line :
       {"", "ADDR", "ADDR=", "=192.0.2.1", "ADDR=192.0.2.1 ADDR=192.0.2.2", "PORT=65536", "PORT=-1",
        "PORT=x", "PROTO=LMTP", "PROTO=[UNAVAILABLE]", "HELO=a+0D+0Ab", "HELO=a+20b", "NAME=a+00",
        "HELO=a+C3+B6", "NAME=a+2", "NAME=a+zz", "COLOUR=red", "ADDR =192.0.2.1"}) {
    const auto got = parse_xclient(line, all);
    ASSERT_FALSE(got) << line;
    EXPECT_EQ(got.error().code, 501) << line;
  }
  EXPECT_EQ(parse_xclient("LOGIN=j+C3+B6rg@home.test", all)->login, "j\xc3\xb6rg@home.test");
  EXPECT_FALSE(parse_xclient("HELO=" + std::string(300, 'a'), all));
  EXPECT_FALSE(parse_xclient("LOGIN=you@home.test", {"NAME", "ADDR"}));
}

}  // namespace
}  // namespace smtp
