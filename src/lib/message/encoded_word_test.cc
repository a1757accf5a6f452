// Tests of encoded_word.h and look_alike.h.
#include <gtest/gtest.h>

#include "lib/message/encoded_word.h"
#include "lib/message/look_alike.h"

namespace message {
namespace {

TEST(EncodedWord, IsReadAsPeopleSeeIt) {
  struct Case {
    std::string_view text;
    std::string_view read;
  };
  for (const Case& one : {
           Case{"Jane Doe", "Jane Doe"},
           Case{"=?utf-8?q?J=C3=BCrgen?=", "J\xC3\xBCrgen"},
           Case{"=?UTF-8?B?SsO8cmdlbg==?=", "J\xC3\xBCrgen"},
           Case{"=?UTF-8?B?SsO8cmdlbg?=", "J\xC3\xBCrgen"},
           Case{"=?iso-8859-1?Q?J=FCrgen_M=FCller?= <x@y>", "J\xC3\xBCrgen M\xC3\xBCller <x@y>"},
           Case{"=?iso-8859-15?Q?=A4?=", "\xE2\x82\xAC"},
           Case{"=?windows-1252?Q?=80=81?=", "\xE2\x82\xAC\xEF\xBF\xBD"},
           Case{"=?utf-8*en?q?a?=", "a"},
           // RFC 2047 §8
           Case{"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
           Case{"=?ISO-8859-1?Q?a?= \r\n =?ISO-8859-1?Q?b?=", "ab"},
           Case{"=?ISO-8859-1?Q?a?= b", "a b"},
           Case{"=?ISO-8859-1?Q?a_b?=", "a b"},
           Case{"=?ISO-8859-1?Q?a?= =?utf-8?Q?_b?=", "a b"},
           // One character in two words.
           Case{"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "\xC3\xBC"},
           Case{"=?utf-8?q?=FF?=", "\xEF\xBF\xBD"},
           // Not encoded words.
           Case{"=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
           Case{"=?utf-8?q?=zz?=", "=?utf-8?q?=zz?="},
           Case{"=?koi8-r?q?abc?=", "=?koi8-r?q?abc?="},
           Case{"=?utf-8?q?abc", "=?utf-8?q?abc"},
           Case{"=?", "=?"},
           Case{"=?"
                "?=",
                "=?"
                "?="},  // apart, for it is a trigraph
           Case{"", ""},
           // Nothing gets out of its line.
           Case{"=?utf-8?q?a=0D=0AX:_b=00c?=", "aX: b c"},
       }) {
    EXPECT_EQ(decode_words(one.text), one.read) << one.text;
  }
}

TEST(EncodedWord, LongTextIsCut) {
  EXPECT_EQ(decode_words(std::string(100'000, 'x')).size(), encoded_text_bytes_max);
}

TEST(LookAlike, SkeletonsAreWhatIsSeen) {
  struct Case {
    std::string_view text;
    std::string_view seen;
  };
  for (const Case& one : {
           Case{"PayPal", "paypal"},
           Case{"\u0440\u0430\u0443\u0440\u0430l", "paypal"},  // Cyrillic
           Case{"\u0420\u0410\u0423\u0420\u0410L", "paypal"},
           Case{"g\u03BF\u03BFgle", "google"},  // Greek omicron
           Case{"\u0585ffice", "office"},       // Armenian
           Case{"m\u00FCnchen", "munchen"},
           Case{"mu\u0308nchen", "munchen"},   // a combining mark
           Case{"pay\u200Bpal", "paypal"},     // zero width space
           Case{"\uFF30aypal", "paypal"},      // full width
           Case{"\U0001D5C9aypal", "paypal"},  // mathematical
           Case{"stra\u00DFe", "strasse"},
           Case{"\u4E2D\u6587", "\u4E2D\u6587"},
           Case{"a\xFF", "a\uFFFD"},
       }) {
    EXPECT_EQ(skeleton(one.text), one.seen) << one.text;
  }
  EXPECT_EQ(swap_twins("examp1e"), "example");
  EXPECT_EQ(swap_twins("g00gle"), "google");
  EXPECT_EQ(swap_twins("arnazon"), "amazon");
  EXPECT_EQ(swap_twins("vvestern"), "westem");
}

TEST(LookAlike, NamesOfOnePersonAreEqual) {
  const std::string jane = name_key("Jane Doe");
  for (const std::string_view same :
       {"jane doe", "Doe, Jane", "JANE  DOE", "\"Jane\" Doe", "J\u0430ne Doe", "Jane.Doe"}) {
    EXPECT_EQ(name_key(same), jane) << same;
  }
  for (const std::string_view other : {"Jane", "John Doe", "Jane M Doe", "", "Jane Doe via List"}) {
    EXPECT_NE(name_key(other), jane) << other;
  }
  EXPECT_EQ(name_key("Jane"), "");
  EXPECT_EQ(name_key("Shaun O\u2019Neill"), name_key("Shaun O'Neill"));
  EXPECT_EQ(name_key("a b c d e f g h i"), "") << "too many words";
}

TEST(LookAlike, MixedScripts) {
  EXPECT_TRUE(mixes_scripts("p\u0430ypal"));
  EXPECT_TRUE(mixes_scripts("g\u03BFogle"));
  EXPECT_FALSE(mixes_scripts("paypal"));
  EXPECT_FALSE(mixes_scripts("\u043C\u043E\u0441\u043A\u0432\u0430"));
  EXPECT_FALSE(mixes_scripts("\u65E5\u672Cnippon"));
  EXPECT_FALSE(mixes_scripts("m\u00FCller24"));
}

}  // namespace
}  // namespace message
