// Tests of replies: writing, wrapping, reading, and what the reader refuses.
#include "lib/smtp/reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/smtp/reply_reader.h"

namespace smtp {
namespace {

using std::string_literals::operator""s;
using Status = ReplyReader::Status;

TEST(Reply, WritesOneAndManyLines) {
  EXPECT_EQ(reply(250, {2, 0, 0}, "Ok").wire(), "250 2.0.0 Ok\r\n");
  EXPECT_EQ(reply(354, "Go on").wire(), "354 Go on\r\n");
  EXPECT_EQ(reply(550, {5, 7, 1}, "No\nNever").wire(), "550-5.7.1 No\r\n550 5.7.1 Never\r\n");
  EXPECT_EQ(reply(550, {5, 7, 1}, "No\nNever").text(), "550 5.7.1 No Never");
  EXPECT_EQ((Reply{220, {}, {}}).wire(), "220 \r\n");
  EXPECT_EQ((Reply{220, {}, {}}).text(), "220");
  EXPECT_TRUE(reply(250, "x").positive() && !reply(354, "x").positive());
  EXPECT_TRUE(reply(354, "x").intermediate());
  EXPECT_TRUE(reply(451, "x").temporary() && reply(550, "x").permanent());
}

TEST(Reply, ControlBytesCannotInject) {
  Reply evil = reply(550, {5, 1, 1}, "x");
  evil.lines = {"a\r\n250 ok\0b\x7f"s};
  EXPECT_EQ(evil.wire(), "550 5.1.1 a  250 ok b \r\n");
  EXPECT_EQ(evil.text(), "550 5.1.1 a  250 ok b");
}

TEST(Reply, WrapsAt512Octets) {
  for (const std::string& unit : {"word "s, "x"s, "\xc3\xa4"s}) {
    std::string text;
    while (text.size() < 3000) text += unit;
    std::string joined;
    const std::string wire = reply(550, {5, 7, 1}, text).wire();
    std::string_view input = wire;
    std::size_t lines = 0;
    while (!input.empty()) {
      const std::size_t end = input.find("\r\n");
      ASSERT_LE(end + 2, 512U);
      ASSERT_EQ(input[3], end + 2 == input.size() ? ' ' : '-');
      const auto first = static_cast<unsigned char>(input[10]);
      EXPECT_NE(first & 0xc0U, 0x80U) << "cut within a character";
      input.remove_prefix(end + 2);
      ++lines;
    }
    EXPECT_GE(lines, 6U);
    ReplyReader reader;
    input = wire;
    ASSERT_EQ(reader.feed(input), Status::done);
    EXPECT_EQ(reader.take().enhanced, (EnhancedCode{5, 7, 1}));
  }
}

TEST(ReplyReader, ReadsWhatServersSend) {
  struct Case {
    std::string wire;
    Reply reply;
  };
  const std::vector<Case> cases = {
      {"250 2.1.5 Ok\r\n", {250, EnhancedCode{2, 1, 5}, {"Ok"}}},
      {"250\r\n", {250, {}, {""}}},
      {"250 \r\n", {250, {}, {""}}},
      {"220 mx ESMTP\n", {220, {}, {"mx ESMTP"}}},
      {"250-mx\r\n250-SIZE 100\r\n250 DSN\r\n", {250, {}, {"mx", "SIZE 100", "DSN"}}},
      {"550-5.7.1 a\r\n550 5.7.1 b\r\n", {550, EnhancedCode{5, 7, 1}, {"a", "b"}}},
      {"550-5.7.1 a\r\n550 b\r\n", {550, EnhancedCode{5, 7, 1}, {"a", "b"}}},
      {"550 5.1.1\r\n", {550, EnhancedCode{5, 1, 1}, {""}}},
      {"550 4.1.1 class of another reply\r\n", {550, {}, {"4.1.1 class of another reply"}}},
      {"220 2.3.4.5 ready\r\n", {220, {}, {"2.3.4.5 ready"}}},
      {"550 5.1111.1 x\r\n", {550, {}, {"5.1111.1 x"}}},
      {"354 3.0.0 x\r\n", {354, {}, {"3.0.0 x"}}},
      {"550-5.7.1 a\r\n550 5.1.1 b\r\n", {550, EnhancedCode{5, 7, 1}, {"a", "5.1.1 b"}}},
  };
  for (const Case& c : cases) {
    for (std::size_t split = 0; split <= c.wire.size(); ++split) {
      ReplyReader reader;
      const std::string text = c.wire + "250 next\r\n";
      std::string_view head = std::string_view(text).substr(0, split);
      Status status = reader.feed(head);
      std::string_view rest = std::string_view(text).substr(split - head.size());
      if (status == Status::need_more) status = reader.feed(rest);
      ASSERT_EQ(status, Status::done) << c.wire << " " << reader.error();
      EXPECT_EQ(reader.take(), c.reply) << c.wire;
      if (split < c.wire.size()) EXPECT_EQ(rest, "250 next\r\n");
    }
  }
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
  std::string many;
  for (int i = 0; i < 101; ++i) many += "250-x\r\n";
  const std::vector<std::string> cases = {
      "hello\r\n",
      "\r\n",
      "25\r\n",
      "2500 x\r\n",
      "250x\r\n",
      "150 x\r\n",
      "650 x\r\n",
      "099 x\r\n",
      "SSH-2.0-OpenSSH\r\n",
      "250-a\r\n251 b\r\n",
      "250-a\r\n\r\n",
      "250 a\0b\r\n"s,
      "250 a\rb\r\n",
      " 250 a\r\n",
      "+OK\r\n",
      many,
      "250 " + std::string(3000, 'x'),
      "250 " + std::string(2048, 'x') + "\r\n",
  };
  for (const std::string& wire : cases) {
    ReplyReader reader;
    std::string_view input = wire;
    EXPECT_EQ(reader.feed(input), Status::malformed) << wire;
    EXPECT_FALSE(reader.error().empty());
    std::string_view more = "250 ok\r\n";
    EXPECT_EQ(reader.feed(more), Status::malformed) << "it stays so";
    // The same octet by octet.
    ReplyReader slow;
    Status status = Status::need_more;
    for (std::size_t i = 0; i < wire.size() && status == Status::need_more; ++i) {
      std::string_view octet = std::string_view(wire).substr(i, 1);
      status = slow.feed(octet);
    }
    EXPECT_EQ(status, Status::malformed) << wire;
    EXPECT_EQ(slow.error(), reader.error());
  }
}

}  // namespace
}  // namespace smtp
