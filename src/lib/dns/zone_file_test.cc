// Tests of lib/dns/zone_file.h: zone-file text as people and programs write it.
#include "lib/dns/zone_file.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_reader.h"

namespace dns {
namespace {

std::unique_ptr<ZoneFile> zone_of(std::string_view text) {
  auto zone = ZoneFile::parse(text);
  EXPECT_TRUE(zone.has_value()) << (zone ? "" : zone.error().detail);
  return zone ? std::move(*zone) : ZoneFile::parse("").value();
}

std::string shown(const Answer& answer) {
  if (answer.status != Status::ok) return std::string(to_string(answer.status));
  std::string out;
  for (const Record& record : answer.records) {
    if (!out.empty()) out += " | ";
    if (!record.mx.exchange.empty() || record.mx.preference != 0) {
      out += std::to_string(record.mx.preference) + " " + record.mx.exchange;
    } else if (!record.data.empty()) {
      out += record.data;
    } else {
      out += record.address.text();
    }
  }
  return out;
}

struct Case {
  const char* name;
  const char* zone;
  const char* asked;
  Type type;
  const char* answer;
};

class ZoneText : public testing::TestWithParam<Case> {};

TEST_P(ZoneText, IsAnswered) {
  const Case& one = GetParam();
  EXPECT_EQ(shown(zone_of(one.zone)->lookup(one.asked, one.type)), one.answer);
}

constexpr Case cases[] = {
    {"AbsoluteWithoutOrigin", "example.org A 192.0.2.1", "example.org.", Type::a, "192.0.2.1"},
    {"CaseDoesNotCount", "Example.ORG a 192.0.2.1", "eXample.org", Type::a, "192.0.2.1"},
    {"OriginAndAt", "$ORIGIN example.org.\n@ A 192.0.2.1", "example.org", Type::a, "192.0.2.1"},
    {"Relative", "$ORIGIN example.org.\nmail A 192.0.2.1", "mail.example.org", Type::a,
     "192.0.2.1"},
    {"RelativeOrigin", "$ORIGIN org.\n$ORIGIN example\nm A 192.0.2.1", "m.example.org", Type::a,
     "192.0.2.1"},
    {"RelativeTarget", "$ORIGIN example.org.\n@ MX 10 mail", "example.org", Type::mx,
     "10 mail.example.org"},
    {"NullMx", "example.org. MX 1 .", "example.org", Type::mx, "1 "},
    {"OwnerLeftOut", "a.test. A 192.0.2.1\n  A 192.0.2.2", "a.test", Type::a,
     "192.0.2.1 | 192.0.2.2"},
    {"TtlThenClass", "a.test. 300 IN A 192.0.2.1", "a.test", Type::a, "192.0.2.1"},
    {"ClassThenTtl", "a.test. IN 1h30m A 192.0.2.1", "a.test", Type::a, "192.0.2.1"},
    {"Parentheses", "a.test. TXT ( \"one \" ; first\n\n  \"two\" )\nb.test. A 192.0.2.1", "a.test",
     Type::txt, "one two"},
    {"AfterParentheses", "a.test. TXT (\"x\"\n\"y\")\nb.test. A 192.0.2.1", "b.test", Type::a,
     "192.0.2.1"},
    {"Escapes", R"(a.test. TXT "say \"hi\" \092 \\ \; ;x" ; comment)", "a.test", Type::txt,
     R"(say "hi" \ \ ; ;x)"},
    {"BareText", "a.test. TXT v=spf1 -all ; both words joined", "a.test", Type::txt, "v=spf1-all"},
    {"SetsHaveNothingTwice", "a.test. TXT x\na.test. TXT x", "a.test", Type::txt, "x"},
    {"LongText", "a.test. TXT aaaaaaaaaaaaaaaaaaaa", "a.test", Type::txt, "aaaaaaaaaaaaaaaaaaaa"},
    {"CarriageReturns", "a.test. A 192.0.2.1\r\nb.test. A 192.0.2.2\r\n", "b.test", Type::a,
     "192.0.2.2"},
    {"Ipv6", "a.test. AAAA 2001:DB8::1", "a.test", Type::aaaa, "2001:db8::1"},
    {"Srv", "_x._tcp.a.test. SRV 0 1 25 m.a.test.", "_x._tcp.a.test", Type::srv, "0 1 25 m.a.test"},
    {"EscapedDotInAName", "a\\.b.test. A 192.0.2.1", "a\\046b.test", Type::a, "192.0.2.1"},
    {"EscapedDotIsNoDot", "a\\.b.test. A 192.0.2.1", "a.b.test", Type::a, "no such name"},
    {"PassedOver", "a.test. SOA x. y. ( 1 2 3 4 5 )\n CAA 0 issue \"x\"\n TYPE65280 \\# 1 00",
     "a.test", Type::a, "no such record"},
    {"EmptyNonTerminal", "a.b.test. A 192.0.2.1", "b.test", Type::a, "no such record"},
    {"NoName", "a.b.test. A 192.0.2.1", "c.test", Type::a, "no such name"},
    {"NoData", "a.test. A 192.0.2.1", "a.test", Type::mx, "no such record"},
    {"NoNameAtAll", "a.test. A 192.0.2.1", "a..test", Type::a, "no such name"},
    {"Alias", "a.test. CNAME b.test.\nb.test. A 192.0.2.1", "a.test", Type::a, "192.0.2.1"},
    {"AliasItself", "a.test. CNAME b.test.", "a.test", Type::cname, "b.test"},
    {"AliasToNothing", "a.test. CNAME b.test.", "a.test", Type::a, "no such name"},
    {"AliasInACircle", "a.test. CNAME b.test.\nb.test. CNAME a.test.", "a.test", Type::a,
     "trouble"},
    // RFC 4592 §2.2.1.
    {"Wildcard", "*.test. MX 10 m.test.", "anything.test", Type::mx, "10 m.test"},
    {"WildcardOfSeveralLabels", "*.test. MX 10 m.test.", "x.y.test", Type::mx, "10 m.test"},
    {"WildcardWithoutThisType", "*.test. MX 10 m.test.", "x.test", Type::a, "no such record"},
    {"WildcardNotForNamesThatExist", "*.test. TXT w\nh.test. A 192.0.2.1", "h.test", Type::txt,
     "no such record"},
    {"WildcardNotForEmptyNonTerminals", "*.test. TXT w\n_t.h.test. A 192.0.2.1", "h.test",
     Type::txt, "no such record"},
    {"WildcardNotBelowNamesThatExist", "*.test. TXT w\nh.test. A 192.0.2.1", "x.h.test", Type::txt,
     "no such name"},
    {"WildcardItself", "*.test. TXT w", "*.test", Type::txt, "w"},
    {"WildcardNotForItsOwner", "*.test. TXT w", "test", Type::txt, "no such record"},
    {"WildcardAlias", "*.test. CNAME m.example.\nm.example. A 192.0.2.1", "x.test", Type::a,
     "192.0.2.1"},
    {"Servfail", "; !servfail a.test\na.test. A 192.0.2.1", "a.test", Type::a, "trouble"},
    {"ServfailAfterwards", "a.test. A 192.0.2.1\nb.test. A 192.0.2.2\n;!SERVFAIL A.test.", "a.test",
     Type::a, "trouble"},
    {"TimeoutOfAnAlias", "a.test. CNAME b.test.\n; !timeout b.test", "a.test", Type::a, "trouble"},
    {"TimeoutOfOneType", "; !timeout a.test MX\na.test. A 192.0.2.1", "a.test", Type::a,
     "192.0.2.1"},
    {"TimeoutOfThatType", "; !timeout a.test MX\na.test. A 192.0.2.1", "a.test", Type::mx,
     "trouble"},
    {"RightAfterItsRecords", "a.test. TXT x\n; !timeout a.test", "a.test", Type::txt, "x"},
    {"RightAfterItsRecordsOthers", "a.test. TXT x\n; !timeout a.test", "a.test", Type::a,
     "trouble"},
    {"FaultRelativeToTheOrigin", "$ORIGIN test.\n; !servfail a", "a.test", Type::a, "trouble"},
    {"FaultWrittenOut", "$ORIGIN test.\n; !servfail a.test", "a.test", Type::a, "trouble"},
    {"OtherComments", "; !important: edit by hand\na.test. A 192.0.2.1", "a.test", Type::a,
     "192.0.2.1"},
};

INSTANTIATE_TEST_SUITE_P(Zones, ZoneText, testing::ValuesIn(cases),
                         [](const auto& info) { return std::string(info.param.name); });

struct Mistake {
  const char* zone;
  const char* said;
};

TEST(ZoneFile, MistakesAreNamedWithLineAndRemedy) {
  const Mistake mistakes[] = {
      {"\na.test. A 192.0.2", "line 2: "},
      {"a.test. AAAA 192.0.2.1", "no address of type AAAA"},
      {"a.test. TXT \"open", "close it with \""},
      {"a.test. TXT \"\\999\"", "an escape that is none"},
      {"a.test. TXT ( \"x\"\n", "line 1: \"(\" is never closed"},
      {"a.test. TXT )", "closes nothing"},
      {"a.test. TXTT x", "\"TXTT\" is no record type"},
      {"a.test. 300 IN", "the record has no type"},
      {"a.test. MX m.test.", "a number and a name"},
      {"a.test. MX 70000 m.test.", "65535"},
      {"a.test. CH TXT x", "only class IN"},
      {" A 192.0.2.1", "a record without a name"},
      {"a..test. A 192.0.2.1", "no domain name"},
      {"$INCLUDE other.zone", "is not followed"},
      {"$TTL soon", "$TTL wants"},
      {"; !servfail", "wants a name"},
      {"; !timeout a.test WHAT", "no record type"},
      {"_25._tcp.a.test. TLSA 3 1 1 xyz", "hex digits"},
  };
  for (const Mistake& one : mistakes) {
    const auto zone = ZoneFile::parse(one.zone);
    ASSERT_FALSE(zone.has_value()) << one.zone;
    EXPECT_NE(zone.error().detail.find(one.said), std::string::npos) << zone.error().detail;
    EXPECT_TRUE(zone.error().detail.starts_with("line ")) << zone.error().detail;
  }
}

TEST(ZoneFile, WhatCanBeReadIsReadWhenItIsWanted) {
  std::vector<std::string> mistakes;
  const auto zone =
      ZoneFile::parse_what_can_be_read("a.test. A x\nb.test. A 192.0.2.1\nc d TXT z", mistakes);
  ASSERT_TRUE(zone.has_value());
  EXPECT_EQ(mistakes.size(), 2U);
  EXPECT_EQ((*zone)->lookup("b.test", Type::a).status, Status::ok);
  EXPECT_FALSE(ZoneFile::parse_what_can_be_read("a.test. TXT \"x", mistakes));
}

TEST(ZoneFile, LimitsHold) {
  EXPECT_FALSE(ZoneFile::parse("a.test. A 192.0.2.1", {.text_bytes_max = 5, .records_max = 5}));
  EXPECT_FALSE(ZoneFile::parse("a.test. A 192.0.2.1\nb.test. A 192.0.2.1",
                               {.text_bytes_max = 500, .records_max = 1}));
  const std::string long_label(64, 'a');
  EXPECT_FALSE(zone_name_key(long_label + ".test"));
  EXPECT_TRUE(zone_name_key(long_label.substr(1) + ".test"));
}

TEST(ZoneFile, TtlIsTheShortestOnTheWay) {
  const auto zone = zone_of("$TTL 1d\na.test. 600 CNAME b.test.\nb.test. A 192.0.2.1");
  EXPECT_EQ(zone->lookup("a.test", Type::a).ttl_seconds, 600U);
  EXPECT_EQ(zone->lookup("b.test", Type::a).ttl_seconds, 86'400U);
  EXPECT_EQ(zone->lookup("a.test", Type::a).canonical_name, "b.test");
}

TEST(ZoneFile, TroubleSaysWhy) {
  const auto zone = zone_of("; !timeout a.test\n; !servfail b.test");
  EXPECT_EQ(zone->lookup("a.test", Type::a).why, "timed out");
  EXPECT_EQ(zone->lookup("b.test", Type::a).why, "SERVFAIL");
}

}  // namespace
}  // namespace dns
