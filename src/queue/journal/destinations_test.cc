// Tests of queue/journal/destinations.h: the newest word counts, the earliest goes first.
#include "queue/journal/destinations.h"

#include <gtest/gtest.h>

namespace queue::journal {
namespace {

using std::chrono_literals::operator""s;

Defer until(const std::string& destination, int seconds, std::uint32_t attempts = 1) {
  Defer defer;
  defer.destination = destination;
  defer.next_attempt = base::Time(std::chrono::seconds(seconds));
  defer.attempts = attempts;
  return defer;
}

TEST(JournalDestinations, TheNewestWordCountsUntilItsTime) {
  Destinations destinations;
  destinations.put(until("mx:a", 100, 1));
  destinations.put(until("mx:a", 50, 2));
  destinations.put_older(until("mx:a", 200, 9));
  destinations.put_older(until("mx:b", 20));
  auto now = destinations.in_force(base::Time(10s));
  ASSERT_EQ(now.size(), 2U);
  EXPECT_EQ(now[0].attempts, 2U);
  now = destinations.in_force(base::Time(20s));
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now[0].destination, "mx:a");
  EXPECT_TRUE(destinations.in_force(base::Time(50s)).empty());
}

TEST(JournalDestinations, OfTooManyTheEarliestIsForgotten) {
  Destinations destinations;
  const int count = static_cast<int>(Destinations::destinations_max) * 4;
  for (int i = 0; i < count; ++i) destinations.put(until("mx:" + std::to_string(i), 1 + i));
  const auto left = destinations.in_force(base::Time());
  ASSERT_EQ(left.size(), Destinations::destinations_max);
  for (const Defer& defer : left) {
    EXPECT_GT(defer.next_attempt, base::Time(std::chrono::seconds(count * 3 / 4)));
  }
}

}  // namespace
}  // namespace queue::journal
