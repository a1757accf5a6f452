// Tests of state.h: bans, places, counters and last uses survive a restart.
#include "policy/state/state.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace policy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct Silent final : base::EventSink {
  void emit(const base::Event& /*event*/) override {}
};

class StateTest : public testing::Test {
 protected:
  StateTest() {
    char name[] = "/tmp/stagepost-state-XXXXXX";
    folder_ = mkdtemp(name);
    settings_.state_path = folder_ + "/state.db";
    restart();
  }
  ~StateTest() override {
    state_.reset();
    std::filesystem::remove_all(folder_);
  }
  void restart() {
    if (state_) EXPECT_TRUE(state_->save(now_));
    state_.reset();
    auto opened = State::open(settings_, events_, metrics_, now_);
    ASSERT_TRUE(opened) << opened.error().text();
    state_ = std::move(*opened);
  }

  std::string folder_;
  Settings settings_;
  Silent events_;
  base::Metrics metrics_;
  base::Time now_{hours(24 * 365 * 56)};
  std::unique_ptr<State> state_;
};

io::IpAddress ip(const std::string& text) { return io::IpAddress::parse(text).value(); }

TEST_F(StateTest, BansAndTheirGrowthSurvive) {
  LoginGuard& guard = state_->guard();
  for (int i = 0; i < 10; ++i) guard.failed(ip("203.0.113.7"), "you@demo.test", now_, true);
  ASSERT_TRUE(guard.ban({ip("198.51.100.0"), 24}, hours(5), "guesses for weeks", now_));
  restart();
  EXPECT_TRUE(state_->guard().at_connect(ip("203.0.113.7"), now_).banned);
  EXPECT_EQ(state_->guard().at_connect(ip("198.51.100.9"), now_).why, "guesses for weeks");
  now_ += minutes(15);
  restart();
  EXPECT_FALSE(state_->guard().at_connect(ip("203.0.113.7"), now_).banned);
  for (int i = 0; i < 5; ++i) state_->guard().failed(ip("203.0.113.7"), "a@demo.test", now_, true);
  EXPECT_EQ(state_->guard().at_connect(ip("203.0.113.7"), now_).until - now_, hours(1));
  EXPECT_EQ(state_->guard().lift_all(now_).bans, 2U);
  restart();
  EXPECT_TRUE(state_->guard().bans(now_).empty());
}

TEST_F(StateTest, PlacesAndGuessesSurvive) {
  state_->guard().succeeded(ip("198.51.100.20"), "you@demo.test", now_);
  state_->guard().succeeded(ip("2001:db8::1:2:3"), "You@Demo.Test", now_);
  for (unsigned i = 0; i < 20; ++i) {
    state_->guard().failed(io::IpAddress::v4({20, 0, static_cast<std::uint8_t>(i), 1}),
                           "you@demo.test", now_, true);
  }
  restart();
  EXPECT_TRUE(state_->guard().before_login(ip("192.0.2.1"), "you@demo.test", now_).banned);
  EXPECT_FALSE(state_->guard().before_login(ip("198.51.100.20"), "you@demo.test", now_).banned);
  EXPECT_FALSE(state_->guard().before_login(ip("2001:db8::99"), "you@demo.test", now_).banned);
}

TEST_F(StateTest, SentMailTheBrakeAndRecipientsSurvive) {
  Transaction transaction;
  transaction.account = "you@demo.test";
  for (int i = 0; i < 61; ++i) {
    message::Recipient recipient;
    recipient.address = {"r" + std::to_string(i), "far.test"};
    transaction.envelope.recipients.push_back(recipient);
  }
  struct Known final : directory::Snapshot {
    [[nodiscard]] bool is_local_domain(std::string_view) const override { return false; }
    [[nodiscard]] directory::Local lookup(const message::Address&) const override { return {}; }
    [[nodiscard]] const directory::Mailbox* mailbox(const message::Address&) const override {
      return nullptr;
    }
    [[nodiscard]] directory::Expansion expand(const message::Recipient&) const override {
      return {};
    }
    [[nodiscard]] const directory::Login* login(std::string_view) const override { return nullptr; }
    [[nodiscard]] bool may_send_as(std::string_view, const message::Address&) const override {
      return true;
    }
    [[nodiscard]] directory::SendingLimits limits(std::string_view) const override { return {}; }
  } const known;
  Transaction half = transaction;
  half.envelope.recipients.resize(30);
  EXPECT_EQ(state_->ledger().judge(half, known, now_).kind, Verdict::Kind::accept);
  restart();
  EXPECT_EQ(state_->ledger().usage("you@demo.test", now_).known_recipients, 30U);
  EXPECT_EQ(state_->ledger().judge(half, known, now_).kind, Verdict::Kind::accept);
  EXPECT_EQ(state_->ledger().usage("you@demo.test", now_).new_recipients, 30U) << "known again";
  EXPECT_EQ(state_->ledger().judge(transaction, known, now_).kind, Verdict::Kind::hold);
  restart();
  EXPECT_TRUE(state_->ledger().usage("you@demo.test", now_).braked.has_value());
  EXPECT_EQ(state_->ledger().judge(half, known, now_).kind, Verdict::Kind::hold);
}

