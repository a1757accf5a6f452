// Tests of lib/dns: record data, good and malformed.
#include "lib/dns/rdata.h"

#include <gtest/gtest.h>

namespace dns {
namespace {

using std::string_literals::operator""s;

TEST(Rdata, ReadsEveryType) {
  EXPECT_EQ(read_record(Type::a, "\xc0\x00\x02\x01"s)->address.text(), "192.0.2.1");
  EXPECT_EQ(
      read_record(Type::aaaa, "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01")->address.text(),
      "2001:db8::1");
  const auto mx = read_record(Type::mx, "\x00\x0a\2MX\7Example\3ORG\0"s);
  ASSERT_TRUE(mx);
  EXPECT_EQ(mx->mx.preference, 10);
  EXPECT_EQ(mx->mx.exchange, "mx.example.org");
  EXPECT_EQ(read_record(Type::mx, "\x00\x00\x00"s)->mx.exchange, "");  // the null MX
  EXPECT_EQ(read_record(Type::txt,
                        "\x03"
                        "abc"
                        "\x00\x02"
                        "de"s)
                ->data,
            "abcde");
  EXPECT_EQ(read_record(Type::ptr,
                        "\x01"
                        "a\x01"
                        "b\x00"s)
                ->data,
            "a.b");
  EXPECT_EQ(read_record(Type::srv,
                        "\x00\x01\x00\x02\x02\x4b\x01"
                        "a\x00"s)
                ->data,
            "1 2 587 a");
  const auto tlsa = read_record(Type::tlsa, "\x03\x01\x01\xff\xee"s);
  ASSERT_TRUE(tlsa);
  EXPECT_EQ(tlsa->tlsa.usage, 3);
  EXPECT_EQ(tlsa->tlsa.data, "\xff\xee");
}

TEST(Rdata, OddOctetsCannotPassForDots) {
  EXPECT_EQ(read_record(Type::ptr,
                        "\x03"
                        "a.b\x01"
                        "c\x00"s)
                ->data,
            "a\\046b.c");
  EXPECT_EQ(read_record(Type::ptr, "\x02\x00\xff\x00"s)->data, "\\000\\255");
}

TEST(Rdata, RefusesMalformedData) {
  const struct {
    Type type;
    std::string data;
  } cases[] = {
      {Type::a, "abc"},
      {Type::a, "abcde"},
      {Type::aaaa, "abcd"},
      {Type::mx, "\x00\x0a"s},
      {Type::mx,
       "\x00\x0a\x05"
       "ab\x00"s},  // a label longer than the data
      {Type::mx,
       "\x00\x0a\x01"
       "a\x00rest"s},            // octets left over
      {Type::ptr, "\xc0\x0c"s},  // a compression pointer
      {Type::ptr,
       "\x01"
       "a"s},  // no root
      {Type::ptr, ""},
      {Type::txt, ""},
      {Type::txt,
       "\x05"
       "abc"s},
      {Type::srv, "\x00\x01\x00\x02\x00"s},
      {Type::tlsa, "\x03\x01\x01"s},
  };
  for (const auto& c : cases) {
    EXPECT_FALSE(read_record(c.type, c.data)) << to_string(c.type) << " " << c.data.size();
  }
  std::string endless;
  for (int i = 0; i < 200; ++i)
    endless +=
        "\x01"
        "a"s;
  EXPECT_FALSE(read_record(Type::ptr, endless + '\0'));
}

}  // namespace
}  // namespace dns
