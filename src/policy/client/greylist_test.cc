// Tests of policy/client/greylist.h: who has to come again, and who is known.
#include "policy/client/greylist.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class GreylistTest : public testing::Test {
 protected:
  GreylistTest() {
    StateImage image;
    image.secret = "secret";
    list.load(image);
  }
  GreylistAnswer ask(const std::string& client, const std::string& sender = "a@x.test",
                     const std::string& recipient = "you@home.test") {
    return list.ask(io::IpAddress::parse(client).value(), message::parse_address(sender).value(),
                    message::parse_address(recipient).value(), settings, now);
  }
  // As after a restart.
  void restart() {
    StateChanges changes;
    list.take_changes(changes, settings, now);
    for (const auto& row : changes.greylist.set) {
      std::erase_if(kept.greylist, [&row](const auto& one) { return one.hash == row.hash; });
      kept.greylist.push_back(row);
    }
    for (const std::uint64_t gone : changes.greylist.gone) {
      std::erase_if(kept.greylist, [gone](const auto& one) { return one.hash == gone; });
    }
    kept.secret = "secret";
    std::destroy_at(&list);
    std::construct_at(&list);
    list.load(kept);
  }

  Greylist list;
  GreylistSettings settings;
  StateImage kept;
  base::Time now{hours(24 * 365 * 56)};
};

TEST_F(GreylistTest, HasToComeAgainInTime) {
  GreylistAnswer answer = ask("198.51.100.9");
  EXPECT_FALSE(answer.passed);
  EXPECT_EQ(answer.wait, minutes(5));
  now += minutes(2);
  answer = ask("198.51.100.9");
  EXPECT_FALSE(answer.passed);
  EXPECT_EQ(answer.wait, minutes(3));
  now += minutes(3);
  EXPECT_TRUE(ask("198.51.100.77").passed);  // a neighbour in the /24
  EXPECT_TRUE(ask("198.51.100.9").passed);
  now += days(34);
  EXPECT_TRUE(ask("198.51.100.9").passed);
  now += days(34);
  EXPECT_TRUE(ask("198.51.100.9").passed);
  now += days(36);
  EXPECT_FALSE(ask("198.51.100.9").passed);
}

TEST_F(GreylistTest, TooLateIsAFirstContactAgain) {
  EXPECT_FALSE(ask("198.51.100.9").passed);
  now += hours(25);
  EXPECT_EQ(ask("198.51.100.9").wait, minutes(5));
  now += minutes(5);
  EXPECT_TRUE(ask("198.51.100.9").passed);
}

TEST_F(GreylistTest, WhoIsTheSame) {
  const struct {
    const char* client;
    const char* sender;
    const char* recipient;
    bool by_domain;
    bool same;
  } cases[] = {
      {"198.51.100.10", "A@X.test", "You@HOME.test", false, true},
      {"198.51.101.9", "a@x.test", "you@home.test", false, false},
      {"198.51.100.9", "b@x.test", "you@home.test", false, false},
      {"198.51.100.9", "a@y.test", "you@home.test", false, false},
      {"198.51.100.9", "a@x.test", "other@home.test", false, false},
      {"198.51.100.9", "bounce-1234@x.test", "you@home.test", true, true},
      {"198.51.100.9", "a@y.test", "you@home.test", true, false},
  };
  for (const auto& c : cases) {
    settings.by_domain = c.by_domain;
    now += days(100);
    EXPECT_FALSE(ask("198.51.100.9").passed);
    now += minutes(6);
    EXPECT_EQ(ask(c.client, c.sender, c.recipient).passed, c.same) << c.client << c.sender;
  }
}

TEST_F(GreylistTest, AnIpv6SubscriberIsOneClient) {
  EXPECT_FALSE(ask("2001:db8:0:1::1").passed);
  now += minutes(6);
  EXPECT_TRUE(ask("2001:db8:0:1:2::2").passed);
  EXPECT_FALSE(ask("2001:db8:0:2::1").passed);
}

TEST_F(GreylistTest, ANetworkThatComesAgainOftenIsKnown) {
  for (int i = 0; i < 5; ++i) {
    const std::string sender = "s" + std::to_string(i) + "@x.test";
    EXPECT_FALSE(ask("198.51.100.9", sender).passed) << i;
    now += minutes(6);
    EXPECT_TRUE(ask("198.51.100.9", sender).passed) << i;
  }
  EXPECT_TRUE(ask("198.51.100.9", "new@y.test", "other@home.test").passed);
  settings.successes_min = 0;
  EXPECT_FALSE(ask("198.51.100.9", "newer@y.test").passed);
}

TEST_F(GreylistTest, IsKeptOverARestartAndOnlyAsHashes) {
  EXPECT_FALSE(ask("198.51.100.9").passed);
  restart();
  now += minutes(6);
  EXPECT_TRUE(ask("198.51.100.9").passed);
  restart();
  EXPECT_EQ(kept.greylist.size(), 2U);  // the mail and its network
  now += days(30);
  EXPECT_TRUE(ask("198.51.100.9").passed);
  EXPECT_TRUE(ask("198.51.100.9").why.starts_with("known since 20"));
}

TEST_F(GreylistTest, IsForgottenAfterItsTimeWhereThereIsRoom) {
  EXPECT_FALSE(ask("198.51.100.9").passed);
  EXPECT_FALSE(ask("203.0.113.5", "never@came.again").passed);
  now += minutes(6);
  EXPECT_TRUE(ask("198.51.100.9").passed);
  restart();
  EXPECT_EQ(kept.greylist.size(), 3U);
  now += settings.window + minutes(1);
  restart();
  EXPECT_EQ(kept.greylist.size(), 2U) << "who never came again";
  now += settings.known_for;
  restart();
  EXPECT_EQ(kept.greylist.size(), 0U);
  EXPECT_EQ(list.size(), 0U);
}

TEST_F(GreylistTest, AClockThatWentBackIsAFirstContact) {
  EXPECT_FALSE(ask("198.51.100.9").passed);
  now -= hours(5);
  EXPECT_EQ(ask("198.51.100.9").wait, minutes(5));
}

TEST_F(GreylistTest, MemoryIsBoundedAndThoseThatCameAgainStay) {
  settings.entries_max = 1'000;
  EXPECT_FALSE(ask("198.51.100.9").passed);
  now += minutes(6);
  EXPECT_TRUE(ask("198.51.100.9").passed);
  for (int i = 0; i < 10'000; ++i) {
    now += seconds(1);
    (void)ask("203.0.113.9", "spam" + std::to_string(i) + "@x.test");
    ASSERT_LE(list.size(), 1'000U);
  }
  EXPECT_TRUE(ask("198.51.100.9").passed);
  restart();
  EXPECT_LE(kept.greylist.size(), 1'000U);
}

}  // namespace
}  // namespace policy
