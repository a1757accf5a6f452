// Tests of histogram.h.
#include "tools/bench/histogram.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

using std::chrono::microseconds;

TEST(Histogram, AnEmptyOneHasNothing) {
  const Histogram empty;
  EXPECT_EQ(empty.percentile(0.5), base::Duration(0));
  EXPECT_EQ(empty.max(), base::Duration(0));
}

TEST(Histogram, ShortDurationsAreExact) {
  Histogram one;
  for (int i = 1; i <= 100; ++i) one.add(microseconds(i));
  EXPECT_EQ(one.percentile(0.5), microseconds(50));
  EXPECT_EQ(one.percentile(0.99), microseconds(99));
  EXPECT_EQ(one.percentile(1), microseconds(100));
  EXPECT_EQ(one.percentile(0), microseconds(1));
}

TEST(Histogram, LongOnesAreWithinOnePercent) {
  for (const std::int64_t micros : {127LL, 128LL, 255LL, 256LL, 257LL, 1'000LL, 65'535LL, 65'536LL,
                                    123'456LL, 9'999'999LL, 60'000'000'000LL}) {
    Histogram one;
    one.add(microseconds(micros));
    one.add(std::chrono::hours(100));
    const auto got = static_cast<double>(one.percentile(0.5).count());
    EXPECT_GE(got, static_cast<double>(micros));
    EXPECT_LE(got, static_cast<double>(micros) * 1.01);
  }
}

TEST(Histogram, WhatIsBeyondKeepsItsMaximum) {
  Histogram one;
  one.add(microseconds(-5));
  one.add(std::chrono::hours(2000));
  EXPECT_EQ(one.count(), 2U);
  EXPECT_EQ(one.percentile(0.5), base::Duration(0));
  EXPECT_EQ(one.max(), std::chrono::hours(2000));
}

TEST(Histogram, MergingIsAdding) {
  Histogram a;
  Histogram b;
  Histogram both;
  for (int i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? a : b).add(microseconds(i * 7));
    both.add(microseconds(i * 7));
  }
  a.merge(b);
  EXPECT_EQ(a.count(), both.count());
  EXPECT_EQ(a.max(), both.max());
  for (const double share : {0.1, 0.5, 0.9, 0.99}) {
    EXPECT_EQ(a.percentile(share), both.percentile(share));
  }
}

}  // namespace
}  // namespace bench
