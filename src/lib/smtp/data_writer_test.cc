// Tests of dot-stuffing: what goes out, when nothing is copied, the way back through DataReader.
#include "lib/smtp/data_writer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "lib/smtp/data_reader.h"

namespace smtp {
namespace {

std::string write_in_two(std::string_view text, std::size_t split) {
  DataWriter writer;
  std::string scratch;
  std::string out(writer.feed(text.substr(0, split), scratch));
  out += writer.feed(text.substr(split), scratch);
  out += writer.finish();
  return out;
}

TEST(DataWriter, StuffsAndEndsAtAnySplit) {
  struct Case {
    std::string_view message;
    std::string_view wire;
  };
  constexpr Case cases[] = {
      {"", ".\r\n"},
      {"a", "a\r\n.\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\r\n", "..\r\n.\r\n"},
      {"..\r\n", "...\r\n.\r\n"},
      {"a\r\n.b\r\nc.d\r\n", "a\r\n..b\r\nc.d\r\n.\r\n"},
      // Never a bare CR or LF on the wire.
      {"a\nb", "a\r\nb\r\n.\r\n"},
      {"a\rb", "a\r\nb\r\n.\r\n"},
      {"a\r", "a\r\n.\r\n"},
      {"a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"},
      {"a\n.\r\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"},
      {"a\r.\r\nMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"},
      {"\n\n", "\r\n\r\n.\r\n"},
      {"\n\r", "\r\n\r\n.\r\n"},
  };
  for (const Case& c : cases) {
    for (std::size_t split = 0; split <= c.message.size(); ++split) {
      EXPECT_EQ(write_in_two(c.message, split), c.wire) << c.message << " at " << split;
    }
  }
}

TEST(DataWriter, CopiesNothingWhenNothingChanges) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "An ordinary line, with a dot in it. And a CRLF.\r\n";
  DataWriter writer;
  std::string scratch;
  const std::string_view out = writer.feed(text, scratch);
  EXPECT_EQ(out.data(), text.data());
  EXPECT_EQ(out.size(), text.size());
  EXPECT_EQ(writer.finish(), ".\r\n");
}

TEST(DataWriter, ReaderGivesBackTheMessage) {
  constexpr std::string_view parts[] = {"\r\n", ".", "x", "\r\n.", "..", "some words and more "};
  std::mt19937 random(5321);
  for (int round = 0; round < 10'000; ++round) {
    std::string message;
    const std::size_t size = random() % 300;
    while (message.size() < size) message += parts[random() % std::size(parts)];
    const std::string wire = write_in_two(message, random() % (message.size() + 1));
    if (!message.empty() && !message.ends_with("\r\n")) message += "\r\n";
    DataReader reader;
    std::string read;
    const std::size_t split = random() % (wire.size() + 1);
    std::size_t consumed = reader.feed(std::string_view(wire).substr(0, split), read);
    consumed += reader.feed(std::string_view(wire).substr(consumed), read);
    ASSERT_TRUE(reader.done());
    ASSERT_EQ(consumed, wire.size());
    ASSERT_FALSE(reader.fault());
    ASSERT_EQ(read, message);
  }
}

TEST(DataWriter, WhateverGoesInNothingCanBeSmuggledOut) {
  constexpr std::string_view letters = "\r\n.x";
  std::mt19937 random(2026);
  for (int round = 0; round < 20'000; ++round) {
    std::string message;
    const std::size_t size = random() % 150;
    while (message.size() < size) message += letters[random() % letters.size()];
    const std::string wire = write_in_two(message, random() % (message.size() + 1));
    DataReader reader;
    std::string read;
    ASSERT_EQ(reader.feed(wire, read), wire.size()) << ::testing::PrintToString(message);
    ASSERT_TRUE(reader.done());
    ASSERT_FALSE(reader.fault());
  }
}

}  // namespace
}  // namespace smtp
