// Tests of deadlines that a sender sets (RFC 2852): in the schedule, and what he is told.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using message::DeliverBy;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class DeliverByTest : public testing::Test, public QueueFixture {
 protected:
  DeliverByTest() {
    settings->expire_after = 5 * 24h;
    EXPECT_TRUE(start());
  }
  ~DeliverByTest() override {
    if (queue) stop();
  }
  DeliverByTest(const DeliverByTest&) = delete;
  DeliverByTest& operator=(const DeliverByTest&) = delete;

  MessageId send_by(base::Duration after, DeliverBy::Mode mode, bool trace = false,
                    std::uint8_t wanted = message::notify_default) {
    MessageInfo message = info("a@x.test", {"b@y.test"}, text);
    message.envelope.by = {.mode = mode, .trace = trace, .deadline = world.wall() + after};
    message.envelope.recipients[0].notify = wanted;
    const MessageId id = message.id;
    EXPECT_TRUE(submit(std::move(message), text));
    return id;
  }
  void answer(Outcome outcome) {
    courier.script = [outcome](const Delivery& call, const std::string&) {
      return call.sender.empty() ? FakeCourier::delivered() : outcome;
    };
  }
  void hand_over(Handover handover, bool by_kept) {
    Outcome outcome = FakeCourier::delivered();
    outcome.handover = handover;
    outcome.by_kept = by_kept;
    answer(outcome);
  }
  [[nodiscard]] std::vector<Action> told() const {
    std::vector<Action> actions;
    for (const auto& asked : notifier.asked) actions.push_back(asked.at(0).action);
    return actions;
  }

  static constexpr auto give_back = DeliverBy::Mode::give_back;
  static constexpr auto notify = DeliverBy::Mode::notify;
  const std::string text = "Subject: hello\r\n\r\nText\r\n";
};

TEST_F(DeliverByTest, WhatIsInTimeIsLikeAnyOther) {
  send_by(60s, give_back);
  send_by(60s, notify);
  run(120s);
  EXPECT_EQ(courier.calls.size(), 2U);
  EXPECT_TRUE(told().empty());
  EXPECT_TRUE(store.live.empty());
}

