// Tests of address_list.h: what is an address in a field, and what is refused.
#include "lib/message/address_list.h"

#include <gtest/gtest.h>

namespace message {
namespace {

std::string addresses(std::string_view value, std::string_view domain = {}) {
  const auto list = parse_address_list(value, domain);
  if (!list) return "?";
  std::string out;
  for (const Address& address : list->addresses) {
    if (!out.empty()) out += ' ';
    out += address.text();
  }
  return out;
}

TEST(AddressList, Addresses) {
  struct Case {
    std::string_view value;
    std::string_view addresses;
  };
  for (const auto& [value, expected] : {
           Case{" a@x.test", "a@x.test"},
           Case{"A B <a@x.test>", "a@x.test"},
           Case{"\"B, A\" <a@x.test>, c@y.test", "a@x.test c@y.test"},
           Case{"J. R. \"Q\" Public <a@x.test>", "a@x.test"},
           Case{"=?utf-8?q?J=C3=B6rg?= <a@x.test>", "a@x.test"},
           Case{"\"boss@x.test\" <a@x.test>", "a@x.test"},
           Case{"a@x.test (boss@x.test)", "a@x.test"},
           Case{"(c (d) \\) ) a (e) . (f) b @ (g) x (h) . test", "a.b@x.test"},
           Case{"<@h.test,@i.test:a@x.test>", "a@x.test"},
           Case{"\"a b\"@x.test", "\"a b\"@x.test"},
           Case{"\"a\\\"b\"@x.test", "\"a\\\"b\"@x.test"},
           Case{"\"a\".b@x.test", "a.b@x.test"},
           Case{"a@[192.0.2.1]", "a@[192.0.2.1]"},
           Case{"A\r\n B\r\n <a@x.test>", "a@x.test"},
           Case{"a@x.test,,\r\n\t,b@x.test,", "a@x.test b@x.test"},
           Case{"team: a@x.test, B <b@x.test>;", "a@x.test b@x.test"},
           Case{"undisclosed:;", ""},
           Case{"g:a@x.test;, c@x.test", "a@x.test c@x.test"},
           Case{"", ""},
           Case{"<a@x.test>", "a@x.test"},
           Case{"J\xC3\xB6rg <a@x.test>", "a@x.test"},
       }) {
    EXPECT_EQ(addresses(value), expected) << value;
  }
}

TEST(AddressList, NamesCommentsRoutes) {
  struct Case {
    std::string_view value;
    std::string_view names;
    std::string_view comments;
    bool route = false;
  };
  for (const auto& [value, names, comments, route] : {
           Case{"A  B <a@x.test>, c@x.test, \"D, E\" <d@x.test>", "A B||D, E", ""},
           Case{"J. R.Q <a@x.test>", "J. R.Q", ""},
           Case{"g: A <a@x.test>, <b@x.test>;", "A|", ""},
           Case{"a@x.test (the (big) \\) boss)", "", "the (big) ) boss"},
           Case{"(one) A (two)\r\n <a@x.test>(\r\n three)", "A", "one|two| three"},
           Case{"<@h.test:a@x.test>", "", "", true},
       }) {
    const auto list = parse_address_list(value);
    ASSERT_TRUE(list) << value;
    ASSERT_EQ(list->names.size(), list->addresses.size()) << value;
    const auto join = [](const std::vector<std::string>& parts) {
      std::string out;
      for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? "|" : "") + parts[i];
      return out;
    };
    EXPECT_EQ(join(list->names), names) << value;
    EXPECT_EQ(join(list->comments), comments) << value;
    EXPECT_EQ(list->route, route) << value;
  }
}

TEST(AddressList, Refused) {
  for (const std::string_view value : {
           std::string_view("a"),
           std::string_view("A B"),
           std::string_view("@x.test"),
           std::string_view("a@"),
           std::string_view("a@x.test b@x.test"),
           std::string_view("boss@x.test <a@x.test>"),
           std::string_view("<boss@x.test> <a@x.test>"),
           std::string_view("<a@x.test> boss@x.test"),
           std::string_view("A <a@x.test"),
           std::string_view("A <a>"),
           std::string_view("A <>"),
           std::string_view("a@x.test>"),
           std::string_view("\"A <a@x.test>"),
           std::string_view("(A <a@x.test>"),
           std::string_view("A) <a@x.test>"),
           std::string_view("a b@x.test"),
           std::string_view(".a@x.test"),
           std::string_view("a.@x.test"),
           std::string_view("a..b@x.test"),
           std::string_view("a@x..test"),
           std::string_view("a@b@x.test"),
           std::string_view("\"\"@x.test"),
           std::string_view("<a@b@x.test>"),
           std::string_view("a@[192.0.2.1"),
           std::string_view("a@[x]"),
           std::string_view("g: h: a@x.test;;"),
           std::string_view("g: a@x.test"),
           std::string_view("a@x.test;"),
           std::string_view(": a@x.test"),
           std::string_view("a\0@x.test", 9),
           std::string_view("A\0 <a@x.test>", 13),
           std::string_view("\"A\0\" <a@x.test>", 15),
           std::string_view("a@x.test \x01"),
           std::string_view("\\a@x.test"),
           std::string_view("\"a\\"),
           std::string_view("(a\\"),
       }) {
    EXPECT_EQ(addresses(value), "?") << value;
  }
  EXPECT_EQ(addresses(std::string(100, '(') + std::string(100, ')') + "a@x.test"), "?");
  std::string many;
  for (std::size_t i = 0; i <= addresses_max; ++i) many += "a@x.test,";
  EXPECT_EQ(addresses(many), "?");
}

TEST(AddressList, SaysWhatIsWrong) {
  const auto list = parse_address_list("Boss boss@x.test <a@x.test>");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().detail,
            "an @ stands where a name should near \"Boss boss@x.test <a@x.test>\"");
}

TEST(AddressList, ALocalPartAloneGetsTheDomain) {
  EXPECT_EQ(addresses("bob, A <al.x>, c@y.test", "x.test"), "bob@x.test al.x@x.test c@y.test");
  EXPECT_EQ(addresses("\"b\"", "x.test"), "b@x.test");
  EXPECT_EQ(addresses("A B", "x.test"), "?");
  EXPECT_EQ(addresses("A <b c>", "x.test"), "?");
  EXPECT_EQ(addresses("A <>", "x.test"), "?");
}

}  // namespace
}  // namespace message
