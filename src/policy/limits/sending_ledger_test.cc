// Tests of sending_ledger.h: day limits, the brake, notices, in virtual time.
#include "policy/limits/sending_ledger.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct Events final : base::EventSink {
  void emit(const base::Event& event) override { names.emplace_back(event.name); }
  [[nodiscard]] std::ptrdiff_t count(std::string_view name) const {
    return std::ranges::count(names, name);
  }
  std::vector<std::string> names;
};

// demo.test is ours; the limits are whatever the test says.
class Known final : public directory::Snapshot {
 public:
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return domain == "demo.test";
  }
  [[nodiscard]] directory::Local lookup(const message::Address& /*address*/) const override {
    return directory::Local::foreign;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(
      const message::Address& /*address*/) const override {
    return nullptr;
  }
  [[nodiscard]] directory::Expansion expand(const message::Recipient& recipient) const override {
    return {directory::Local::foreign, {recipient}, {}, {}};
  }
  [[nodiscard]] const directory::Login* login(std::string_view /*name*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool may_send_as(std::string_view /*mailbox*/,
                                 const message::Address& /*address*/) const override {
    return true;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view /*mailbox*/) const override {
    return sending;
  }
  directory::SendingLimits sending;
};

constexpr const char* account = "you@demo.test";

struct Desk {
  Desk() {
    StateImage image;
    image.secret = "a secret";
    ledger.load(image);
  }
  Verdict send(std::size_t first, std::size_t count, const std::string& domain = "far.test") {
    Transaction transaction;
    transaction.account = account;
    for (std::size_t i = first; i < first + count; ++i) {
      message::Recipient recipient;
      recipient.address = {fmt::format("r{}", i), domain};
      transaction.envelope.recipients.push_back(recipient);
    }
    return ledger.judge(transaction, known, now);
  }
  [[nodiscard]] bool passes(std::size_t first, std::size_t count = 1) {
    return send(first, count).kind == Verdict::Kind::accept;
  }

  Events events;
  base::Metrics metrics;
  Known known;
  SendingLedger ledger{std::make_shared<const LimitsSettings>(), events, metrics};
  base::Time now{hours(24 * 365 * 56)};
};

