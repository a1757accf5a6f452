// Tests of ledger.h: that each kind of mistake is seen.
#include "tools/simulate/ledger.h"

#include <gtest/gtest.h>

namespace simulate {
namespace {

TEST(Ledger, WhatEndsOnceIsRight) {
  Ledger ledger(3);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(ledger.open(base::Duration(i), 7), i);
  ledger.close(0, Fate::delivered);
  ledger.close(2, Fate::expired);
  ledger.audit(1, {0, 1, 1, 0, 1});
  EXPECT_TRUE(ledger.wrong().empty());
  EXPECT_EQ(ledger[1].fate, Fate::queued);
  EXPECT_EQ(ledger[2].domain, 7U);
}

TEST(Ledger, EndingTwiceOrWithoutHavingComeIsWrong) {
  Ledger ledger(1);
  ledger.open({}, 0);
  ledger.close(0, Fate::delivered);
  ledger.close(0, Fate::bounced);
  ledger.close(1, Fate::delivered);
  ASSERT_EQ(ledger.wrong().size(), 2U);
  EXPECT_EQ(ledger.wrong()[0], "message 0 is bounced, but was delivered before");
  EXPECT_EQ(ledger.wrong()[1], "message 1 is delivered, but never came");
}

TEST(Ledger, CountsThatDifferAreWrong) {
  Ledger ledger(2);
  ledger.open({}, 0);
  ledger.open({}, 0);
  ledger.close(0, Fate::delivered);
  ledger.audit(0, {0, 1, 2, 0, 0});
  ASSERT_EQ(ledger.wrong().size(), 2U);
  EXPECT_EQ(ledger.wrong()[0], "1 messages are delivered, but 2 were counted");
  EXPECT_EQ(ledger.wrong()[1], "1 messages have not ended, but the schedule has 0");
}

TEST(Ledger, NotMoreWordsThanAnybodyReads) {
  Ledger ledger(0);
  for (int i = 0; i < 1'000; ++i) ledger.close(5, Fate::bounced);
  EXPECT_EQ(ledger.wrong().size(), Ledger::wrong_max);
}

}  // namespace
}  // namespace simulate
