// Tests of hands.h: what needs a hand, how grave it is, and what is left out.
#include "admin/hands.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace admin {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;

class HandsTest : public testing::Test {
 protected:
  HandsTest() {
    facts.now = base::parse_time("2026-11-23T14:00:00.000Z").value();
    facts.disk_free = 500ULL << 30U;
    facts.disk_total = 1'000ULL << 30U;
    facts.disk_reserve = 256ULL << 20U;
    facts.certificate_end = facts.now + hours(24 * 60);
  }
  // "error disk", the gravest first.
  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    for (const Hand& one : hands_of(facts)) {
      EXPECT_FALSE(one.text.empty());
      EXPECT_FALSE(one.remedy.empty()) << one.text;
      EXPECT_TRUE(one.link.starts_with("/admin/")) << one.link;
      out.push_back(fmt::format("{} {}", to_string(one.severity), one.kind));
    }
    return out;
  }
  queue::DestinationSummary waiting(const std::string& key, base::Duration age,
                                    std::uint32_t failures) {
    base::IdMaker ids(1);
    queue::DestinationSummary line;
    line.key = key;
    line.messages = 3;
    line.oldest = ids.message(facts.now - age);
    line.failures = failures;
    line.last_reply = "451 4.7.1 not today";
    return line;
  }

  Facts facts;
};

TEST_F(HandsTest, NothingWhenAllIsWell) { EXPECT_THAT(kinds(), ElementsAre()); }

TEST_F(HandsTest, TheGravestFirst) {
  facts.bans = 2;
  facts.certificate_end = facts.now + hours(24 * 10);
  facts.trouble = "the disk is full";
  EXPECT_THAT(kinds(), ElementsAre("error queue", "warning certificate", "notice ban"));
}

TEST_F(HandsTest, Certificate) {
  const auto left = [this](base::Duration time) {
    facts.certificate_end = facts.now + time;
    return kinds();
  };
  EXPECT_THAT(left(hours(24 * 15)), ElementsAre());
  EXPECT_THAT(left(hours(24 * 13)), ElementsAre("warning certificate"));
  EXPECT_THAT(left(hours(24)), ElementsAre("error certificate"));
  EXPECT_THAT(left(-hours(1)), ElementsAre("error certificate"));
  EXPECT_THAT(hands_of(facts)[0].text, HasSubstr("has ended"));
  facts.certificate_end.reset();
  EXPECT_THAT(kinds(), ElementsAre());
}

TEST_F(HandsTest, Disk) {
  const auto free = [this](std::uint64_t bytes) {
    facts.disk_free = bytes;
    return kinds();
  };
  EXPECT_THAT(free(facts.disk_total / 19), ElementsAre());
  EXPECT_THAT(free(facts.disk_total / 21), ElementsAre("warning disk"));
  EXPECT_THAT(free(facts.disk_reserve - 1), ElementsAre("error disk"));
  facts.disk_total = 0;
  EXPECT_THAT(free(0), ElementsAre()) << "not known";
}

TEST_F(HandsTest, Destinations) {
  facts.queue.troubled = {waiting("mx:y.test", hours(5), 7), waiting("mx:z.test", hours(50), 0)};
  EXPECT_THAT(kinds(), ElementsAre("warning destination", "notice destination"));
  const Hand first = hands_of(facts)[0];
  EXPECT_EQ(first.text,
            "3 messages for mx:y.test wait, the oldest for 5 hours: 451 4.7.1 not today");
  EXPECT_EQ(first.link, "/admin/queue?destination=mx%3Ay.test");
  EXPECT_THAT(hands_of(facts)[1].text, HasSubstr("2 days"));
  const auto troubled = [this](base::Duration age, std::uint32_t failures) {
    return is_troubled(waiting("mx:y.test", age, failures), facts.now);
  };
  EXPECT_FALSE(troubled(hours(3), 0));
  EXPECT_TRUE(troubled(hours(4), 0));
  EXPECT_FALSE(troubled(std::chrono::minutes(59), 9));
  EXPECT_TRUE(troubled(hours(1), 1));
  queue::DestinationSummary held = waiting("mx:y.test", hours(50), 1);
  held.held = held.messages;
  EXPECT_FALSE(is_troubled(held, facts.now)) << "an operator wants it so";
}

TEST_F(HandsTest, HeldByWhomeverAndWhy) {
  const auto add = [this](const std::string& reason) {
    queue::Summary one;
    one.hold = true;
    one.hold_reason = reason;
    facts.queue.held.push_back(one);
    ++facts.queue.census.counts.held;
  };
  add("operator");
  add("operator");
  add("limit of sending: more than 1000 a day");
  EXPECT_THAT(kinds(), ElementsAre("warning limit", "notice held"));
  EXPECT_EQ(hands_of(facts)[1].text, "2 messages are held: operator");
}

TEST_F(HandsTest, AccountsAndLogIns) {
  policy::Usage usage;
  usage.account = "an@demo.test";
  facts.accounts.push_back(usage);
  EXPECT_THAT(kinds(), ElementsAre()) << "it only sends";
  facts.accounts[0].braked = facts.now;
  facts.accounts[0].brake_reason = "61 new recipients";
  facts.closed_logins.push_back(
      {.login = "root\n", .at = {}, .until = facts.now, .why = "guesses"});
  EXPECT_THAT(kinds(), ElementsAre("error limit", "notice ban"));
  EXPECT_THAT(hands_of(facts)[1].text, testing::Not(HasSubstr("\n")));
}

TEST_F(HandsTest, TheDoctorsFindings) {
  doctor::Result result{.when = facts.now};
  const auto add = [&result](const char* id, doctor::Severity severity, const char* remedy) {
    result.findings.push_back({.id = id,
                               .about = "demo.test",
                               .severity = severity,
                               .known = severity,
                               .what = "is not right",
                               .remedy = remedy});
  };
  add("mx", doctor::Severity::mend, "publish it");
  add("spf", doctor::Severity::warning, "");
  add("dmarc", doctor::Severity::unknown, "");
  add("tls-expiry", doctor::Severity::mend, "renew it");  // seen here
  facts.doctor = result;
  EXPECT_THAT(kinds(), ElementsAre("error doctor", "warning doctor"));
  EXPECT_EQ(hands_of(facts)[0].text, "demo.test: is not right");
  EXPECT_EQ(hands_of(facts)[0].remedy, "publish it");
  EXPECT_EQ(hands_of(facts)[0].link, "/admin/doctor#mx");
  for (int i = 0; i < 1'000; ++i) add("spf", doctor::Severity::warning, "");
  facts.doctor = result;
  EXPECT_LE(kinds().size(), hands_max);
}

}  // namespace
}  // namespace admin
