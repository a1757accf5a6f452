// Tests of lib/mailauth: tag=value lists (RFC 6376 §3.2).
#include "lib/mailauth/tag_list.h"

#include <gtest/gtest.h>

namespace mailauth {
namespace {

std::string shown(std::string_view text) {
  const auto list = TagList::parse(text);
  if (!list) return "! " + list.error().detail;
  std::string out;
  for (const Tag& tag : list->tags()) {
    out += std::string(tag.name) + "[" + std::string(tag.value) + "]";
  }
  return out;
}

TEST(TagList, Reads) {
  struct Case {
    std::string_view text;
    std::string_view wanted;
  };
  const Case cases[] = {
      {"v=1", "v[1]"},
      {"v=1;", "v[1]"},
      {"v=1; ", "v[1]"},
      {" v = 1 ;\r\n\ta=b c ; ", "v[1]a[b c]"},
      {"a=", "a[]"},
      {"a=;b=", "a[]b[]"},
      {"a=b=c", "a[b=c]"},
      {"a=1\r\n 2", "a[1\r\n 2]"},
      {"a=1\r\n", "a[1]"},
      {"a=1\n\t2", "a[1\n\t2]"},
      {"a_1=\xc3\xa9", "a_1[\xc3\xa9]"},
      {"a=1; A=2", "a[1]A[2]"},
      {"", "! an empty tag"},
      {";", "! an empty tag"},
      {"a=1;;b=2", "! an empty tag"},
      {"a=1;; ", "! an empty tag"},
      {"; a=1", "! an empty tag"},
      {"a", "! \"a\" is no tag"},
      {"=1", "! \"\" is no tag"},
      {"1a=1", "! \"1a\" is no tag"},
      {"a b=1", "! \"a b\" is no tag"},
      {"a\xc3\xa9=1", "! \"a\\xc3\\xa9\" is no tag"},
      {"a=1; a=1", "! a= twice"},
      {"a=1\r\nb", "! the value of a= is malformed"},
      {"a=1\r2", "! the value of a= is malformed"},
      {"a=\x01", "! the value of a= is malformed"},
      {"a=\x7f", "! the value of a= is malformed"},
      {"a=\xff", "! the value of a= is malformed"},
      {std::string_view("a=\0", 3), "! the value of a= is malformed"},
  };
  for (const Case& one : cases) EXPECT_EQ(shown(one.text), one.wanted) << one.text;
}

TEST(TagList, RawIsWhatStandsThere) {
  const std::string_view text = "a=1; b= x\r\n\ty ; c=2";
  const auto list = TagList::parse(text);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->find("b")->raw, " x\r\n\ty ");
  EXPECT_EQ(list->find("b")->raw.data(), text.data() + text.find("b=") + 2);
  EXPECT_EQ(list->value("c"), "2");
  EXPECT_FALSE(list->value("C"));
}

TEST(TagList, IsBounded) {
  std::string many;
  for (int i = 0; i < 65; ++i) many += fmt::format("a{}=1;", i);
  EXPECT_EQ(TagList::parse(many).error().kind, base::ErrorKind::limit);
  EXPECT_EQ(TagList::parse("a=" + std::string(70'000, 'x')).error().kind, base::ErrorKind::limit);
  EXPECT_FALSE(TagList::parse("a=123456", {.list_bytes_max = 7, .tags_max = 9}));
}

TEST(TagList, Values) {
  EXPECT_EQ(without_fws(" a\r\n\t b "), "ab");
  EXPECT_EQ(unbase64_folded("aGF\r\n sbG8="), "hallo");
  EXPECT_EQ(unbase64_folded("aGFsbG8"), "hallo");
  EXPECT_FALSE(unbase64_folded(""));
  EXPECT_FALSE(unbase64_folded(" "));
  EXPECT_FALSE(unbase64_folded("aGF*"));
  EXPECT_FALSE(unbase64_folded("a"));
  EXPECT_TRUE(lists(" y : s", "s"));
  EXPECT_FALSE(lists("ys", "s"));
  EXPECT_EQ(split_folded("a : b::", ':').size(), 4U);
}

}  // namespace
}  // namespace mailauth