// What a thief with a good password gets out: 60 in ten minutes, then nothing until somebody acts.
TEST(SendingLedger, AThiefIsBrakedAndEverybodyIsToldOnce) {
  Desk desk;
  std::size_t left = 0;
  std::vector<Notice> notices;
  for (std::size_t i = 0; i < 5'000; ++i, desk.now += std::chrono::milliseconds(100)) {
    Verdict verdict = desk.send(i, 1);
    left += verdict.kind == Verdict::Kind::accept ? 1 : 0;
    if (verdict.kind == Verdict::Kind::hold) {
      EXPECT_NE(verdict.reasons.front().find("limits release you@demo.test"), std::string::npos);
    }
    for (Notice& one : verdict.notices) notices.push_back(std::move(one));
  }
  EXPECT_EQ(left, 60U);
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_EQ(notices[0].to.text(), account);
  EXPECT_EQ(notices[1].to.text(), "postmaster@demo.test");
  EXPECT_EQ(desk.events.count("account.held"), 1);
  EXPECT_TRUE(desk.ledger.usage(account, desk.now).braked.has_value());
  desk.now += hours(100);
  EXPECT_EQ(desk.send(0, 1).kind, Verdict::Kind::hold) << "the brake does not let go by itself";
  EXPECT_TRUE(desk.ledger.release(account, desk.now));
  EXPECT_FALSE(desk.ledger.release(account, desk.now));
  EXPECT_TRUE(desk.passes(9'000));
}

// One who is slow enough for the brake is stopped by the day.
TEST(SendingLedger, NewRecipientsOfADay) {
  Desk desk;
  std::size_t left = 0;
  std::size_t warned = 0;
  std::size_t told = 0;
  for (std::size_t i = 0; i < 700; ++i, desk.now += minutes(2)) {
    const Verdict verdict = desk.send(i, 1);
    left += verdict.kind == Verdict::Kind::accept ? 1 : 0;
    const bool hold = verdict.kind == Verdict::Kind::hold;
    (hold ? told : warned) += verdict.notices.size();
    if (i == 159) EXPECT_EQ(verdict.notices.size(), 1U) << "80 % of 200";
  }
  EXPECT_EQ(left, 200U);
  EXPECT_EQ(warned, 1U);
  EXPECT_EQ(told, 2U);
  EXPECT_TRUE(desk.passes(5)) << "those whom it knows may still be written to";
  desk.now += hours(25);
  EXPECT_TRUE(desk.passes(10'000)) << "the window has room again, without a word";
}

TEST(SendingLedger, MessagesOfADayCountByRecipient) {
  Desk desk;
  desk.known.sending = {.new_recipients_per_day_max = 5'000, .new_recipients_brake_max = 5'000};
  EXPECT_TRUE(desk.passes(0, 900));
  EXPECT_FALSE(desk.passes(0, 101)) << "901 … 1001 would pass the limit";
  EXPECT_TRUE(desk.passes(0, 100)) << "exactly the limit";
  EXPECT_FALSE(desk.passes(0));
  EXPECT_EQ(desk.ledger.usage(account, desk.now).messages, 1'000U) << "what is held does not count";
  desk.now += hours(26);
  EXPECT_TRUE(desk.passes(0, 1'000));
}

TEST(SendingLedger, OwnDomainsAreNoNewRecipients) {
  Desk desk;
  const Verdict verdict = desk.send(0, 500, "demo.test");
  EXPECT_EQ(verdict.kind, Verdict::Kind::accept);
  EXPECT_EQ(desk.ledger.usage(account, desk.now).messages, 500U);
  EXPECT_EQ(desk.ledger.usage(account, desk.now).new_recipients, 0U);
}

TEST(SendingLedger, OneRecipientInTwoCasesIsOne) {
  Desk desk;
  for (const char* local : {"Friend", "friend", "FRIEND"}) {
    Transaction transaction;
    transaction.account = account;
    message::Recipient recipient;
    recipient.address = {local, "Far.Test"};
    transaction.envelope.recipients = {recipient, recipient};
    (void)desk.ledger.judge(transaction, desk.known, desk.now);
  }
  EXPECT_EQ(desk.ledger.usage(account, desk.now).new_recipients, 1U);
}

TEST(SendingLedger, BouncesPullTheBrake) {
  Desk desk;
  EXPECT_TRUE(desk.passes(0, 10));
  for (int i = 0; i < 15; ++i) desk.ledger.bounced(account, desk.now);
  EXPECT_TRUE(desk.passes(0)) << "15 are the limit";
  desk.ledger.bounced(account, desk.now);
  const Verdict verdict = desk.send(0, 1);
  EXPECT_EQ(verdict.kind, Verdict::Kind::hold);
  EXPECT_EQ(verdict.notices.size(), 2U);
  desk.ledger.bounced("unknown@demo.test", desk.now);
}

// Nobody may send for hours after the bounces: owner and administrator are told without that.
TEST(SendingLedger, ABrakeIsToldAtOnceAndOnce) {
  Desk desk;
  std::vector<Brake> pulled;
  desk.ledger.on_brake([&](const Brake& brake) {
    EXPECT_EQ(desk.ledger.brakes().size(), 1U) << "called under no lock";
    pulled.push_back(brake);
  });
  EXPECT_TRUE(desk.passes(0, 10));
  for (int i = 0; i < 30; ++i) desk.ledger.bounced(account, desk.now);
  ASSERT_EQ(pulled.size(), 1U);
  EXPECT_EQ(pulled[0].account, account);
  EXPECT_TRUE(pulled[0].hold_reason.starts_with(held_by_limit));
  EXPECT_EQ(pulled[0].notices.size(), 2U);
  EXPECT_EQ(desk.events.count("account.held"), 1);
  EXPECT_TRUE(desk.send(0, 1).notices.empty());
  EXPECT_TRUE(desk.ledger.release(account, desk.now));
  EXPECT_FALSE(desk.passes(100, 61));
  ASSERT_EQ(pulled.size(), 2U);
  EXPECT_TRUE(pulled[1].notices.empty()) << "the mail that pulled it brings them";
}

TEST(SendingLedger, WhatIsReleasedGoesToKnownRecipients) {
  Desk desk;
  EXPECT_FALSE(desk.passes(0, 100));
  std::vector<message::Address> people;
  for (int i = 0; i < 100; ++i) people.push_back({fmt::format("r{}", i), "far.test"});
  desk.ledger.learn(account, people, desk.now);
  EXPECT_TRUE(desk.ledger.release(account, desk.now));
  EXPECT_TRUE(desk.passes(0, 100)) << "the next newsletter";
}

TEST(SendingLedger, SlowBouncesDoNot) {
  Desk desk;
  EXPECT_TRUE(desk.passes(0));
  for (int i = 0; i < 100; ++i, desk.now += minutes(1)) desk.ledger.bounced(account, desk.now);
  EXPECT_TRUE(desk.passes(0)) << "10 or 11 within ten minutes";
}

TEST(SendingLedger, TurnedOffItCountsOnly) {
  Desk desk;
  desk.known.sending.on = false;
  for (std::size_t i = 0; i < 3'000; ++i) {
    const Verdict verdict = desk.send(i, 1);
    EXPECT_EQ(verdict.kind, Verdict::Kind::accept);
    EXPECT_TRUE(verdict.notices.empty());
  }
  EXPECT_EQ(desk.ledger.usage(account, desk.now).messages, 3'000U);
}

// HOUSE invariant 10: the server's own mail has no account.
TEST(Invariant10, MailWithoutAnAccountIsNotCounted) {
  Desk desk;
  EXPECT_EQ(desk.ledger.judge({}, desk.known, desk.now).kind, Verdict::Kind::accept);
  EXPECT_TRUE(desk.ledger.all(desk.now).empty());
}

TEST(SendingLedger, TheLongestUnusedRecipientsAreForgotten) {
  Desk desk;
  desk.known.sending.on = false;
  desk.ledger.set_settings(
      std::make_shared<const LimitsSettings>(LimitsSettings{.known_recipients_max = 100}));
  for (std::size_t i = 0; i < 300; ++i, desk.now += hours(24)) EXPECT_TRUE(desk.passes(i));
  EXPECT_LE(desk.ledger.usage(account, desk.now).known_recipients, 100U);
  EXPECT_GE(desk.ledger.usage(account, desk.now).known_recipients, 85U);
  StateChanges changes;
  desk.ledger.take_changes(changes, desk.now);
  EXPECT_GE(changes.recipients.gone.size(), 200U);
  (void)desk.send(299, 1);
  EXPECT_EQ(desk.ledger.usage(account, desk.now).new_recipients, 1U) << "299 of a day ago only";
}

TEST(SendingLedger, RecipientsAreForgottenAfterTheirTime) {
  Desk desk;
  desk.known.sending.on = false;
  desk.ledger.set_settings(std::make_shared<const LimitsSettings>(
      LimitsSettings{.known_recipients_keep = hours(24 * 30)}));
  EXPECT_TRUE(desk.passes(1));
  desk.now += hours(24 * 20);
  EXPECT_TRUE(desk.passes(2));
  StateChanges changes;
  desk.ledger.take_changes(changes, desk.now);
  EXPECT_EQ(desk.ledger.usage(account, desk.now).known_recipients, 2U);
  desk.now += hours(24 * 11);
  desk.ledger.take_changes(changes, desk.now);
  EXPECT_EQ(desk.ledger.usage(account, desk.now).known_recipients, 1U);
  EXPECT_EQ(changes.recipients.gone.size(), 1U) << "and from state.db";
}

TEST(AccountWindow, AClockThatGoesBackCountsOn) {
  AccountWindow window;
  const base::Time now{hours(1'000)};
  window.add(now, 5, 2);
  window.add(now - hours(30), 1, 1);
  EXPECT_EQ(window.day(now).messages, 6U);
  EXPECT_EQ(window.day(now - hours(30)).messages, 6U);
  EXPECT_EQ(window.day(now + hours(26)).messages, 0U);
}

TEST(AccountWindow, AMalformedRowIsReadAsFarAsItGoes) {
  const AccountWindow window(
      SentRow{.account = account,
              .hours = "1000 5 2,nonsense,1 2,99999999999999999999 1 1,1001 1 0",
              .minutes = "",
              .braked = {},
              .brake_reason = "",
              .warned = {},
              .told = {},
              .administrator_told = {}});
  EXPECT_EQ(window.day(base::Time(hours(1'001))).messages, 6U);
}

}  // namespace
}  // namespace policy
