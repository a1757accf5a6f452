// Tests of login_guard.h: days of attack in virtual time, and that owners are never locked out.
#include "policy/guard/login_guard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Events final : base::EventSink {
  void emit(const base::Event& event) override { names.emplace_back(event.name); }
  std::vector<std::string> names;
};

io::IpAddress ip(const std::string& text) { return io::IpAddress::parse(text).value(); }
io::IpNetwork net(const std::string& text) { return io::IpNetwork::parse(text).value(); }

constexpr const char* owner = "you@demo.test";

struct Attack {
  explicit Attack(GuardSettings settings = {})
      : guard(std::make_shared<const GuardSettings>(std::move(settings)), events, metrics) {}

  // A wrong password; true: it was really looked at.
  bool guess(const io::IpAddress& from, std::string_view login = owner) {
    if (guard.at_connect(from, now).banned || guard.before_login(from, login, now).banned) {
      return false;
    }
    guard.failed(from, login, now, true);
    return true;
  }
  void log_in(const io::IpAddress& from, std::string_view login = owner) {
    (void)guard.before_login(from, login, now);
    guard.succeeded(from, login, now);
  }
  [[nodiscard]] bool welcome(const io::IpAddress& from, std::string_view login = owner) {
    if (guard.at_connect(from, now).banned) return false;
    if (guard.before_login(from, login, now).banned) return false;
    guard.undecided(from, login, now);
    return true;
  }

  Events events;
  base::Metrics metrics;
  LoginGuard guard;
  base::Time now{hours(24 * 365 * 56)};
};

// How many guesses of one every `pause` pass within each of the three spans.
struct Passed {
  std::size_t hour = 0;
  std::size_t day = 0;
  std::size_t second_day = 0;
};
Passed besiege(Attack& attack, base::Duration pause,
               const std::function<std::pair<io::IpAddress, std::string>(std::size_t)>& next) {
  Passed passed;
  const base::Time start = attack.now;
  for (std::size_t i = 0; attack.now < start + hours(48); ++i, attack.now += pause) {
    const auto [from, login] = next(i);
    if (!attack.guess(from, login)) continue;
    const base::Duration since = attack.now - start;
    if (since < hours(1)) ++passed.hour;
    ++(since < hours(24) ? passed.day : passed.second_day);
  }
  return passed;
}

// The numbers of login_guard.h, for thieves of all degrees of patience.
struct Siege {
  const char* name;
  std::function<std::pair<io::IpAddress, std::string>(std::size_t)> next;
  Passed at_once;  // one guess a second
  Passed patient;  // at most, at any pace
};

