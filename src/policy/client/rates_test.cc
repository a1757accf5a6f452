// Tests of policy/client/rates.h: buckets of addresses and networks.
#include "policy/client/rates.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

io::IpAddress ip(const std::string& text) { return io::IpAddress::parse(text).value(); }

class RatesTest : public testing::Test {
 protected:
  RatesTest() {
    settings.connections_per_minute_max = 6;
    settings.messages_per_minute_max = 60;
    settings.unknown_recipients_per_hour_max = 2;
    settings.network_factor = 3;
  }
  // How many of `count` were let through.
  int take(const std::string& address, int count, Act act = Act::connection) {
    int taken = 0;
    for (int i = 0; i < count; ++i) taken += rates.take(ip(address), act, settings, now) ? 0 : 1;
    return taken;
  }

  Rates rates;
  RateSettings settings;
  base::Instant now{hours(100)};
};

TEST_F(RatesTest, AllAtOnceThenEvenly) {
  EXPECT_EQ(take("198.51.100.9", 10), 6);
  const auto passed = rates.take(ip("198.51.100.9"), Act::connection, settings, now);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->who.text(), "198.51.100.9/32");
  EXPECT_EQ(passed->max, 6U);
  EXPECT_EQ(passed->wait, seconds(10));
  now += seconds(10);
  EXPECT_EQ(take("198.51.100.9", 10), 1);
  now += seconds(30);
  EXPECT_EQ(take("198.51.100.9", 10), 3);
  now += minutes(10);  // no more than all of it
  EXPECT_EQ(take("198.51.100.9", 10), 6);
}

TEST_F(RatesTest, KindsDoNotMeet) {
  EXPECT_EQ(take("198.51.100.9", 10), 6);
  EXPECT_EQ(take("198.51.100.9", 100, Act::message), 60);
  EXPECT_EQ(take("198.51.100.9", 10, Act::unknown_recipient), 2);
  now += minutes(30);
  EXPECT_EQ(take("198.51.100.9", 10, Act::unknown_recipient), 1);
}

TEST_F(RatesTest, ANetworkHasABucketToo) {
  int taken = 0;
  for (int i = 1; i <= 10; ++i) taken += take("198.51.100." + std::to_string(i), 6);
  EXPECT_EQ(taken, 18);
  EXPECT_EQ(take("198.51.101.1", 6), 6);
  const auto passed = rates.take(ip("198.51.100.99"), Act::connection, settings, now);
  EXPECT_EQ(passed->who.text(), "198.51.100.0/24");
}

TEST_F(RatesTest, AnIpv6SubscriberIsOneAddress) {
  EXPECT_EQ(take("2001:db8:0:1::1", 4), 4);
  EXPECT_EQ(take("2001:db8:0:1:ffff::2", 4), 2);
  EXPECT_EQ(take("2001:db8:0:2::1", 6), 6);
  EXPECT_EQ(take("2001:db8:0:3::1", 6), 6);
  EXPECT_EQ(take("2001:db8:0:4::1", 6), 0);  // the /48
  EXPECT_EQ(take("2001:db8:1:4::1", 6), 6);
}

TEST_F(RatesTest, LookingTakesNothingAndZeroIsNoLimit) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(rates.look(ip("198.51.100.9"), Act::connection, settings, now));
  }
  settings.connections_per_minute_max = 0;
  EXPECT_EQ(take("198.51.100.9", 100), 100);
}

TEST_F(RatesTest, AClockOfAnotherLoopMayBeBehind) {
  EXPECT_EQ(take("198.51.100.9", 6), 6);
  now -= seconds(1);
  EXPECT_EQ(take("198.51.100.9", 6), 0);
}

TEST_F(RatesTest, MemoryIsBounded) {
  settings.tracked_max = 1'000;
  for (unsigned i = 0; i < 20'000; ++i) {
    const auto high = std::to_string(i / 256);
    (void)rates.take(ip("198." + high + "." + std::to_string(i % 256) + ".1"), Act::connection,
                     settings, now);
  }
  EXPECT_LE(rates.tracked(), 1'000U);
  EXPECT_GE(rates.tracked(), 500U);
  // Those at rest go first.
  now += hours(2);
  EXPECT_EQ(take("203.0.113.9", 10), 6);
  for (unsigned i = 0; i < 1'000; ++i) {
    (void)rates.take(ip("198.18." + std::to_string(i % 256) + ".1"), Act::connection, settings,
                     now);
  }
  EXPECT_EQ(take("203.0.113.9", 10), 0);
}

}  // namespace
}  // namespace policy