TEST_F(DeliverByTest, ItComesBackAtItsTime) {
  answer(FakeCourier::deferred("mailbox full"));
  send_by(150s, give_back);
  run(149s);
  EXPECT_TRUE(told().empty());
  const std::size_t attempts = courier.calls.size();
  EXPECT_EQ(attempts, 2U);
  run(5s);
  ASSERT_EQ(told(), std::vector{Action::failed});
  EXPECT_TRUE(notifier.asked[0][0].by);
  EXPECT_TRUE(notifier.asked[0][0].attempt.reply.text().contains("451 4.2.0 mailbox full"));
  EXPECT_EQ(courier.calls.size(), attempts + 1) << "the report; it was not tried again";
  run(1h);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(DeliverByTest, ItComesBackFromADestinationThatIsNotThere) {
  settings->retry_after = {12h};
  stop();
  EXPECT_TRUE(start());
  answer(FakeCourier::unreachable());
  send_by(100s, give_back);
  run(99s);
  EXPECT_TRUE(told().empty());
  run(15s);
  ASSERT_EQ(told(), std::vector{Action::failed});
  EXPECT_TRUE(notifier.asked[0][0].by);
}

TEST_F(DeliverByTest, ADeadlineOutlivesARestart) {
  answer(FakeCourier::deferred("later"));
  send_by(30min, give_back);
  run(10min);
  stop();
  EXPECT_TRUE(start());
  run(19min);
  EXPECT_TRUE(told().empty());
  run(2min);
  EXPECT_EQ(told(), std::vector{Action::failed});
}

// It lay here, in its journal, for longer than its sender wanted.
TEST_F(DeliverByTest, WhatCouldNotBeTriedInTimeIsNotTried) {
  answer(FakeCourier::deferred("later"));
  send_by(150s, give_back);
  run(1s);
  stop();
  run(1h);
  answer(FakeCourier::delivered());
  const std::size_t attempts = courier.calls.size();
  EXPECT_TRUE(start());
  run(10s);
  EXPECT_EQ(told(), std::vector{Action::failed});
  EXPECT_EQ(courier.calls.size(), attempts + 1) << "the report alone";
}

TEST_F(DeliverByTest, HeIsToldAtItsTimeAndItGoesOn) {
  settings->delay_notice_after = {};  // of ours he would hear nothing
  stop();
  EXPECT_TRUE(start());
  answer(FakeCourier::deferred("mailbox full"));
  const MessageId id = send_by(150s, notify);
  run(149s);
  EXPECT_TRUE(told().empty());
  run(5s);
  ASSERT_EQ(told(), std::vector{Action::delayed});
  EXPECT_TRUE(notifier.asked[0][0].by);
  EXPECT_GE(notifier.asked[0][0].retry_until - world.wall(), 4 * 24h);
  EXPECT_EQ(store.live.at(id).states, std::vector{RecipientState::pending_told});
  run(24h);
  EXPECT_EQ(told().size(), 1U) << "once";
  answer(FakeCourier::delivered());
  run(1h);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(DeliverByTest, HisTimeTakesThePlaceOfOurs) {
  answer(FakeCourier::deferred("mailbox full"));
  send_by(10h, notify);
  run(9h + 59min);
  EXPECT_TRUE(told().empty());
  run(2min);
  EXPECT_EQ(told(), std::vector{Action::delayed});
}

// RFC 2852 §4: the server before us has told him.
TEST_F(DeliverByTest, WhatCameTooLateIsNotToldAgain) {
  answer(FakeCourier::deferred("mailbox full"));
  send_by(-60s, notify);
  run(3h);
  EXPECT_TRUE(told().empty());
  run(2h);
  ASSERT_EQ(told(), std::vector{Action::delayed}) << "our own time";
  EXPECT_FALSE(notifier.asked[0][0].by);
}

TEST_F(DeliverByTest, WhoWantsNoDelaysHearsOfNone) {
  answer(FakeCourier::deferred("mailbox full"));
  send_by(60s, notify, false, message::notify_failure);
  run(1h);
  EXPECT_TRUE(told().empty());
}

TEST_F(DeliverByTest, ATraceIsToldOfEachServer) {
  hand_over(Handover::passed_on, true);
  send_by(60s, give_back, true);
  run(5s);
  ASSERT_EQ(told(), std::vector{Action::relayed});
  EXPECT_TRUE(notifier.asked[0][0].by && notifier.asked[0][0].by_kept);
  send_by(60s, give_back, true, message::notify_never);
  send_by(60s, give_back, false);
  run(5s);
  EXPECT_EQ(told().size(), 1U);
  hand_over(Handover::final, false);
  send_by(60s, give_back, true);
  run(5s);
  EXPECT_EQ(told().size(), 1U) << "a mailbox is no server that passes it on";
}

TEST_F(DeliverByTest, HeIsToldOfAServerThatWouldNotTell) {
  hand_over(Handover::passed_on, false);
  send_by(60s, notify);
  run(5s);
  ASSERT_EQ(told(), std::vector{Action::relayed});
  EXPECT_FALSE(notifier.asked[0][0].by_kept);
  hand_over(Handover::passed_on, true);
  send_by(60s, notify);
  run(5s);
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(DeliverByTest, TheNullSenderHearsNothing) {
  answer(FakeCourier::deferred("later"));
  MessageInfo message = info("", {"b@y.test"}, text);
  message.envelope.by = {.mode = give_back, .trace = true, .deadline = world.wall() + 60s};
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("later");
  };
  EXPECT_TRUE(submit(std::move(message), text));
  run(2min);
  EXPECT_TRUE(told().empty());
  EXPECT_TRUE(store.live.empty());
}

TEST_F(DeliverByTest, TheListShowsIt) {
  answer(FakeCourier::deferred("later"));
  MessageInfo message = info("a@x.test", {"b@y.test"}, text);
  message.envelope.by = {.mode = notify, .trace = false, .deadline = world.wall() + 1h};
  message.envelope.priority = 4;
  const base::Time deadline = message.envelope.by.deadline;
  EXPECT_TRUE(submit(std::move(message), text));
  run(1s);
  const auto lines = list();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].priority, 4);
  EXPECT_EQ(lines[0].by.deadline, deadline);
  EXPECT_EQ(events.last("message.queued", "priority"), "4");
}

}  // namespace
}  // namespace queue
