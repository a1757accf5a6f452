// Tests of queue_report.cc: who is told what, when, and once.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class ReportTest : public testing::Test, public QueueFixture {
 protected:
  ReportTest() {
    settings->expire_after = 5 * 24h;
    EXPECT_TRUE(start());
  }
  ~ReportTest() override {
    if (queue) stop();
  }
  ReportTest(const ReportTest&) = delete;
  ReportTest& operator=(const ReportTest&) = delete;

  MessageId send_asking(std::uint8_t notify, const std::vector<std::string>& to = {"b@y.test"}) {
    MessageInfo message = info("a@x.test", to, text);
    for (auto& recipient : message.envelope.recipients) recipient.notify = notify;
    const MessageId id = message.id;
    EXPECT_TRUE(submit(std::move(message), text));
    return id;
  }
  void answer(Outcome outcome) {
    courier.script = [outcome](const Delivery& call, const std::string&) {
      return call.sender.empty() ? FakeCourier::delivered() : outcome;
    };
  }
  [[nodiscard]] std::vector<Action> told() const {
    std::vector<Action> actions;
    for (const auto& asked : notifier.asked) actions.push_back(asked.at(0).action);
    return actions;
  }
  void restart() {
    stop();
    EXPECT_TRUE(start());
  }

  const std::string text = "Subject: hello\r\n\r\nText\r\n";
};

TEST_F(ReportTest, ADelayIsToldOnceAfterFourHours) {
  answer(FakeCourier::deferred("mailbox full"));
  const MessageId id = send("a@x.test", {"b@y.test"});
  run(3h + 59min);
  EXPECT_TRUE(told().empty());
  run(1min + 5s);
  ASSERT_EQ(told(), std::vector{Action::delayed}) << "an attempt was made when it was time";
  const ReportedRecipient& late = notifier.asked[0][0];
  EXPECT_EQ(late.attempt.reply.text(), "451 4.2.0 mailbox full");
  EXPECT_LE(world.wall() - late.attempt.when, 10s);
  EXPECT_GE(late.retry_until - world.wall(), 4 * 24h);
  EXPECT_EQ(store.live.at(id).states, std::vector{RecipientState::pending_told});
  EXPECT_EQ(list().size(), 1U) << "the report has gone, the message waits";
  run(12h);
  restart();
  run(12h);
  EXPECT_EQ(told().size(), 1U) << "once";
  run(5 * 24h);
  EXPECT_EQ(told(), (std::vector{Action::delayed, Action::failed}));
  EXPECT_TRUE(store.live.empty());
}

// The owner of a list hears of its members, the sender of what an alias sent on with our address.
TEST_F(ReportTest, AListsOwnerHearsOfItsMembers) {
  answer(FakeCourier::failed("who is that?"));
  MessageInfo message =
      info("a@x.test", {"b@y.test", "m1@y.test", "c@y.test", "m2@z.test", "o@z.test"}, text);
  auto& recipients = message.envelope.recipients;
  for (const std::size_t member : {1U, 3U}) {
    recipients[member].return_path = address("owner-list@x.test");
    recipients[member].of_list = true;
    recipients[member].notify = message::notify_failure | message::notify_expanded;
  }
  recipients[4].return_path = address("owner-other@x.test");
  recipients[4].of_list = true;
  recipients[2].return_path = address("SRS0=h=d=x.test=a@ours.test");
  EXPECT_TRUE(submit(std::move(message), text));
  run(5s);
  std::map<std::string, std::vector<std::size_t>> told_of;
  ASSERT_FALSE(notifier.asked.empty());
  EXPECT_EQ(notifier.asked.front().front().action, Action::expanded);
  for (const auto& call : courier.calls) {
    if (call.sender.empty()) told_of[call.to.front()];
  }
  EXPECT_TRUE(told_of.contains("a@x.test"));
  EXPECT_TRUE(told_of.contains("owner-list@x.test"));
  EXPECT_TRUE(told_of.contains("owner-other@x.test"));
  EXPECT_EQ(told_of.size(), 3U);
  for (const auto& group : notifier.asked) {
    if (group.front().action != Action::failed) continue;
    for (const auto& one : group) {
      EXPECT_EQ(one.recipient % 2 == 1, group.front().recipient % 2 == 1)
          << "members are told apart from others";
    }
  }
  EXPECT_TRUE(store.live.empty());
}

TEST_F(ReportTest, ADelayOfAWholeDestinationIsToldToo) {
  settings->retry_after = {1min, 12h};
  restart();
  answer(FakeCourier::unreachable());
  for (int i = 0; i < 20; ++i) send("a@x.test", {"b@y.test"});
  run(4h - 1min);
  EXPECT_TRUE(told().empty());
  const std::size_t attempts = courier.calls.size();
  run(2min);
  EXPECT_EQ(told(), std::vector(20, Action::delayed));
  EXPECT_EQ(notifier.asked[0][0].attempt.reply.text(),
            "451 4.4.7 the last answer was: 451 4.4.1 no route");
  EXPECT_EQ(courier.calls.size(), attempts + 20) << "only the reports went";
  EXPECT_EQ(store.live.size(), 20U);
  restart();
  run(24h);
  EXPECT_EQ(told().size(), 20U);
}

