// Tests of record_text.h: what is written reads back, as text and as octets.
#include "lib/dns/record_text.h"

#include <gtest/gtest.h>

#include "lib/dns/rdata.h"

namespace dns {
namespace {

Record text_record(std::string text) {
  Record record;
  record.data = std::move(text);
  return record;
}

void round_trip(Type type, const Record& record, const std::string& text) {
  EXPECT_EQ(data_text(type, record), text);
  std::string octets;
  ASSERT_TRUE(put_data(octets, type, record)) << text;
  const auto back = read_record(type, octets);
  ASSERT_TRUE(back) << text;
  EXPECT_EQ(data_text(type, *back), text);
}

TEST(RecordText, EveryTypeGoesThereAndBack) {
  Record address;
  address.address = *io::IpAddress::parse("192.0.2.1");
  round_trip(Type::a, address, "192.0.2.1");
  address.address = *io::IpAddress::parse("2001:db8::1");
  round_trip(Type::aaaa, address, "2001:db8::1");
  Record mx;
  mx.mx = {.preference = 10, .exchange = "mail.example.org"};
  round_trip(Type::mx, mx, "10 mail.example.org.");
  Record tlsa;
  tlsa.tlsa = {.usage = 3, .selector = 1, .matching = 1, .data = std::string("\x00\xff", 2)};
  round_trip(Type::tlsa, tlsa, "3 1 1 00ff");
  round_trip(Type::cname, text_record("mail.example.org"), "mail.example.org.");
  round_trip(Type::srv, text_record("0 1 465 mail.example.org"), "0 1 465 mail.example.org.");
  round_trip(Type::srv, text_record("0 0 0 ."), "0 0 0 .");
  round_trip(Type::txt, text_record("v=spf1 mx -all"), "\"v=spf1 mx -all\"");
  round_trip(Type::txt, text_record("a \"b\" \\ \x01"), "\"a \\\"b\\\" \\\\ \\001\"");
  round_trip(Type::txt, text_record(""), "\"\"");
  round_trip(Type::txt, text_record(std::string(300, 'x')),
             "\"" + std::string(255, 'x') + "\" \"" + std::string(45, 'x') + "\"");
}

TEST(RecordText, WhatIsNoRecordIsNotWritten) {
  std::string out;
  Record v6;
  v6.address = *io::IpAddress::parse("2001:db8::1");
  EXPECT_FALSE(put_data(out, Type::a, v6));
  EXPECT_FALSE(put_data(out, Type::srv, text_record("0 1 70000 a.test")));
  EXPECT_FALSE(put_data(out, Type::srv, text_record("0 1")));
  EXPECT_FALSE(put_data(out, Type::cname, text_record("a..test")));
  EXPECT_FALSE(put_data(out, Type::cname, text_record(std::string(64, 'x') + ".test")));
}

TEST(RecordText, ZoneLine) {
  EXPECT_EQ(zone_line("_dmarc.example.org", Type::txt, text_record("v=DMARC1; p=none")),
            "_dmarc.example.org. 3600 IN TXT \"v=DMARC1; p=none\"");
}

}  // namespace
}  // namespace dns
