// Tests of DATA reading: transparency, the one and only end, smuggling, limits; every chunk split.
#include "lib/smtp/data_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace smtp {
namespace {

using std::string_literals::operator""s;

struct Read {
  std::string message;
  std::optional<DataFault> fault;
  bool done = false;
  std::size_t consumed = 0;
  std::uint64_t size = 0;
  bool operator==(const Read&) const = default;
};

// Feeds the text in chunks that end at the given places.
Read read_chunks(std::string_view text, const std::vector<std::size_t>& ends,
                 DataLimits limits = {}) {
  DataReader reader(limits);
  Read out;
  std::size_t at = 0;
  for (const std::size_t end : ends) {
    if (reader.done()) break;
    const std::size_t count = reader.feed(text.substr(at, end - at), out.message);
    out.consumed += count;
    EXPECT_TRUE(count == end - at || reader.done());
    at = end;
  }
  out.fault = reader.fault();
  out.done = reader.done();
  out.size = reader.size();
  // How much of a refused message was given out depends on the chunks, and on nobody's account.
  if (out.fault) out.message.clear();
  return out;
}

Read read_whole(std::string_view text, DataLimits limits = {}) {
  return read_chunks(text, {text.size()}, limits);
}

// What RFC 5321 §4.5.2 says, octet by octet, written down as plainly as possible.
Read read_plainly(std::string_view text) {
  Read out;
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    line += text[i];
    if (!line.ends_with("\r\n")) continue;
    out.consumed = i + 1;
    if (line == ".\r\n") {
      out.done = true;
      break;
    }
    out.message += line.starts_with('.') ? line.substr(1) : line;
    line.clear();
  }
  out.size = out.message.size();
  const auto note = [&](DataFault fault) { out.fault = out.fault.value_or(fault); };
  const std::string_view all = text.substr(0, out.consumed);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == '\n' && (i == 0 || all[i - 1] != '\r')) note(DataFault::bare_lf);
    if (all[i] == '\r' && (i + 1 == all.size() || all[i + 1] != '\n')) note(DataFault::bare_cr);
    if (all[i] == '\0') note(DataFault::nul);
  }
  return out;
}

TEST(DataReader, EndsAtCrlfDotCrlfOnly) {
  struct Case {
    std::string text;
    std::string message;
  };
  const std::vector<Case> cases = {
      {".\r\n", ""},  // RFC 5321 §4.1.1.4: the CRLF of the DATA line begins the sequence
      {"hello\r\n.\r\n", "hello\r\n"},
      {"\r\n.\r\n", "\r\n"},
      {"..\r\n.\r\n", ".\r\n"},
      {"...\r\n.\r\n", "..\r\n"},
      {".a\r\n.\r\n", "a\r\n"},
      {"a.\r\n.\r\n", "a.\r\n"},
      {"a\r\n..b\r\n\r\n.\r\n", "a\r\n.b\r\n\r\n"},
      {". \r\n.\r\n", " \r\n"},
      {std::string(63, 'x') + "\r\n.\r\n", std::string(63, 'x') + "\r\n"},
      {std::string(62, 'x') + "\r\n..y\r\n.\r\n", std::string(62, 'x') + "\r\n.y\r\n"},
  };
  for (const Case& c : cases) {
    const std::string with_next = c.text + "QUIT\r\n";
    const Read read = read_whole(with_next);
    EXPECT_TRUE(read.done) << c.text;
    EXPECT_EQ(read.message, c.message);
    EXPECT_EQ(read.consumed, c.text.size()) << c.text;
    EXPECT_EQ(read.size, c.message.size());
    EXPECT_FALSE(read.fault) << c.text;
  }
}

// Each of these has ended a message early at some server. Behind it comes the command that an
// attacker wants to have executed, then the real end.
const std::vector<std::string> smuggling = {
    "\n.\n",        "\n.\r\n",       "\r.\r\n",     "\r\n.\n",       "\r\n.\r",      "\r.\r",
    "\n.\r",        "\r.\n",         "\r\n.\r\r\n", "\r\n\0.\r\n"s,  "\r\n.\0\r\n"s, "\r\n.\r\0\n"s,
    "\r\0\n.\r\n"s, "\r\r\n.\r\r\n", "\r\n.\n\r\n", "\n\n.\n\n",     "\n\r.\n\r",    "\r\n.\r\v\n",
    "\r\n.\f\r\n",  "\r\n .\r\n",    "\r\n. \r\n",  "\r\n.\x85\r\n", "\n\r\n.\n",
};

TEST(DataReader, SmugglingPairsNeverEndTheMessageAtAnySplit) {
  for (const std::string& pair : smuggling) {
    const std::string text =
        "Subject: a\r\n\r\nhello" + pair +
        "MAIL FROM:<evil@example>\r\nRCPT TO:<b@example>\r\nDATA\r\nx\r\n.\r\n";
    const Read whole = read_whole(text + "QUIT\r\n");
    EXPECT_TRUE(whole.done);
    EXPECT_EQ(whole.consumed, text.size()) << ::testing::PrintToString(pair);
    for (std::size_t split = 0; split <= text.size(); ++split) {
      ASSERT_EQ(read_chunks(text, {split, text.size()}), whole)
          << ::testing::PrintToString(pair) << " at " << split;
    }
    std::vector<std::size_t> each;
    for (std::size_t i = 1; i <= text.size(); ++i) each.push_back(i);
    EXPECT_EQ(read_chunks(text, each), whole) << ::testing::PrintToString(pair);
  }
}

