// Tests of tail.h: cursors, restarts, what is gone, filters, hostile cursors.
#include "trace/tail.h"

#include <gtest/gtest.h>

namespace trace {
namespace {

using Lines = std::vector<std::string>;

base::Time start() { return base::parse_time("2026-11-23T14:00:00.000Z").value(); }

StoredEvent event(const std::string& text, base::Severity severity = base::Severity::info) {
  StoredEvent out;
  out.severity = severity;
  out.name = "test.said";
  out.time = start();
  out.fields.emplace_back("text", text);
  return out;
}

Lines texts(const base::Result<LogTail::Page>& page) {
  Lines out;
  if (!page) return {page.error().detail};
  for (const StoredEvent& one : page->lines) out.emplace_back(one.field("text"));
  return out;
}

TEST(LogTail, TheNewestFirstThenWhatComesAfterThem) {
  LogTail tail;
  const auto nothing = tail.read({});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->lines.empty());
  for (int i = 1; i <= 5; ++i) tail.add(event(std::to_string(i)));
  EXPECT_EQ(texts(tail.read({.after = nothing->cursor})), (Lines{"1", "2", "3", "4", "5"}));
  EXPECT_FALSE(tail.read({.after = nothing->cursor})->restarted);
  const auto newest = tail.read({.limit = 2});
  EXPECT_EQ(texts(newest), (Lines{"4", "5"}));
  EXPECT_TRUE(tail.read({.after = newest->cursor})->lines.empty());
  for (int i = 6; i <= 9; ++i) tail.add(event(std::to_string(i)));
  const auto more = tail.read({.after = newest->cursor, .limit = 3});
  EXPECT_EQ(texts(more), (Lines{"6", "7", "8"})) << "no line is left out when there are many";
  EXPECT_EQ(texts(tail.read({.after = more->cursor})), Lines{"9"});
}

TEST(LogTail, SeverityAndText) {
  LogTail tail;
  tail.add(event("all is well"));
  tail.add(event("Disk is FULL", base::Severity::error));
  tail.add(event("disk is slow", base::Severity::warning));
  EXPECT_EQ(texts(tail.read({.at_least = base::Severity::warning})),
            (Lines{"Disk is FULL", "disk is slow"}));
  EXPECT_EQ(texts(tail.read({.text = "full"})), Lines{"Disk is FULL"});
  EXPECT_EQ(texts(tail.read({.text = "test.said"})).size(), 3U) << "the whole line is looked at";
  // The cursor is behind what did not match, too.
  const auto page = tail.read({.after = "1.0", .text = "full"});
  EXPECT_TRUE(tail.read({.after = page->cursor})->lines.empty());
}

TEST(LogTail, IsBoundedAndSaysWhatIsGone) {
  LogTail tail;
  tail.add(event("first"));
  const std::string cursor = tail.read({})->cursor;
  const std::string large(10'000, 'x');
  constexpr std::size_t count = 1'000;
  for (std::size_t i = 0; i < count; ++i) tail.add(event(large));
  const auto page = tail.read({.after = cursor, .limit = count});
  ASSERT_TRUE(page);
  EXPECT_LT(page->lines.size() * large.size(), LogTail::bytes_max);
  EXPECT_GT(page->lines.size(), 100U);
  EXPECT_EQ(page->missed + page->lines.size(), count);
}

TEST(LogTail, ARestartIsNoticed) {
  LogTail before;
  before.add(event("old"));
  const std::string cursor = before.read({})->cursor;
  LogTail after;
  StoredEvent first = event("new");
  first.time += std::chrono::seconds(5);
  after.add(first);
  const auto page = after.read({.after = cursor});
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->restarted);
  EXPECT_EQ(texts(page), Lines{"new"});
  EXPECT_FALSE(after.read({.after = page->cursor})->restarted);
}

TEST(LogTail, CursorsThatAreNone) {
  LogTail tail;
  tail.add(event("one"));
  for (const char* const bad : {"x", ".", "1.", ".1", "1.x", "-1.0", "1.-1", "1.0.0",
                                "99999999999999999999999.0", "1 .0", "1.0\n"}) {
    EXPECT_FALSE(tail.read({.after = bad})) << bad;
  }
  EXPECT_FALSE(tail.read({.after = std::string(100'000, '1')}));
  // A number that no line has yet: of nobody, so the oldest lines come.
  const auto instance = tail.read({})->cursor.substr(0, tail.read({})->cursor.find('.'));
  EXPECT_EQ(texts(tail.read({.after = instance + ".18446744073709551615"})), Lines{"one"});
}

TEST(LogTail, ALineIsWhatTheLogHasWithoutSeverityAndName) {
  StoredEvent one = event("two words");
  one.message = {77};
  EXPECT_EQ(line_text(one), base::MessageId{77}.text() + " text=\"two words\"");
  one.fields.clear();
  one.message = {};
  EXPECT_EQ(line_text(one), "");
}

}  // namespace
}  // namespace trace
