// Tests of reading header fields, whole and streaming.
#include "lib/message/header.h"

#include <gtest/gtest.h>

#include <string>

namespace message {
namespace {

constexpr std::string_view sample =
    "Received: from a\r\n\tby b\r\nRECEIVED : from c\r\nDelivered-To: x@y\r\n"
    "Subject: =?utf-8?q?x?=\r\n  second line \r\nno field at all\r\nEmpty:\r\n\r\nReceived: "
    "body\r\n";

TEST(Header, FieldsAreViewsOfTheMessage) {
  std::size_t body = 0;
  const auto fields = read_header(sample, body);
  ASSERT_EQ(fields.size(), 6U);
  EXPECT_EQ(sample.substr(body), "Received: body\r\n");
  EXPECT_EQ(fields[0].name, "Received");
  EXPECT_EQ(fields[0].value, " from a\r\n\tby b");
  EXPECT_EQ(fields[0].whole, "Received: from a\r\n\tby b\r\n");
  EXPECT_EQ(fields[1].name, "RECEIVED");
  EXPECT_EQ(fields[1].value, " from c");
  EXPECT_EQ(fields[4].name, "");
  EXPECT_EQ(fields[4].value, "no field at all");
  EXPECT_EQ(fields[5].value, "");
  EXPECT_EQ(unfold(find_field(fields, "subject")->value), "=?utf-8?q?x?=  second line");
  EXPECT_EQ(find_field(fields, "From"), nullptr);
  EXPECT_EQ(count_fields(sample, "received"), 2U);
}

TEST(Header, OddMessages) {
  struct Case {
    std::string_view text;
    std::size_t fields;
    std::size_t body;
  };
  constexpr Case cases[] = {
      {"", 0, 0},
      {"\r\n", 0, 2},
      {"\r\nA: b\r\n", 0, 2},
      {"A: b", 1, 4},
      {"A: b\r\n", 1, 6},
      {"A: b\n\nbody", 1, 6},  // LF alone, as in files
      {" A: b\r\nB: c\r\n\r\n", 2, 15},
      {"A: b\r\n \r\nc: d\r\n\r\n", 2, 17},  // a fold of spaces only does not end the header
      {":x\r\n\r\n", 1, 6},
      {"A b: c\r\n\r\n", 1, 10},
  };
  for (const Case& c : cases) {
    std::size_t body = 99;
    EXPECT_EQ(read_header(c.text, body).size(), c.fields) << c.text;
    EXPECT_EQ(body, c.body) << c.text;
  }
}

TEST(Header, Limits) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "A: b\r\n";
  text += "\r\nbody";
  std::size_t body = 0;
  EXPECT_EQ(read_header(text, body, {.fields_max = 10}).size(), 10U);
  EXPECT_EQ(body, 60U);
  EXPECT_EQ(read_header(text, body, {.header_bytes_max = 20}).size(), 3U);
  EXPECT_EQ(body, 18U);
  EXPECT_EQ(read_header(text, body).size(), 100U);
}

TEST(HeaderScanner, AgreesWithReadHeaderAtAnySplit) {
  for (std::size_t split = 0; split <= sample.size(); ++split) {
    HeaderScanner scanner;
    scanner.feed(sample.substr(0, split));
    scanner.feed(sample.substr(split));
    std::size_t body = 0;
    (void)read_header(sample, body);
    ASSERT_TRUE(scanner.header_ended()) << split;
    EXPECT_EQ(scanner.body_offset(), body) << split;
    EXPECT_EQ(scanner.header(), sample.substr(0, body - 2)) << split;
    EXPECT_EQ(scanner.size(), sample.size());
    EXPECT_EQ(scanner.received_count(), 2U) << split;
    EXPECT_EQ(scanner.delivered_to_count(), 1U) << split;
    EXPECT_FALSE(scanner.eight_bit() || scanner.header_too_large());
  }
}

TEST(HeaderScanner, NoticesEightBit) {
  HeaderScanner scanner;
  scanner.feed("A: b\r\n\r\n" + std::string(500, 'x'));
  EXPECT_FALSE(scanner.eight_bit());
  scanner.feed(std::string(600, 'x') + "\r\n\xc3\xa4\r\n");
  EXPECT_TRUE(scanner.eight_bit_body());
  EXPECT_FALSE(scanner.eight_bit_header());
  HeaderScanner other;
  other.feed("A: \xff");
  EXPECT_TRUE(other.eight_bit_header());
  EXPECT_FALSE(other.header_ended());
}

TEST(HeaderScanner, TooLargeAHeaderIsCutAndSaid) {
  HeaderScanner scanner({.header_bytes_max = 12});
  scanner.feed("A: b\r\nC: d\r\n");
  EXPECT_FALSE(scanner.header_too_large());
  scanner.feed("Received: x\r\n");
  EXPECT_TRUE(scanner.header_too_large());
  scanner.feed("\r\nbody");
  EXPECT_TRUE(scanner.header_ended());
  EXPECT_EQ(scanner.header(), "A: b\r\nC: d\r\n");
  EXPECT_EQ(scanner.body_offset(), 27U);
  HeaderScanner exact({.header_bytes_max = 6});
  exact.feed("A: b\r\n\r\nbody");
  EXPECT_FALSE(exact.header_too_large());
  EXPECT_EQ(exact.header(), "A: b\r\n");
}

}  // namespace
}  // namespace message
