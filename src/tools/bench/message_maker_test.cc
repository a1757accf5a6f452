// Tests of message_maker.h.
#include "tools/bench/message_maker.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/base/text.h"
#include "tools/bench/mark.h"

namespace bench {
namespace {

MessageOptions options(std::uint64_t size) {
  return {.size = size,
          .from = "a@example.net",
          .to = "b@example.org",
          .host = "bench.example",
          .date = base::Time(std::chrono::seconds(1'700'000'000))};
}

TEST(MessageMaker, EveryMessageIsMarkedAndExactlyAsLong) {
  for (const std::uint64_t size :
       {400UL, 479UL, 480UL, 481UL, 482UL, 1024UL, 10'240UL, 1UL << 20}) {
    const auto maker = MessageMaker::make(options(size));
    ASSERT_TRUE(maker);
    auto draft = maker->draft();
    for (const std::uint64_t number : {0UL, 1UL, 7UL, 123'456'789'012UL}) {
      const auto text = maker->stamp(draft, number);
      EXPECT_EQ(text.header.size() + text.body.size(), size);
      const auto mark = find_mark(text.header);
      ASSERT_TRUE(mark);
      Crc32c sum;
      sum.add(text.body);
      EXPECT_EQ(*mark, (Mark{.number = number, .size = size, .sum = sum.value()}));
    }
  }
}

TEST(MessageMaker, LinesAreThoseOfMail) {
  for (std::uint64_t size = 400; size < 600; ++size) {
    const auto maker = MessageMaker::make(options(size));
    ASSERT_TRUE(maker);
    auto draft = maker->draft();
    const auto text = maker->stamp(draft, 3);
    EXPECT_TRUE(text.header.ends_with("\r\n\r\n"));
    ASSERT_TRUE(text.body.ends_with("\r\n"));
    for (const std::string_view line : base::split(text.body, '\n')) {
      EXPECT_LE(line.size(), 85U);
      EXPECT_FALSE(line.starts_with('.'));
      EXPECT_TRUE(line.empty() || (line.ends_with('\r') && line.size() > 1)) << size;
    }
  }
}

TEST(MessageMaker, BodiesTakeTurnsAndDifferBySeed) {
  const auto maker = MessageMaker::make(options(1024));
  auto other_options = options(1024);
  other_options.seed = 1;
  const auto other = MessageMaker::make(other_options);
  ASSERT_TRUE(maker && other);
  std::set<std::string_view> bodies;
  auto draft = maker->draft();
  auto other_draft = other->draft();
  for (std::uint64_t i = 0; i < 8; ++i) {
    bodies.insert(maker->stamp(draft, i).body);
    bodies.insert(other->stamp(other_draft, i).body);
  }
  EXPECT_EQ(bodies.size(), 16U);
}

TEST(MessageMaker, SizesThatCannotBeAreRefused) {
  EXPECT_FALSE(MessageMaker::make(options(100)));
  EXPECT_FALSE(MessageMaker::make(options(MessageMaker::size_max + 1)));
}

}  // namespace
}  // namespace bench
