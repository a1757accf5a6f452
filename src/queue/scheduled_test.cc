// Tests of mail that its sender wants to go later (RFC 4865).
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using namespace std::chrono_literals;

struct ScheduledTest : QueueFixture, testing::Test {
  ScheduledTest() { EXPECT_TRUE(start()); }
  ~ScheduledTest() override {
    if (queue) stop();
  }
  MessageId send_later(base::Duration after, const std::string& to = "b@y.test") {
    MessageInfo message = info("a@x.test", {to}, "text");
    message.release_at = message.accepted + after;
    const MessageId id = message.id;
    EXPECT_TRUE(submit(std::move(message), "text"));
    return id;
  }
};

TEST_F(ScheduledTest, GoesWhenItsTimeHasCome) {
  const MessageId id = send_later(1h);
  send("a@x.test", {"b@y.test"});
  run(1min);
  ASSERT_EQ(courier.calls.size(), 1U) << "the other one";
  const auto lines = list({.scheduled_only = true});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].id, id);
  EXPECT_TRUE(lines[0].scheduled);
  EXPECT_EQ(lines[0].next_attempt, lines[0].accepted + 1h);
  EXPECT_EQ(operate(Operation::retry, {}), 0U) << "an operator's retry is for what has failed";
  run(58min);
  EXPECT_EQ(courier.calls.size(), 1U);
  run(2min);
  EXPECT_EQ(courier.calls.size(), 2U);
  EXPECT_EQ(queue->size(), 0U);
}

TEST_F(ScheduledTest, CanBeReleasedOrRemovedBefore) {
  const MessageId sent = send_later(1h);
  const MessageId removed = send_later(1h);
  EXPECT_EQ(operate(Operation::remove, {.id = removed}), 1U);
  EXPECT_EQ(operate(Operation::release, {.id = sent}), 1U);
  run(1s);
  ASSERT_EQ(courier.calls.size(), 1U);
  EXPECT_EQ(courier.calls[0].id, sent);
  EXPECT_EQ(queue->size(), 0U);
}

TEST_F(ScheduledTest, AHoldDoesNotForgetTheHour) {
  const MessageId id = send_later(1h);
  EXPECT_EQ(operate(Operation::hold, {.id = id}), 1U);
  EXPECT_EQ(operate(Operation::hold, {.id = id}), 0U);
  EXPECT_EQ(list({.id = id}).at(0).hold, true);
  stop();
  ASSERT_TRUE(start());
  EXPECT_EQ(operate(Operation::release, {.id = id}), 1U);
  EXPECT_EQ(list({.scheduled_only = true}).size(), 1U);
  run(30min);
  EXPECT_TRUE(courier.calls.empty());
  run(31min);
  EXPECT_EQ(courier.calls.size(), 1U);
}

TEST_F(ScheduledTest, AHeldOneGoesAtOnceWhenItsHourIsPast) {
  const MessageId id = send_later(1h);
  EXPECT_EQ(operate(Operation::hold, {.id = id}), 1U);
  run(2h);
  EXPECT_TRUE(courier.calls.empty());
  EXPECT_EQ(operate(Operation::release, {.id = id}), 1U);
  run(1s);
  EXPECT_EQ(courier.calls.size(), 1U);
}

TEST_F(ScheduledTest, OutlivesAStart) {
  const MessageId waits = send_later(1h);
  const MessageId released = send_later(1h, "c@z.test");
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("451 4.0.0 later");
  };
  EXPECT_EQ(operate(Operation::release, {.id = released}), 1U);
  run(1s);
  stop();
  courier.calls.clear();
  courier.script = [](const Delivery&, const std::string&) { return FakeCourier::delivered(); };
  ASSERT_TRUE(start());
  const auto lines = list({.scheduled_only = true});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].id, waits);
  run(2min);
  ASSERT_EQ(courier.calls.size(), 1U) << "what was released is a retry like others";
  EXPECT_EQ(courier.calls[0].id, released);
  run(1h);
  EXPECT_EQ(courier.calls.size(), 2U);
}

TEST_F(ScheduledTest, ItsTimeToBeGivenUpBeginsThen) {
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::deferred("451 4.0.0 later");
  };
  send_later(3h);  // fixture: mail is given up after two hours
  run(4h + 50min);
  EXPECT_FALSE(courier.calls.empty());
  EXPECT_EQ(queue->size(), 1U);
  run(30min);
  EXPECT_EQ(list({.sender = "a@x.test"}).size(), 0U);
}

}  // namespace
}  // namespace queue
