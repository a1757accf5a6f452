// Tests of lib/mailauth: Authentication-Results, written and found.
#include "lib/mailauth/auth_results.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/message/header.h"

namespace mailauth {
namespace {

TEST(AuthResults, WritesWhatWasChecked) {
  EXPECT_EQ(auth_results_field("mx.example.org", {}),
            "Authentication-Results: mx.example.org; none\r\n");
  EXPECT_EQ(
      auth_results_field("mx.example.org",
                         {{.method = "spf",
                           .result = "pass",
                           .reason = {},
                           .properties = {{"smtp.mailfrom", "you@example.net"}}},
                          {.method = "dkim",
                           .result = "fail",
                           .reason = "the body hash \"differs\"",
                           .properties = {{"header.d", "example.net"}, {"header.s", "s 1"}}}}),
      "Authentication-Results: mx.example.org;\r\n"
      "\tspf=pass smtp.mailfrom=you@example.net;\r\n"
      "\tdkim=fail reason=\"the body hash \\\"differs\\\"\" header.d=example.net\r\n"
      "\theader.s=\"s 1\"\r\n");
}

TEST(AuthResults, NothingBreaksOut) {
  const char* const hostile[] = {"a\r\nSubject: x",
                                 "x; dkim=pass",
                                 "a\"b; dmarc=pass \"",
                                 "(comment",
                                 "x\\",
                                 "\xc3\xbc\x01\x7f",
                                 "evil.example (\r\n x)",
                                 "",
                                 "a@b@c; spf=pass"};
  for (const char* value : hostile) {
    const std::string field =
        auth_results_field("mx.example.org", {{.method = "spf",
                                               .result = "fail",
                                               .reason = value,
                                               .properties = {{"smtp.helo", value}}}});
    // One field, one result: take the quoted parts away, and one semicolon is left.
    std::string bare;
    bool inside = false;
    for (std::size_t i = 0; i < field.size(); ++i) {
      if (field[i] == '\\' && inside) {
        ++i;
      } else if (field[i] == '"') {
        inside = !inside;
      } else if (!inside) {
        bare += field[i];
      }
    }
    EXPECT_FALSE(inside) << field;
    EXPECT_EQ(std::ranges::count(bare, ';'), 1) << field;
    EXPECT_EQ(std::ranges::count(bare, '('), 0) << field;
    EXPECT_EQ(message::read_header(field).size(), 1U) << field;
    for (const std::string_view line : base::split(field, '\n')) EXPECT_LE(line.size(), 700U);
  }
}

TEST(AuthResults, FindsForgedOnesInAnyForm) {
  const struct {
    const char* field;
    bool cut;
  } cases[] = {
      {"Authentication-Results: mx.example.org; spf=pass\r\n", true},
      {"AUTHENTICATION-results: MX.Example.ORG 1; spf=pass\r\n", true},
      {"Authentication-Results : mx.example.org; spf=pass\r\n", true},
      {"Authentication-Results: (a (nested) comment) mx.example.org;\r\n spf=pass\r\n", true},
      {"Authentication-Results:\r\n\t\"mx.example.org\"; spf=pass\r\n", true},
      {"Authentication-Results: \"mx.\\example.org\"; spf=pass\r\n", true},
      {"Authentication-Results: (never ends mx.example.org; spf=pass\r\n", true},
      {"Authentication-Results: ; mx.example.org spf=pass\r\n", true},
      {"Authentication-Results: mx.example.org\r\n", true},
      {"Authentication-Results: mx.example.org.; spf=pass\r\n", true},
      {"Authentication-Results: \"mx\".example.org; spf=pass\r\n", true},
      {"Authentication-Results: mx(.x).example.org; spf=pass\r\n", true},
      {"Authentication-Results: mx.\r\n example.org; spf=pass\r\n", true},
      {"Authentication-Results: m\\x.example.org; spf=pass\r\n", true},
      {"Authentication-Results: x@mx.example.org; spf=pass\r\n", true},
      {"Authentication-Results: \xef\xbd\x8dx.example.org; spf=pass\r\n", true},
      {"Authentication-Results: mx\xe3\x80\x82"
       "example.org; spf=pass\r\n",
       true},
      {"Authentication-Results\x0b: mx.example.org; spf=pass\r\n", true},
      {"Authentication-Results\xa0: mx.example.org; spf=pass\r\n", true},
      {"Authentication-Results\r\n : mx.example.org; spf=pass\r\n", true},
      {"Authentication-Results: other.example (mx.example.org); spf=pass\r\n", false},
      {"Authentication-Results: not-mx.example.org; spf=pass\r\n", false},
      {"Authentication-Results: mx.example.org.evil; spf=pass\r\n", false},
      {"Authentication-Results: other.example; x=mx.example.org\r\n", false},
      {"X-Authentication-Results: mx.example.org; spf=pass\r\n", false},
  };
  for (const auto& one : cases) {
    const std::string header = std::string("From: a@b\r\n") + one.field + "Subject: x\r\n\r\n";
    const auto cuts = cut_forged_results(header, "mx.example.org");
    ASSERT_EQ(cuts.size(), one.cut ? 1U : 0U) << one.field;
    if (!one.cut) continue;
    EXPECT_EQ(header.substr(cuts[0].offset, cuts[0].length), one.field);
  }
}

}  // namespace
}  // namespace mailauth
