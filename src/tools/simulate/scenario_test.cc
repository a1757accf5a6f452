// Tests of scenario.h: what is read, and what is said of mistakes.
#include "tools/simulate/scenario.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tools/simulate/scenario_keys.h"

namespace simulate {
namespace {

constexpr std::string_view least = "[[provider]]\nname = \"a\"\n";

std::string mistakes(std::string_view text) {
  const auto read = read_scenario(text, "s.toml");
  return read ? std::string() : read.error().detail;
}

TEST(Scenario, TheDefaultOneIsRight) {
  const auto read = read_scenario(default_scenario(), "default");
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->mail.messages, 1'000'000U);
  ASSERT_EQ(read->providers.size(), 5U);
  EXPECT_EQ(read->providers[0].name, "large webmail");
  EXPECT_TRUE(read->providers[4].dead);
}

TEST(Scenario, EveryKeyIsRead) {
  const auto read = read_scenario(
      R"([mail]
messages = 5
days = 3
domains = 9
pattern = "newsletter"
zipf = 0.5
burst_share = 0.25
burst_every = "12h"
burst_length = "10m"
[[provider]]
name = "p"
domains = 0.5
mail = 2
receivers = 3
latency = "10ms"
processing = "2s"
tarpit = "30s"
addresses = 4
connections_max = 6
messages_per_connection_max = 7
rate_messages = 8
rate_window = "5m"
rate_reply = 451
warmup_messages = 9
warmup_growth_percent = 10
warmup_max = 11
greylist_delay = "4m"
greylist_window = "12h"
greylist_known_after = 13
block_after_refused = 14
block_after_complaints = 15
block_for = "16h"
block_reply = 554
invalid = 0.1
full = 0.2
full_for = "17h"
complaints = 1
dead = false
outage_every = "18d"
outage_for = "19h"
down = "refused"
)",
      "s.toml");
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->mail.pattern, Pattern::newsletter);
  EXPECT_EQ(read->mail.burst_every, std::chrono::hours(12));
  const Provider& provider = read->providers.at(0);
  EXPECT_EQ(provider.domains, 0.5);
  EXPECT_EQ(provider.mail, 2);
  EXPECT_EQ(provider.rate_reply, 451U);
  EXPECT_EQ(provider.block_reply, 554U);
  EXPECT_EQ(provider.greylist_known_after, 13U);
  EXPECT_EQ(provider.complaints, 1);
  EXPECT_EQ(provider.outage_every, std::chrono::hours(18 * 24));
  EXPECT_EQ(provider.down, Down::refused);
  EXPECT_EQ(provider_keys().size(), 31U) << "a new key belongs into this test and docs/simulate.md";
}

struct Case {
  std::string_view text;
  std::string_view said;
};

class Mistakes : public testing::TestWithParam<Case> {};

TEST_P(Mistakes, NameLineAndRemedy) {
  const std::string text = GetParam().text.empty() ? "" : std::string(least);
  EXPECT_EQ(mistakes(text + std::string(GetParam().text)), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    All, Mistakes,
    testing::Values(
        Case{"", "s.toml: provider: nobody receives mail; write one [[provider]] at least"},
        Case{"x = \n",
             "s.toml:3: this is not TOML: Error while parsing key-value pair: expected value, saw "
             "'\\n' (column 5)"},
        Case{"rate_mesages = 5\n",
             "s.toml:3: provider[1].rate_mesages: there is no such key; did you mean "
             "rate_messages?"},
        Case{"xyz = 5\n",
             "s.toml:3: provider[1].xyz: there is no such key; remove it, or see docs/simulate.md"},
        Case{"invalid = 1.5\n", "s.toml:3: provider[1].invalid: 1.5 is out of range; write 0 to 1"},
        Case{"full = nan\n", "s.toml:3: provider[1].full: nan is out of range; write 0 to 1"},
        Case{"invalid = \"1 %\"\n",
             "s.toml:3: provider[1].invalid: is a text in quotes; write a number"},
        Case{"rate_reply = 550\n",
             "s.toml:3: provider[1].rate_reply: write one of these numbers: 421, 450, 451"},
        Case{"[[provider]]\nname = \"a\"\n",
             "s.toml:3: provider[2].name: is another provider's name; give each its own"},
        Case{"[[provider]]\n",
             "s.toml:3: provider[2].name: is missing; write name = \"small "
             "host\""},
        Case{"greylist_delay = \"1h\"\ngreylist_window = \"30m\"\n",
             "s.toml:1: provider[1].greylist_window: ends before greylist_delay is over; make it "
             "longer"},
        Case{"warmup_messages = 10\n",
             "s.toml:1: provider[1].warmup_max: must be more than warmup_messages: it is where the "
             "warm-up ends"},
        Case{"[providers]\n",
             "s.toml:3: providers: there is no such section; write [mail], once, and "
             "[[provider]], once for each"},
        Case{"[mail]\nburst_every = \"1h\"\nburst_length = \"1h\"\n",
             "s.toml: mail.burst_length: a burst must end before the next; make it shorter"}));

TEST(Scenario, OfTheWrongKind) {
  EXPECT_EQ(mistakes("provider = 1\n"),
            "s.toml:1: provider: there may be several of these; write [[provider]] with two "
            "brackets");
  EXPECT_EQ(mistakes("mail = 1\n[[provider]]\nname = \"a\"\n"),
            "s.toml:1: mail: is not a section; write [mail] on a line of its own");
}

TEST(Scenario, HasItsLimits) {
  std::string many;
  for (std::size_t i = 0; i <= providers_max; ++i) {
    many += fmt::format("[[provider]]\nname = \"p{}\"\n", i);
  }
  EXPECT_EQ(mistakes(many), "s.toml:101: provider[51]: write at most 50");
  EXPECT_NE(mistakes(std::string(scenario_bytes_max + 1, '#')), "");
}

}  // namespace
}  // namespace simulate
