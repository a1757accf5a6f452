// Tests of CommandReader and of the EHLO extensions.
#include "lib/smtp/command_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/smtp/extensions.h"

namespace smtp {
namespace {

using std::string_literals::operator""s;
using Status = CommandReader::Status;

// All lines and faults of a text, fed in two chunks: "line" or "!fault".
std::vector<std::string> read_lines(std::string_view text, std::size_t split,
                                    std::size_t line_bytes_max = 20) {
  static const std::string faults[] = {"none", "bare_lf", "bare_cr", "nul", "too_long"};
  CommandReader reader(line_bytes_max);
  std::vector<std::string> out;
  for (std::string_view chunk : {text.substr(0, split), text.substr(split)}) {
    for (;;) {
      const Status status = reader.feed(chunk);
      if (status == Status::need_more) break;
      if (status == Status::line) out.emplace_back(reader.line());
      if (status == Status::fault) {
        out.push_back("!" + faults[static_cast<std::size_t>(reader.fault())]);
        EXPECT_EQ(reader.reply().code, 500);
        EXPECT_EQ(reader.reply().enhanced, (EnhancedCode{5, 5, 2}));
      }
    }
    EXPECT_TRUE(chunk.empty());
  }
  return out;
}

TEST(CommandReader, LinesAndFaultsAtAnySplit) {
  struct Case {
    std::string text;
    std::vector<std::string> want;
  };
  const std::vector<Case> cases = {
      {"NOOP\r\nQUIT\r\n", {"NOOP", "QUIT"}},
      {"\r\nQUIT\r\n", {"", "QUIT"}},
      {"NOOP", {}},
      {"NOOP\r", {}},
      {"0123456789abcdefgh\r\nx\r\n", {"0123456789abcdefgh", "x"}},  // 20 octets with CRLF
      {"0123456789abcdefghi\r\nx\r\n", {"!too_long", "x"}},
      {std::string(100, 'x') + "\nRSET\r\nx\r\n", {"!too_long", "x"}},
      {std::string(100, 'x'), {}},
      {"NO\0OP\r\nx\r\n"s, {"!nul", "x"}},
      {"NO\rOP\r\nx\r\n", {"!bare_cr", "x"}},
      {"NOOP\r\r\nx\r\n", {"!bare_cr", "x"}},
      // A client that knows no CRLF gets an answer to each line, but none is executed.
      {"EHLO a\nQUIT\n", {"!bare_lf", "!bare_lf"}},
      // An address with an LF in it does not become two commands.
      {"RCPT TO:<a\nRSET\r\nx\r\n", {"!bare_lf", "!bare_lf", "x"}},
      {"\n\r\nx\r\n", {"!bare_lf", "!bare_lf", "x"}},
      {"a\r\n\n\r\nx\r\n", {"a", "!bare_lf", "!bare_lf", "x"}},
  };
  for (const Case& c : cases) {
    for (std::size_t split = 0; split <= c.text.size(); ++split) {
      EXPECT_EQ(read_lines(c.text, split), c.want)
          << ::testing::PrintToString(c.text) << " at " << split;
    }
  }
}

TEST(CommandReader, ResetForgetsWhatCameInClear) {
  CommandReader reader;
  std::string_view input = "RCPT TO:<";
  EXPECT_EQ(reader.feed(input), Status::need_more);
  reader.reset();
  input = "EHLO x\r\n";
  ASSERT_EQ(reader.feed(input), Status::line);
  EXPECT_EQ(reader.line(), "EHLO x");
}

TEST(CommandReader, LimitCanGrowForAuth) {
  CommandReader reader(20);
  reader.set_line_bytes_max(200);
  const std::string text = std::string(100, 'x') + "\r\n";
  std::string_view input = text;
  ASSERT_EQ(reader.feed(input), Status::line);
  EXPECT_EQ(reader.line().size(), 100U);
}

TEST(Extensions, WrittenAndReadBack) {
  Extensions offered;
  offered.pipelining = offered.eightbitmime = offered.starttls = offered.enhanced_codes = true;
  offered.smtputf8 = offered.chunking = offered.binarymime = offered.dsn = true;
  offered.requiretls = true;
  offered.size = 52'428'800;
  offered.auth = {"SCRAM-SHA-256", "PLAIN"};
  offered.xclient = {"NAME", "ADDR"};
  offered.rcpt_max = 1000;
  offered.mail_max = 5;
  Reply ehlo = reply(250, "mx.example");
  for (const std::string& line : ehlo_lines(offered)) ehlo.lines.push_back(line);
  EXPECT_EQ(parse_ehlo(ehlo), offered);
  EXPECT_EQ(parse_ehlo(reply(250, "SIZE 5")), Extensions());
  EXPECT_EQ(ehlo_lines(Extensions()), std::vector<std::string>());
  EXPECT_TRUE(offered.has_auth("plain"));
  EXPECT_FALSE(offered.has_auth("LOGIN"));
}

TEST(Extensions, OddServers) {
  const Extensions peer = parse_ehlo(reply(250,
                                           "mx\nsize\n8bitmime\nAUTH=LOGIN plain\nAUTH LOGIN\n\n"
                                           "X-UNKNOWN y\nLIMITS RCPTMAX=0 MAILMAX=x RCPTMAX= =\n"
                                           "STARTTLS "));
  EXPECT_EQ(peer.size, 0U);
  EXPECT_TRUE(peer.eightbitmime && peer.starttls);
  EXPECT_EQ(peer.auth, (std::vector<std::string>{"LOGIN", "PLAIN"}));
  EXPECT_FALSE(peer.rcpt_max || peer.mail_max);
  EXPECT_EQ(parse_ehlo(reply(250, "mx\nSIZE 99999999999999999999999")).size, 0U);
}

}  // namespace
}  // namespace smtp
