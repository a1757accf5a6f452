// Tests of bare_wire.h.
#include "tools/bench/bare_wire.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

constexpr std::size_t none = std::string_view::npos;

TEST(EndOfText, IsADotAlone) {
  EXPECT_EQ(find_end_of_text("a\r\n.\r\n", 0), 6U);
  EXPECT_EQ(find_end_of_text("a\r\n.\r\nQUIT\r\n", 0), 6U);
  EXPECT_EQ(find_end_of_text(".\r\n", 0), 3U) << "an empty message";
  EXPECT_EQ(find_end_of_text("a\r\n..\r\n", 0), none);
  EXPECT_EQ(find_end_of_text("a\n.\n", 0), none);
  EXPECT_EQ(find_end_of_text("a\r\n.\n", 0), none);
  EXPECT_EQ(find_end_of_text("", 0), none);
}

TEST(EndOfText, IsFoundHoweverItIsCut) {
  const std::string text = "a\r\n.b\r\n\r\n.\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_EQ(find_end_of_text(std::string_view(text).substr(0, cut), 0), none);
    EXPECT_EQ(find_end_of_text(text, cut), text.size());
  }
}

TEST(ReplyCodes, OneForEachReply) {
  const std::string all = "220 hello\r\n250-a\r\n250-b\r\n250 c\r\n354\r\n4x1 d\r\n";
  for (const std::size_t step : {all.size(), std::size_t{1}}) {
    ReplyCodes codes;
    std::vector<int> got;
    for (std::size_t at = 0; at < all.size(); at += step) {
      codes.feed(std::string_view(all).substr(at, step));
      while (const auto code = codes.next()) got.push_back(*code);
    }
    EXPECT_EQ(got, (std::vector<int>{220, 250, 354, 0}));
  }
  ReplyCodes codes;
  codes.feed(std::string(ReplyCodes::reply_line_bytes_max + 1, 'a'));
  EXPECT_EQ(codes.next(), 0);
}

}  // namespace
}  // namespace bench