TEST_F(StateTest, LastUsesSurviveAndAnErasedPersonDoesNot) {
  state_->last_use().note("you@demo.test", ip("198.51.100.20"), now_);
  state_->last_use().note("You@demo.test/phone", ip("2001:db8::5"), now_);
  state_->last_use().note("you@demo.test.org", ip("192.0.2.9"), now_);
  state_->guard().succeeded(ip("198.51.100.20"), "you@demo.test", now_);
  restart();
  Kept kept = state_->kept("you@demo.test", now_);
  ASSERT_EQ(kept.last_uses.size(), 2U);
  EXPECT_EQ(kept.last_uses[1].login, "you@demo.test/phone");
  EXPECT_EQ(kept.last_uses[1].address, "2001:db8::5");
  EXPECT_EQ(kept.last_uses[1].when, now_);
  EXPECT_EQ(kept.places.size(), 1U);
  EXPECT_TRUE(state_->erase("you@demo.test", now_));
  restart();
  kept = state_->kept("you@demo.test", now_);
  EXPECT_TRUE(kept.last_uses.empty());
  EXPECT_TRUE(kept.places.empty());
  EXPECT_TRUE(state_->last_use().of("you@demo.test.org").has_value()) << "somebody else";
}

TEST_F(StateTest, ContactsSurviveUntilTheirAccountIsErased) {
  const message::Address friendly{"friend", "distant.example"};
  const message::Address caller{"caller", "near.example"};
  state_->contacts().wrote("you@demo.test", {friendly}, now_);
  state_->contacts().received({"you@demo.test", "an@demo.test"}, caller, now_);
  restart();
  Contacts& contacts = state_->contacts();
  EXPECT_EQ(contacts.known({"you@demo.test"}, friendly, now_), Acquaintance::written);
  EXPECT_EQ(contacts.known({"an@demo.test"}, caller, now_), Acquaintance::received);
  EXPECT_EQ(contacts.known({"an@demo.test"}, friendly, now_), Acquaintance::none);
  EXPECT_EQ(contacts.resembling({"you@demo.test"}, "distant.test").size(), 1U);
  EXPECT_EQ(state_->kept("you@demo.test", now_).contacts.domains,
            std::vector<std::string>{"distant.example"});
  EXPECT_TRUE(state_->erase("you@demo.test", now_));
  restart();
  EXPECT_EQ(state_->kept("you@demo.test", now_).contacts.addresses, 0U);
  EXPECT_TRUE(state_->kept("you@demo.test", now_).contacts.domains.empty());
  EXPECT_EQ(state_->contacts().known({"an@demo.test"}, caller, now_), Acquaintance::received);
}

TEST_F(StateTest, WhatIsOldIsForgottenWhereThereIsRoom) {
  const std::string account = "you@demo.test";
  const message::Address friend_of = message::parse_address("friend@far.test").value();
  state_->guard().failed(ip("203.0.113.7"), account, now_, true);
  state_->guard().succeeded(ip("198.51.100.9"), account, now_);
  state_->contacts().wrote(account, {friend_of}, now_);
  ASSERT_TRUE(state_->save(now_));
  EXPECT_EQ(state_->kept(account, now_).places.at(0).places.size(), 1U);
  EXPECT_GT(state_->guard().tracked(), 1U);

  now_ += settings_.guard.place_memory + hours(1);
  ASSERT_TRUE(state_->save(now_));
  EXPECT_TRUE(state_->kept(account, now_).places.empty());
  EXPECT_EQ(state_->guard().tracked(), 0U);
  EXPECT_EQ(state_->kept(account, now_).contacts.addresses, 1U);

  now_ += settings_.impersonation.contacts_keep;
  ASSERT_TRUE(state_->save(now_));
  restart();
  EXPECT_EQ(state_->kept(account, now_).contacts.addresses, 0U);
  EXPECT_TRUE(state_->kept(account, now_).contacts.domains.empty());
}

TEST_F(StateTest, AnOlderFileGetsTheTablesThatItLacks) {
  state_.reset();
  {
    auto database = directory::Database::open(settings_.state_path);
    ASSERT_TRUE(database);
    ASSERT_TRUE(
        (*database)->execute("DROP TABLE contacts; DROP TABLE contact_domains; DROP TABLE greylist;"
                             "PRAGMA user_version = 1"));
  }
  restart();
  state_->contacts().wrote("you@demo.test", {{"friend", "far.example"}}, now_);
  restart();
  EXPECT_EQ(state_->kept("you@demo.test", now_).contacts.addresses, 1U);
}

TEST_F(StateTest, ANewerFileIsRefusedWithWords) {
  state_.reset();
  auto database = directory::Database::open(settings_.state_path);
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->execute("PRAGMA user_version = 99"));
  const auto opened = State::open(settings_, events_, metrics_, now_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, base::ErrorKind::unsupported);
  ASSERT_TRUE((*database)->execute("PRAGMA user_version = 1"));
}

}  // namespace
}  // namespace policy
