// Tests of lib/smtp/utf8_address.h.
#include "lib/smtp/utf8_address.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace smtp {
namespace {

TEST(Utf8Address, BothFormsThereAndBack) {
  struct Row {
    std::string_view text;
    std::string_view xtext;
    std::string_view unitext;
  };
  const std::vector<Row> rows = {
      {"bob@example.net", "bob@example.net", "bob@example.net"},
      {"a+b=c@x.test", "a\\x{2B}b\\x{3D}c@x.test", "a\\x{2B}b\\x{3D}c@x.test"},
      {"\"a b\\\"\"@x.test", "\"a\\x{20}b\\x{5C}\"\"@x.test", "\"a\\x{20}b\\x{5C}\"\"@x.test"},
      {"j\xc3\xb6rg@x.test", "j\\x{F6}rg@x.test", "j\xc3\xb6rg@x.test"},
      {"\xe4\xb8\xad@x.test", "\\x{4E2D}@x.test", "\xe4\xb8\xad@x.test"},
      {"\xf0\x9f\x93\xae@x.test", "\\x{1F4EE}@x.test", "\xf0\x9f\x93\xae@x.test"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(utf8_address(row.text, Utf8Form::xtext), row.xtext);
    EXPECT_EQ(utf8_address(row.text, Utf8Form::unitext), row.unitext);
    EXPECT_EQ(parse_utf8_address(row.xtext, Utf8Form::xtext), row.text);
    EXPECT_EQ(parse_utf8_address(row.xtext, Utf8Form::unitext), row.text);
    EXPECT_EQ(parse_utf8_address(row.unitext, Utf8Form::unitext), row.text);
  }
}

TEST(Utf8Address, WhatIsNone) {
  for (const std::string_view text :
       {"a b", "a+b", "a=b", "a\\b", "\\x{", "\\x{}", "\\x{F6", "\\x{0F6}", "\\x{61}", "\\x{0A}",
        "\\x{7F}", "\\x{D800}", "\\x{110000}", "\\x{1234567}", "\\x{G1}", "\\x{-1}", "a\x01z",
        "a\xff", "a\x7f"}) {
    EXPECT_FALSE(parse_utf8_address(text, Utf8Form::unitext)) << text;
  }
  EXPECT_FALSE(parse_utf8_address("j\xc3\xb6rg", Utf8Form::xtext));
}

}  // namespace
}  // namespace smtp
