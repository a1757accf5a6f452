// Tests of shown_text.h: what people see of an encoded word.
#include "lib/message/shown_text.h"

#include <gtest/gtest.h>

namespace message {
namespace {

using namespace std::string_literals;

TEST(ShownText, Decoded) {
  struct Case {
    std::string text;
    std::string shown;
  };
  for (const auto& [text, shown] : {
           Case{"plain", "plain"},
           Case{"", ""},
           Case{"=?utf-8?B?QmFuaw==?=", "Bank"},
           Case{"=?UTF-8?b?QmFuaw?= Ltd", "Bank Ltd"},
           Case{"=?utf-8?Q?J=C3=B6rg_S?=", "J\xC3\xB6rg S"},
           Case{"=?iso-8859-1?q?J=F6rg?=", "J\xC3\xB6rg"},
           Case{"=?utf-8*en?q?a=40b?=", "a@b"},
           // §6.2: white space between two of them is none; between one and text it stays.
           Case{"=?us-ascii?q?a?=  =?us-ascii?q?b?=", "ab"},
           Case{"=?us-ascii?q?a?=\r\n =?us-ascii?q?b?= c =?us-ascii?q?d?=", "ab c d"},
           Case{"=?us-ascii?q?a?==?us-ascii?q?b?=", "ab"},
           // Of what we cannot read what is ASCII stays: an address shows.
           Case{"=?gb2312?q?=B9a=40b.test?=", "?a@b.test"},
           Case{"=?utf-8?b?AGE=?=", "\0a"s},
           // Not well formed.
           Case{"=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
           Case{"=?utf-8?q?abc", "=?utf-8?q?abc"},
           Case{"=??q?abc?=", "=??q?abc?="},
           Case{"=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="},
           Case{"=?=?=?utf-8?q?a?=", "=?=?a"},
       }) {
    EXPECT_EQ(shown_text(text), shown) << text;
  }
  EXPECT_TRUE(has_encoded_word("x=?utf-8?q?a?=@y.test"));
  EXPECT_FALSE(has_encoded_word("x=?y@z.test"));
}

TEST(ShownText, AreBounded) {
  std::string many;
  for (std::size_t i = 0; i <= encoded_words_max; ++i) many += "=?us-ascii?q?a?=";
  EXPECT_EQ(shown_text(many), std::string(encoded_words_max, 'a') + "=?us-ascii?q?a?=");
}

}  // namespace
}  // namespace message
