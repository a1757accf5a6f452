// Tests of counters.h.
#include "tools/bench/counters.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bench {
namespace {

Finding intact(std::uint64_t number) {
  return {.kind = Finding::Kind::intact, .number = number, .bytes = 10};
}

TEST(Counters, EveryMessageIsOneOfFour) {
  Counters counters;
  counters.note_message(intact(1));
  counters.note_message(intact(2));
  counters.note_message(intact(1));
  counters.note_message({.kind = Finding::Kind::damaged, .number = 3, .bytes = 10});
  counters.note_message({.kind = Finding::Kind::foreign, .bytes = 10});
  counters.note_refusal();
  counters.note_connection();
  EXPECT_EQ(counters.counts(), (Counts{.messages = 5,
                                       .distinct = 2,
                                       .duplicates = 1,
                                       .damaged = 1,
                                       .foreign = 1,
                                       .refused = 1,
                                       .connections = 1,
                                       .bytes = 50}));
  counters.reset();
  EXPECT_EQ(counters.counts(), Counts());
  counters.note_message(intact(1));
  EXPECT_EQ(counters.counts().duplicates, 0U) << "numbers are forgotten, too";
}

TEST(Counters, NumbersBeyondTheLimitAreForeign) {
  Counters counters;
  for (std::uint64_t page = 0; page < Counters::pages_max; ++page) {
    counters.note_message(intact(page * 65'536));
  }
  counters.note_message(intact(Counters::pages_max * 65'536));
  EXPECT_EQ(counters.counts().distinct, Counters::pages_max);
  EXPECT_EQ(counters.counts().foreign, 1U);
}

TEST(Counters, ThreadsSeeTheSameNumbers) {
  Counters counters;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&counters] {
      for (std::uint64_t n = 0; n < 5'000; ++n) counters.note_message(intact(n));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counters.counts().distinct, 5'000U);
  EXPECT_EQ(counters.counts().duplicates, 10'000U);
}

TEST(Counters, TheLineIsJsonOfOneLength) {
  const std::string empty = counts_line({});
  EXPECT_TRUE(empty.ends_with("}\n"));
  EXPECT_EQ(counts_line({.messages = 999'999'999'999, .bytes = 1'000'000'000'000'000}).size(),
            empty.size());
}

}  // namespace
}  // namespace bench
