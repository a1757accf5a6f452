// Tests of queue/queue.h: start, stop, operators.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class QueueLifeTest : public testing::Test, protected QueueFixture {
 protected:
  void SetUp() override { ASSERT_TRUE(start()); }
  void TearDown() override {
    if (queue) stop();
  }
  // As an earlier run left it; without a queue there is nobody to give ids.
  MessageInfo left_over() {
    MessageInfo message;
    message.id = ids.message(world.wall());
    message.accepted = world.wall();
    message.envelope.sender = address("a@x.test");
    message.envelope.recipients.push_back({address("b@y.test"), {}, {}, {}});
    return message;
  }
};

TEST_F(QueueLifeTest, StopWaitsForARunningAttempt) {
  courier.takes = 5s;
  send("a@x.test", {"b@y.test"});
  run(1s);
  stop(10s);
  EXPECT_TRUE(store.live.empty());
  EXPECT_TRUE(store.closed);
}

TEST_F(QueueLifeTest, AnAttemptThatNeverEndsIsCancelledAndTriedAfterTheStart) {
  courier.hang = true;
  const MessageId id = send("a@x.test", {"b@y.test"});
  send("a@x.test", {"b@y.test"});
  run(1s);
  const base::Instant before = world.now();
  stop(3s);
  EXPECT_GE(world.now() - before, 3s);
  EXPECT_LE(world.now() - before, 4s);
  EXPECT_EQ(store.live.size(), 2U);
  EXPECT_TRUE(store.defers.empty()) << "it was our doing, and does not count";
  courier.hang = false;
  ASSERT_TRUE(start());
  run(1s);
  EXPECT_EQ(courier.calls.size(), 4U);
  EXPECT_EQ(courier.calls[2].id, id);
  EXPECT_EQ(courier.calls[2].attempt, 1U);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueLifeTest, AnAttemptHasAnEndOfItsOwn) {
  courier.hang = true;
  settings->expire_after = 100h;
  queue->set_settings(settings);
  send("a@x.test", {"b@y.test"});
  run(4h + 1min);
  EXPECT_GE(events.count("recipient.deferred"), 1U);
}

TEST_F(QueueLifeTest, NothingIsAcceptedAfterStop) {
  auto stopping = queue->stop(1s);
  world.run(std::move(stopping));
  EXPECT_FALSE(submit(info("a@x.test", {"b@y.test"}, ""), ""));
  EXPECT_EQ(queue->trouble(), "shutting down");
  queue.reset();
}

TEST_F(QueueLifeTest, AStartTakesUpWhatWasLeft) {
  courier.script = [](const Delivery& call, const std::string& to) {
    return to == "1@y.test" && call.attempt == 1 ? FakeCourier::delivered()
                                                 : FakeCourier::deferred("busy");
  };
  const MessageId id = send("a@x.test", {"1@y.test", "2@y.test"});
  const MessageId held = send("a@x.test", {"3@z.test"});
  ASSERT_EQ(operate(Operation::hold, {.id = held}), 1U);
  run(10s);
  stop();
  const MessageInfo over = left_over();
  store.put(over, "");
  store.live.at(over.id).states[0] = RecipientState::delivered;
  ASSERT_TRUE(start());
  EXPECT_EQ(queue->size(), 2U) << "the one whose recipients had all ended is gone";
  courier.calls.clear();
  run(30s);
  EXPECT_TRUE(courier.calls.empty()) << "not due yet";
  run(1min);
  ASSERT_EQ(courier.calls.size(), 1U);
  EXPECT_EQ(courier.calls[0].id, id);
  EXPECT_EQ(courier.calls[0].recipients, std::vector<std::size_t>{1});
  EXPECT_EQ(courier.calls[0].attempt, 2U);
  const auto lines = list({.held_only = true});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].id, held);
  EXPECT_EQ(lines[0].hold_reason, "because");
  EXPECT_LT(held, queue->next_id()) << "ids go on above those that are there";
}

TEST_F(QueueLifeTest, ADestinationsBackoffOutlivesTheStart) {
  stop();
  store.put(left_over(), "");
  Defer down;
  down.destination = "mx:y.test";
  down.next_attempt = world.wall() + 10min;
  down.attempts = 3;
  store.destinations.push_back(down);
  courier.calls.clear();
  ASSERT_TRUE(start());
  run(9min);
  EXPECT_TRUE(courier.calls.empty());
  run(2min);
  EXPECT_EQ(courier.calls.size(), 1U);
}