TEST(DataReader, BareLineEndsAndNulAreFaults) {
  const auto fault = [](std::string_view text) { return read_whole(text).fault; };
  EXPECT_EQ(fault("a\nb\r\n.\r\n"), DataFault::bare_lf);
  EXPECT_EQ(fault("\n.\r\n\r\n.\r\n"), DataFault::bare_lf);
  EXPECT_EQ(fault("\r\n.\n\r\n.\r\n"), DataFault::bare_lf);
  EXPECT_EQ(fault("a\rb\r\n.\r\n"), DataFault::bare_cr);
  EXPECT_EQ(fault("\r\n.\r.\r\n.\r\n"), DataFault::bare_cr);
  EXPECT_EQ(fault("\r\n.\r\r\n.\r\n"), DataFault::bare_cr);
  EXPECT_EQ(fault("a\r\r\n.\r\n"), DataFault::bare_cr);
  EXPECT_EQ(fault("a\0b\r\n.\r\n"s), DataFault::nul);
  EXPECT_EQ(fault(".\0\r\n.\r\n"s), DataFault::nul);
  EXPECT_EQ(fault(std::string(63, 'x') + "\ry\r\n.\r\n"), DataFault::bare_cr);
  EXPECT_EQ(fault(std::string(64, 'x') + "\ny\r\n.\r\n"), DataFault::bare_lf);
  for (const DataFault f : {DataFault::bare_cr, DataFault::bare_lf, DataFault::nul,
                            DataFault::line_too_long, DataFault::too_big}) {
    EXPECT_TRUE(fault_reply(f).permanent());
    EXPECT_NE(to_string(f), "unknown");
  }
}

TEST(DataReader, AgreesWithThePlainReading) {
  // A small alphabet makes every rare sequence common.
  constexpr std::string_view letters = "\r\n.x\r\n.\r\n";
  std::mt19937 random(20261123);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random() % 200;
    while (text.size() < size) text += random() % 40 == 0 ? '\0' : letters[random() % 9];
    text += "x\r\n.\r\n";
    const Read plain = read_plainly(text);
    const Read read = read_chunks(text, {random() % (text.size() + 1), text.size()});
    ASSERT_EQ(read.done, plain.done) << ::testing::PrintToString(text);
    ASSERT_EQ(read.consumed, plain.consumed) << ::testing::PrintToString(text);
    ASSERT_EQ(read.size, plain.size) << ::testing::PrintToString(text);
    ASSERT_EQ(read.fault.has_value(), plain.fault.has_value()) << ::testing::PrintToString(text);
    if (!plain.fault) ASSERT_EQ(read.message, plain.message);
  }
}

TEST(DataReader, LineLimitCountsCrlfButNotTheStuffedDot) {
  const DataLimits limits{.line_bytes_max = 100};
  const auto fault = [&](const std::string& line) {
    const std::string text = "a\r\n" + line + "\r\nb\r\n.\r\n";
    const Read whole = read_whole(text, limits);
    EXPECT_TRUE(whole.done);
    for (std::size_t split = 0; split < text.size(); ++split) {
      EXPECT_EQ(read_chunks(text, {split, text.size()}, limits).fault, whole.fault) << split;
    }
    return whole.fault;
  };
  EXPECT_EQ(fault(std::string(98, 'x')), std::nullopt);
  EXPECT_EQ(fault(std::string(99, 'x')), DataFault::line_too_long);
  EXPECT_EQ(fault("." + std::string(98, 'x')), std::nullopt);
  EXPECT_EQ(fault("." + std::string(99, 'x')), DataFault::line_too_long);
  EXPECT_EQ(fault(std::string(1000, 'x')), DataFault::line_too_long);
  // Without any line end, and below the least limit.
  EXPECT_EQ(read_whole(std::string(200, 'x'), limits).fault, DataFault::line_too_long);
  EXPECT_EQ(read_whole("xx\r\n.\r\n", {.line_bytes_max = 1}).fault, std::nullopt);
}

TEST(DataReader, TooBigIsReadToItsEndAndThrownAway) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "0123456789\r\n";
  const Read exact = read_whole(text + ".\r\n", {.size_max = text.size()});
  EXPECT_FALSE(exact.fault);
  EXPECT_EQ(exact.message, text);
  const Read over = read_whole(text + ".\r\nRSET\r\n", {.size_max = text.size() - 1});
  EXPECT_EQ(over.fault, DataFault::too_big);
  EXPECT_TRUE(over.done);
  EXPECT_EQ(over.consumed, text.size() + 3);
  EXPECT_EQ(over.size, text.size());
  DataReader reader({.size_max = 100});
  std::string out;
  for (int i = 0; i < 100; ++i) (void)reader.feed("0123456789\r\n", out);
  EXPECT_LE(out.size(), 100U);
}

TEST(DataReader, NothingIsConsumedAfterTheEnd) {
  DataReader reader;
  std::string out;
  EXPECT_EQ(reader.feed("a\r\n.\r\n", out), 6U);
  EXPECT_EQ(reader.feed("QUIT\r\n", out), 0U);
  EXPECT_EQ(out, "a\r\n");
}

}  // namespace
}  // namespace smtp