TEST_F(ReportTest, NobodyIsToldOfADelayWhoDoesNotWantTo) {
  answer(FakeCourier::deferred("busy"));
  send_asking(message::notify_never);
  send_asking(message::notify_failure);
  send("", {"b@y.test"});
  run(24h);
  EXPECT_TRUE(told().empty());
  send_asking(message::notify_delay);
  run(24h);
  EXPECT_EQ(told(), std::vector{Action::delayed});
}

TEST_F(ReportTest, DelaysCanBeKeptSilent) {
  settings->delay_notice_after = 0h;
  restart();
  answer(FakeCourier::deferred("busy"));
  send("a@x.test", {"b@y.test"});
  run(24h);
  EXPECT_TRUE(told().empty());
}

TEST_F(ReportTest, ADelayIsNotToldOfThoseWhoHaveIt) {
  courier.script = [](const Delivery& call, const std::string& to) {
    return to == "slow@y.test" && !call.sender.empty() ? FakeCourier::deferred("busy")
                                                       : FakeCourier::delivered();
  };
  const MessageId id = send("a@x.test", {"quick@y.test", "slow@y.test"});
  run(5h);
  ASSERT_EQ(told(), std::vector{Action::delayed});
  ASSERT_EQ(notifier.asked[0].size(), 1U);
  EXPECT_EQ(notifier.asked[0][0].recipient, 1U);
  EXPECT_EQ(store.live.at(id).states,
            (std::vector{RecipientState::delivered, RecipientState::pending_told}));
}

TEST_F(ReportTest, SuccessIsToldToWhoAsked) {
  send_asking(message::notify_default);
  send_asking(message::notify_never);
  send_asking(message::notify_failure | message::notify_delay);
  run(1min);
  EXPECT_TRUE(told().empty());
  send_asking(message::notify_success);
  run(1min);
  EXPECT_EQ(told(), std::vector{Action::delivered});
  EXPECT_TRUE(store.live.empty());
}

// RFC 3461 §5.2.2
TEST_F(ReportTest, WhatWasHandedOnIsToldByWhoeverKnows) {
  Outcome outcome = FakeCourier::delivered();
  outcome.handover = Handover::relayed;
  answer(outcome);
  send_asking(message::notify_success);
  run(1min);
  EXPECT_EQ(told(), std::vector{Action::relayed});
  outcome.handover = Handover::passed_on;
  answer(outcome);
  send_asking(message::notify_success);
  run(1min);
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(ReportTest, EachFateIsAReportOfItsOwn) {
  courier.script = [](const Delivery&, const std::string& to) {
    return to == "bad@y.test" ? FakeCourier::failed("no such user") : FakeCourier::delivered();
  };
  send_asking(message::notify_success | message::notify_failure,
              {"good@y.test", "bad@y.test", "fine@y.test"});
  run(1min);
  ASSERT_EQ(told(), (std::vector{Action::failed, Action::delivered}));
  EXPECT_EQ(notifier.asked[0].size(), 1U);
  EXPECT_EQ(notifier.asked[1].size(), 2U);
}

TEST_F(ReportTest, AnExpandedAliasIsToldAtOnceAndOnce) {
  MessageInfo message = info("a@x.test", {"b@y.test", "c@y.test", "d@y.test"}, text);
  for (std::size_t i = 0; i < 2; ++i) {
    message.envelope.recipients[i].original = address("list@x.test");
    message.envelope.recipients[i].notify = message::notify_never | message::notify_expanded;
  }
  EXPECT_TRUE(submit(std::move(message), text));
  ASSERT_EQ(told(), std::vector{Action::expanded});
  ASSERT_EQ(notifier.asked[0].size(), 1U);
  EXPECT_EQ(store.live.size(), 2U) << "the report is safe before the message is answered for";
  run(1min);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_TRUE(store.live.empty());
}

// RFC 3461 §4.3: RET is about failures.
TEST_F(ReportTest, TheWholeMessageComesBackWhenAsked) {
  notifier.returned_max = 1000;
  const auto send_full = [this](std::uint8_t notify) {
    MessageInfo message = info("a@x.test", {"b@y.test"}, text);
    message.envelope.ret = message::Envelope::Ret::full;
    message.envelope.recipients[0].notify = notify;
    EXPECT_TRUE(submit(std::move(message), text));
    run(1min);
  };
  send_full(message::notify_success);
  EXPECT_FALSE(notifier.last_whole);
  answer(FakeCourier::failed("no"));
  send_full(message::notify_default);
  EXPECT_TRUE(notifier.last_whole);
  EXPECT_EQ(notifier.last_header, "Received: from here\r\n" + text);
  notifier.returned_max = 10;
  send_full(message::notify_default);
  EXPECT_FALSE(notifier.last_whole);
}

}  // namespace
}  // namespace queue