TEST_F(QueueLifeTest, HoldAndRelease) {
  MessageInfo message = info("a@x.test", {"b@y.test"}, "");
  message.hold = true;
  message.hold_reason = "new correspondent";
  const MessageId id = message.id;
  ASSERT_TRUE(submit(message, ""));
  run(3h);
  EXPECT_TRUE(courier.calls.empty());
  EXPECT_EQ(events.last("message.held", "reason"), "new correspondent");
  const auto lines = list();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].hold);
  EXPECT_EQ(lines[0].hold_reason, "new correspondent");
  EXPECT_EQ(operate(Operation::hold, {.id = id}), 1U) << "the operator takes it over";
  EXPECT_EQ(list()[0].hold_reason, "because");
  EXPECT_EQ(operate(Operation::hold, {.id = id}), 0U) << "it is held so already";
  EXPECT_EQ(operate(Operation::release, {.id = id}), 1U);
  run(1s);
  EXPECT_EQ(courier.calls.size(), 1U);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueLifeTest, AHoldDuringAnAttemptIsKeptAndWritten) {
  courier.takes = 5s;
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("busy");
  };
  const MessageId id = send("a@x.test", {"b@y.test"});
  run(1s);
  EXPECT_TRUE(list()[0].active);
  EXPECT_EQ(operate(Operation::hold, {.id = id}), 1U);
  run(1h);
  EXPECT_EQ(courier.calls.size(), 1U);
  EXPECT_TRUE(store.live.at(id).hold);
  EXPECT_EQ(store.live.at(id).hold_reason, "because");
}

TEST_F(QueueLifeTest, RetryNow) {
  courier.script = [](const Delivery& call, const std::string&) {
    return call.attempt == 1 ? FakeCourier::unreachable() : FakeCourier::delivered();
  };
  send("a@x.test", {"b@y.test"});
  send("c@x.test", {"b@z.test"});
  run(10s);
  EXPECT_EQ(operate(Operation::retry, {.destination = "y.test"}), 1U);
  run(1s);
  EXPECT_EQ(courier.calls.size(), 3U);
  EXPECT_EQ(courier.calls.back().destination, "mx:y.test");
  EXPECT_EQ(events.last("message.retry", "reason"), "because");
}

TEST_F(QueueLifeTest, RemoveAndBounce) {
  courier.script = [](const Delivery& call, const std::string&) {
    return call.sender.empty() ? FakeCourier::delivered() : FakeCourier::deferred("busy");
  };
  const MessageId gone = send("a@x.test", {"b@y.test", "c@z.test"});
  const MessageId back = send("d@x.test", {"b@y.test"});
  run(10s);
  EXPECT_EQ(operate(Operation::remove, {.sender = "a@x.test"}, true), 1U) << "a dry run";
  EXPECT_EQ(queue->size(), 2U);
  EXPECT_EQ(operate(Operation::remove, {.sender = "A@x.test"}), 1U);
  EXPECT_FALSE(store.live.contains(gone));
  EXPECT_EQ(store.finishes.back().decision, "because");
  EXPECT_EQ(events.count("recipient.removed"), 2U);
  EXPECT_TRUE(notifier.asked.empty()) << "removed without a word";
  EXPECT_EQ(operate(Operation::bounce, {.id = back}), 1U);
  ASSERT_EQ(notifier.asked.size(), 1U);
  EXPECT_EQ(notifier.asked[0][0].attempt.reply.text(),
            "554 5.0.0 returned by the postmaster: because");
  run(1s);
  EXPECT_EQ(courier.calls.back().to, std::vector<std::string>{"d@x.test"});
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueLifeTest, RemoveOfOneRecipientLeavesTheOthers) {
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("busy");
  };
  const MessageId id = send("a@x.test", {"b@y.test", "c@y.test"});
  run(10s);
  EXPECT_EQ(operate(Operation::remove, {.recipient = "c@y.test"}), 1U);
  EXPECT_EQ(list()[0].recipients, std::vector<std::string>{"b@y.test"});
  EXPECT_EQ(store.live.at(id).states[1], RecipientState::removed);
  courier.calls.clear();
  run(30s);
  EXPECT_TRUE(courier.calls.empty()) << "the other one keeps its time";
}

TEST_F(QueueLifeTest, RemoveDuringAnAttemptActsWhenItHasEnded) {
  courier.takes = 5s;
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("busy");
  };
  const MessageId id = send("a@x.test", {"b@y.test"});
  run(1s);
  EXPECT_EQ(operate(Operation::remove, {.id = id}), 1U);
  EXPECT_TRUE(store.live.contains(id));
  run(5s);
  EXPECT_FALSE(store.live.contains(id));
  EXPECT_EQ(courier.calls.size(), 1U);
}

TEST_F(QueueLifeTest, FiltersByEverything) {
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("busy");
  };
  const MessageId id = send("a@x.test", {"b@y.test"});
  send("c@x.test", {"d@z.test"});
  run(1s);
  EXPECT_EQ(list().size(), 2U);
  EXPECT_EQ(list({.id = id}).size(), 1U);
  EXPECT_EQ(list({.sender = "c@x.test"}).size(), 1U);
  EXPECT_EQ(list({.recipient = "d@z.test"}).size(), 1U);
  EXPECT_EQ(list({.destination = "mx:z.test"}).size(), 1U);
  EXPECT_EQ(list({.destination = "Z.test"}).size(), 1U);
  EXPECT_EQ(list({.sender = "a@x.test", .destination = "z.test"}).size(), 0U);
  EXPECT_EQ(list({.held_only = true}).size(), 0U);
  EXPECT_EQ(world.run(queue->list({}, 1)).size(), 1U);
}

}  // namespace
}  // namespace queue
