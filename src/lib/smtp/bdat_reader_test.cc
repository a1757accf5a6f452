// Tests of lib/smtp/bdat_reader.h.
#include "lib/smtp/bdat_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace smtp {
namespace {

struct Read {
  std::string out;
  std::optional<DataFault> fault;
};

// The chunks, each given in steps.
Read read(const std::vector<std::string>& chunks, BdatReader::Kind kind = BdatReader::Kind::text,
          DataLimits limits = {}, std::size_t step = 1000) {
  BdatReader reader(kind, limits);
  Read got;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    reader.begin(chunks[i].size(), i + 1 == chunks.size());
    std::string_view left = chunks[i];
    while (!reader.chunk_done()) {
      const std::size_t used = reader.feed(left.substr(0, step), got.out);
      left.remove_prefix(used);
    }
    EXPECT_EQ(reader.message_done(), i + 1 == chunks.size());
  }
  reader.finish(got.out);
  got.fault = reader.fault();
  return got;
}

TEST(BdatReader, ChunksAreJoined) {
  const std::string text = "Subject: x\r\n\r\n.\r\n..dots stay\r\n";
  for (std::size_t step = 1; step < 80; ++step) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const Read got =
          read({text.substr(0, cut), text.substr(cut)}, BdatReader::Kind::text, {}, step);
      ASSERT_EQ(got.out, text) << cut;
      ASSERT_FALSE(got.fault) << cut;
    }
  }
  EXPECT_EQ(read({text, ""}).out, text);
  EXPECT_EQ(read({""}).out, "");
}

TEST(BdatReader, WhatFollowsAChunkIsNotConsumed) {
  BdatReader reader(BdatReader::Kind::text, {});
  std::string out;
  reader.begin(4, false);
  EXPECT_EQ(reader.feed("a\r\nbBDAT", out), 4U);
  EXPECT_EQ(reader.feed("BDAT", out), 0U);
  EXPECT_EQ(out, "a\r\nb");
}

TEST(BdatReader, ATextEndsWithALineEnd) {
  EXPECT_EQ(read({"a\r\nb"}).out, "a\r\nb\r\n");
  EXPECT_EQ(read({"a\r\nb"}, BdatReader::Kind::binary).out, "a\r\nb");
}

// Invariant 6: a line ends with CRLF and nothing else.
TEST(BdatReader, LinesOfATextEndWithCrlf) {
  struct Row {
    std::vector<std::string> chunks;
    DataFault fault;
  };
  const std::vector<Row> rows = {
      {{"a\nb\r\n"}, DataFault::bare_lf},
      {{"a\rb\r\n"}, DataFault::bare_cr},
      {{"a\r", "b\r\n"}, DataFault::bare_cr},
      {{"a\r\n", "\nb"}, DataFault::bare_lf},
      {{"a\r"}, DataFault::bare_cr},
      {{std::string("a\0b\r\n", 5)}, DataFault::nul},
      {{std::string(100, 'x') + "\n"}, DataFault::bare_lf},
  };
  for (const Row& row : rows) {
    for (const std::size_t step : {1UL, 2UL, 1000UL}) {
      EXPECT_EQ(read(row.chunks, BdatReader::Kind::text, {}, step).fault, row.fault)
          << row.chunks[0];
      EXPECT_FALSE(read(row.chunks, BdatReader::Kind::binary, {}, step).fault);
    }
  }
  EXPECT_FALSE(read({"a\r", "\nb\r\n"}).fault) << "a line end may be cut in two";
}

TEST(BdatReader, Limits) {
  EXPECT_EQ(
      read({std::string(101, 'x') + "\r\n"}, BdatReader::Kind::text, {.line_bytes_max = 102}).fault,
      DataFault::line_too_long);
  EXPECT_FALSE(
      read({std::string(100, 'x') + "\r\n"}, BdatReader::Kind::text, {.line_bytes_max = 102})
          .fault);
  const DataLimits small = {.size_max = 10};
  EXPECT_EQ(read({"12345", "678901"}, BdatReader::Kind::binary, small).fault, DataFault::too_big);
  EXPECT_FALSE(read({"12345", "67890"}, BdatReader::Kind::binary, small).fault);
}

}  // namespace
}  // namespace smtp