std::string of_24(std::size_t i) { return fmt::format("203.0.113.{}", (i % 254) + 1); }
std::string of_botnet(std::size_t i, std::size_t networks) {
  const std::size_t n = i % networks;
  return fmt::format("{}.{}.{}.9", 11 + (n / 65'536), (n / 256) % 256, n % 256);
}

TEST(LoginGuard, DaysOfGuesses) {
  const std::vector<Siege> sieges = {
      {"one address, one log-in",
       [](std::size_t) { return std::pair(ip("203.0.113.7"), owner); },
       {15, 25, 5},
       {15, 38, 28}},
      {"one address, all log-ins",
       [](std::size_t i) { return std::pair(ip("203.0.113.7"), fmt::format("u{}@demo.test", i)); },
       {15, 25, 5},
       {15, 38, 28}},
      {"an IPv6 /64, all log-ins",
       [](std::size_t i) {
         return std::pair(ip(fmt::format("2001:db8::{:x}:{:x}", i / 65'536, i % 65'536)),
                          fmt::format("u{}@demo.test", i));
       },
       {15, 25, 5},
       {15, 38, 28}},
      {"a /24, all log-ins",
       [](std::size_t i) { return std::pair(ip(of_24(i)), fmt::format("u{}@demo.test", i)); },
       {90, 150, 30},
       {91, 228, 168}},
      {"a /24, one log-in",
       [](std::size_t i) { return std::pair(ip(of_24(i)), owner); },
       {23, 77, 57},
       {23, 77, 57}},
      {"10 networks, one log-in",
       [](std::size_t i) { return std::pair(ip(of_botnet(i, 10)), owner); },
       {23, 77, 57},
       {23, 77, 57}},
      {"60,000 networks, one log-in",
       [](std::size_t i) { return std::pair(ip(of_botnet(i, 60'000)), owner); },
       {23, 77, 57},
       {23, 77, 57}},
  };
  for (const Siege& siege : sieges) {
    for (const int pace : {1, 10, 60, 100, 300, 600, 1'200, 1'800, 3'600}) {
      Attack attack;
      const Passed passed = besiege(attack, seconds(pace), siege.next);
      const Passed& most = pace == 1 ? siege.at_once : siege.patient;
      EXPECT_LE(passed.hour, most.hour) << siege.name << ", one in " << pace << " s";
      EXPECT_LE(passed.day, most.day) << siege.name << ", one in " << pace << " s";
      EXPECT_LE(passed.second_day, most.second_day) << siege.name << ", one in " << pace << " s";
    }
  }
}

// 65,536 /48s of 2001:db8::/32: few of them are remembered, and the real ban stays.
TEST(LoginGuard, AProvidersNetworkIsShutOutAsAWholeAndCostsNoMemory) {
  Attack attack;
  ASSERT_TRUE(attack.guard.ban(net("198.51.100.7"), hours(48), "guesses", attack.now));
  const Passed passed = besiege(attack, seconds(1), [](std::size_t i) {
    return std::pair(ip(fmt::format("2001:db8:{:x}:{:x}::{:x}", i % 65'536, i % 7, i % 5)),
                     fmt::format("u{}@demo.test", i));
  });
  EXPECT_LE(passed.hour, 452U);
  EXPECT_LE(passed.day, 760U);
  EXPECT_LT(attack.guard.tracked(), 4'000U);
  EXPECT_TRUE(attack.guard.at_connect(ip("198.51.100.7"), attack.now - hours(1)).banned);
}

TEST(LoginGuard, MemoryIsBoundedAndBansAreNotPushedOut) {
  Attack attack({.tracked_max = 1'000, .bans_max = 500});
  for (int i = 0; i < 10; ++i) attack.guess(ip("203.0.113.7"));
  ASSERT_TRUE(attack.guard.at_connect(ip("203.0.113.7"), attack.now).banned);
  for (unsigned i = 0; i < 200'000; ++i) {
    attack.guess(ip(fmt::format("{}.{}.{}.1", 20 + (i >> 16U), (i >> 8U) & 255U, i & 255U)),
                 fmt::format("nobody{}@demo.test", i));
    ASSERT_LE(attack.guard.tracked(), 2'002U);
  }
  EXPECT_TRUE(attack.guard.at_connect(ip("203.0.113.7"), attack.now).banned);
  attack.now += minutes(16);
  for (int i = 0; i < 5; ++i) attack.guess(ip("203.0.113.7"));
  EXPECT_NEAR(std::chrono::duration<double>(attack.guard.bans(attack.now).back().until - attack.now)
                  .count(),
              3600, 3600 * 0.1)
      << "the second ban is longer: the first was not forgotten";
}

// HOUSE invariant 9: own users and administrators cannot lock themselves out.
TEST(Invariant9, TheOwnerGoesOnWhileABotnetGuessesAtHisAccount) {
  Attack attack;
  const io::IpAddress home = ip("198.51.100.20");
  attack.log_in(home);
  for (unsigned i = 0; i < 50'000; ++i, attack.now += seconds(1)) {
    attack.guess(ip(fmt::format("{}.{}.{}.1", 20 + (i >> 16U), (i >> 8U) & 255U, i & 255U)));
    if (i % 100 != 0) continue;
    ASSERT_TRUE(attack.welcome(home)) << i;
    ASSERT_TRUE(attack.welcome(ip("198.51.100.99"))) << "a neighbouring address, " << i;
  }
  EXPECT_FALSE(attack.welcome(ip("192.0.2.200"))) << "unknown places have to wait";
  EXPECT_TRUE(attack.welcome(ip("192.0.2.200"), "you@demo.test/phone")) << "another log-in";
}

TEST(Invariant9, OneBadClientDoesNotShutOutTheOthersBehindItsAddress) {
  Attack attack;
  const io::IpAddress office = ip("198.51.100.20");
  attack.log_in(office, "good@demo.test");
  for (unsigned i = 0; i < 2'000; ++i, attack.now += seconds(5)) {
    attack.guess(office, fmt::format("u{}@demo.test", i));
    ASSERT_TRUE(attack.welcome(office, "good@demo.test")) << i;
  }
  EXPECT_EQ(attack.guard.bans(attack.now).size(), 1U) << "it is banned all the same";
  EXPECT_FALSE(attack.welcome(office, "new@demo.test"));
}

TEST(Invariant9, AnOldPasswordInAPhoneShutsNobodyOut) {
  Attack attack;
  const io::IpAddress home = ip("198.51.100.20");
  attack.log_in(home);
  for (int i = 0; i < 3 * 24 * 60; ++i, attack.now += minutes(1)) {
    ASSERT_TRUE(attack.guess(home)) << "the phone, minute " << i;
    ASSERT_TRUE(attack.welcome(home)) << "the laptop";
  }
  EXPECT_TRUE(attack.guard.bans(attack.now).empty());
}

TEST(Invariant9, PrivateRangesAreNeverBanned) {
  for (const char* text : {"127.0.0.1", "10.1.2.3", "192.168.1.5", "::1", "fd00::5", "fe80::1"}) {
    Attack attack;
    for (int i = 0; i < 5'000; ++i) EXPECT_TRUE(attack.guess(ip(text))) << text;
    EXPECT_FALSE(attack.guard.at_connect(ip(text), attack.now).banned) << text;
    const Standing standing = attack.guard.before_login(ip(text), owner, attack.now);
    EXPECT_FALSE(standing.banned) << text;
    EXPECT_EQ(standing.delay, seconds(10)) << text;
    EXPECT_TRUE(attack.guard.bans(attack.now).empty()) << text;
    EXPECT_FALSE(attack.guard.ban(net(text), hours(1), "", attack.now)) << text;
    EXPECT_TRUE(attack.welcome(ip("192.0.2.1"))) << "nor does it close the log-in for others";
  }
}

TEST(Invariant9, TheAllowListWinsOverEverything) {
  Attack attack({.allow = {net("203.0.113.0/24")}});
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(attack.guess(ip("203.0.113.7")));
  ASSERT_TRUE(attack.guard.ban(net("203.0.113.7"), hours(1), "by mistake", attack.now));
  EXPECT_TRUE(attack.welcome(ip("203.0.113.7")));
  EXPECT_EQ(attack.guard.before_login(ip("203.0.113.7"), owner, attack.now).delay, seconds(0));
}

TEST(LoginGuard, DelaysGrowAndAreBounded) {
  Attack attack({.address_failures_max = 100, .account_failures_max = 100});
  const std::vector<int> expected = {0, 0, 0, 1, 2, 4, 8, 10, 10};
  for (const int wait : expected) {
    const Standing standing = attack.guard.before_login(ip("203.0.113.7"), owner, attack.now);
    EXPECT_EQ(standing.delay, seconds(wait));
    attack.guard.failed(ip("203.0.113.7"), owner, attack.now, true);
  }
}

TEST(LoginGuard, BansGrowWithRepetitionAndSayWhyAndUntil) {
  Attack attack;
  const std::vector<base::Duration> expected = {minutes(15), hours(1), hours(4), hours(24),
                                                hours(24)};
  for (const base::Duration time : expected) {
    while (attack.guess(ip("203.0.113.7"))) {
    }
    const Standing standing = attack.guard.at_connect(ip("203.0.113.7"), attack.now);
    ASSERT_TRUE(standing.banned);
    EXPECT_EQ(standing.until - attack.now, time);
    EXPECT_NE(standing.why.find("with a wrong password from 203.0.113.7/32"), std::string::npos)
        << standing.why;
    attack.now = standing.until;
    EXPECT_TRUE(attack.welcome(ip("203.0.113.7"))) << "it has expired";
  }
  attack.now += hours(24 * 8);
  while (attack.guess(ip("203.0.113.7"))) {
  }
  EXPECT_EQ(attack.guard.at_connect(ip("203.0.113.7"), attack.now).until - attack.now, minutes(15))
      << "after a week of peace it is a first ban again";
}

// An attempt that is under way counts: a thousand at once are no way around.
TEST(LoginGuard, ManyGuessesAtOnceDoNotPassTogether) {
  Attack attack;
  int passed = 0;
  for (int i = 0; i < 1'000; ++i) {
    passed += attack.guard.before_login(ip("203.0.113.7"), owner, attack.now).banned ? 0 : 1;
  }
  EXPECT_EQ(passed, 10);
  for (int i = 0; i < passed; ++i) attack.guard.undecided(ip("203.0.113.7"), owner, attack.now);
  EXPECT_TRUE(attack.welcome(ip("203.0.113.7"))) << "undecided ones count for nothing";
}

TEST(LoginGuard, TheAnswersDoNotTellWhetherAnAccountExists) {
  Attack attack;
  int existing = 0;
  int missing = 0;
  for (unsigned i = 0; i < 100; ++i) {
    const io::IpAddress from = ip(fmt::format("20.0.{}.1", i));
    if (!attack.guard.before_login(from, owner, attack.now).banned) {
      attack.guard.failed(from, owner, attack.now, true);
      ++existing;
    }
    if (!attack.guard.before_login(from, "no@demo.test", attack.now).banned) {
      attack.guard.failed(from, "no@demo.test", attack.now, false);
      ++missing;
    }
  }
  EXPECT_EQ(existing, 20);
  EXPECT_EQ(missing, 20);
}

TEST(LoginGuard, OperatorsBanAndLift) {
  Attack attack;
  attack.log_in(ip("203.0.113.7"));
  EXPECT_FALSE(attack.guard.ban(net("0.0.0.0/0"), hours(1), "", attack.now));
  EXPECT_FALSE(attack.guard.ban(net("2000::/3"), hours(1), "", attack.now));
  EXPECT_FALSE(attack.guard.ban(net("203.0.113.7"), seconds(0), "", attack.now));
  ASSERT_TRUE(attack.guard.ban(net("203.0.113.9/24"), hours(1), "go away", attack.now));
  EXPECT_FALSE(attack.welcome(ip("203.0.113.7"))) << "an operator means also known places";
  ASSERT_EQ(attack.guard.bans(attack.now).size(), 1U);
  EXPECT_EQ(attack.guard.bans(attack.now)[0].network.text(), "203.0.113.0/24");
  for (int i = 0; i < 10; ++i) attack.guess(ip("2001:db8::1"));
  EXPECT_EQ(attack.guard.lift(net("192.0.2.1"), attack.now).bans, 0U);
  EXPECT_EQ(attack.guard.lift(net("2001:db8::77"), attack.now).bans, 1U) << "its /64 was banned";
  EXPECT_TRUE(attack.guess(ip("2001:db8::1"), "other@demo.test")) << "and its failures are gone";
  EXPECT_EQ(attack.guard.lift_all(attack.now).bans, 1U);
  EXPECT_TRUE(attack.welcome(ip("203.0.113.7")));
}

// Nobody is banned, and yet the owner cannot log in from anywhere new: this must be seen and ended.
TEST(LoginGuard, AClosedLogInIsListedAndLifted) {
  Attack attack;
  const auto besieged = [&attack](std::string_view login) {
    for (std::size_t i = 0; i < 40; ++i, attack.now += seconds(1)) {
      attack.guess(ip(of_botnet(i, 40)), login);
    }
  };
  EXPECT_TRUE(attack.guard.closed_logins(attack.now).empty());
  for (const char* login : {owner, "You@demo.test/Phone", "other@demo.test"}) besieged(login);
  EXPECT_EQ(std::ranges::count(attack.events.names, "guard.login_closed"), 3);
  EXPECT_TRUE(attack.guard.bans(attack.now).empty());
  const auto closed = attack.guard.closed_logins(attack.now);
  ASSERT_EQ(closed.size(), 3U);
  EXPECT_EQ(closed[1].login, owner);
  EXPECT_EQ(closed[1].why,
            "21 wrong passwords from many places; where it was used lately it goes on");
  attack.now += minutes(1);
  const Standing told = attack.guard.before_login(ip("198.51.100.7"), owner, attack.now);
  ASSERT_TRUE(told.banned && told.worth_event);
  EXPECT_NE(told.why.find("until " + base::format_time(told.until)), std::string::npos) << told.why;
  EXPECT_FALSE(attack.guard.before_login(ip("198.51.100.8"), owner, attack.now).worth_event);

  EXPECT_EQ(attack.guard.lift_login("nobody@demo.test", attack.now).logins, 0U);
  EXPECT_EQ(attack.guard.lift_login("you@demo.test/phone", attack.now).logins, 1U);
  EXPECT_EQ(attack.guard.closed_logins(attack.now).size(), 2U) << "the account's own is closed";
  besieged("you@demo.test/phone");
  EXPECT_EQ(attack.guard.lift_login("YOU@demo.test", attack.now).logins, 2U);
  EXPECT_TRUE(attack.welcome(ip("198.51.100.7")));
  EXPECT_EQ(attack.guard.lift_all(attack.now).logins, 1U);
  EXPECT_TRUE(attack.welcome(ip("198.51.100.7"), "other@demo.test"));
  EXPECT_TRUE(attack.guard.closed_logins(attack.now).empty());
}

TEST(LoginGuard, AClosedLogInOpensWhenItSaysSo) {
  Attack attack({.delay_max = seconds(0)});
  for (std::size_t i = 0; i < 40; ++i, attack.now += seconds(1)) attack.guess(ip(of_botnet(i, 40)));
  const auto closed = attack.guard.closed_logins(attack.now);
  ASSERT_EQ(closed.size(), 1U);
  attack.now = closed[0].until - seconds(2);
  EXPECT_EQ(attack.guard.closed_logins(attack.now).size(), 1U);
  EXPECT_FALSE(attack.welcome(ip("198.51.100.7")));
  attack.now = closed[0].until;
  EXPECT_TRUE(attack.guard.closed_logins(attack.now).empty());
  EXPECT_TRUE(attack.welcome(ip("198.51.100.7")));
}

TEST(LoginGuard, TooManyMistakesAtHomeAreListedAndLiftedByTheAddress) {
  Attack attack;
  attack.log_in(ip("203.0.113.7"));
  for (int i = 0; i < 60; ++i) attack.guess(ip("203.0.113.7"));
  const auto closed = attack.guard.closed_logins(attack.now);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].at, ip("203.0.113.7"));
  EXPECT_FALSE(attack.welcome(ip("203.0.113.7")));
  EXPECT_EQ(attack.guard.lift(net("203.0.113.7"), attack.now).logins, 1U);
  EXPECT_TRUE(attack.welcome(ip("203.0.113.7")));
}

TEST(LoginGuard, AWiderBanThatGoesOnIsNamed) {
  Attack attack;
  ASSERT_TRUE(attack.guard.ban(net("198.51.100.0/24"), hours(1), "", attack.now));
  ASSERT_TRUE(attack.guard.ban(net("198.51.100.7"), hours(1), "", attack.now));
  const Lifted lifted = attack.guard.lift(net("198.51.100.7"), attack.now);
  EXPECT_EQ(lifted.bans, 1U);
  ASSERT_EQ(lifted.still_by.size(), 1U);
  EXPECT_EQ(lifted.still_by[0].text(), "198.51.100.0/24");
  EXPECT_TRUE(attack.guard.lift(net("198.51.100.0/24"), attack.now).still_by.empty());
}

TEST(LoginGuard, TurnedOffItLetsEverythingPass) {
  Attack attack({.on = false});
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(attack.guess(ip("203.0.113.7")));
}

TEST(LoginGuard, ARefusalIsWorthAnEventOnceAMinute) {
  Attack attack;
  while (attack.guess(ip("203.0.113.7"))) {
  }
  attack.now += minutes(2);
  EXPECT_TRUE(attack.guard.at_connect(ip("203.0.113.7"), attack.now).worth_event);
  EXPECT_FALSE(attack.guard.at_connect(ip("203.0.113.7"), attack.now).worth_event);
  attack.now += minutes(1);
  EXPECT_TRUE(attack.guard.at_connect(ip("203.0.113.7"), attack.now).worth_event);
}

}  // namespace
}  // namespace policy
