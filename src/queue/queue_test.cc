// Tests of queue/queue.h: from submit to the end, in virtual time.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class QueueTest : public testing::Test, protected QueueFixture {
 protected:
  void SetUp() override { ASSERT_TRUE(start()); }
  void TearDown() override {
    if (queue) stop();
    EXPECT_TRUE(store.closed);
  }
  std::vector<base::Duration> attempt_times() const {
    std::vector<base::Duration> times;
    for (const Delivery& call : courier.calls) times.push_back(call.when - courier.calls[0].when);
    return times;
  }
};

TEST_F(QueueTest, DeliversAtOnceWithoutReadingTheEnvelopeBack) {
  const std::string body = "Subject: hello\r\n\r\nText\r\n";
  const MessageId id = send("a@x.test", {"b@y.test"}, body);
  EXPECT_EQ(courier.calls.size(), 0U) << "submit ends first, so that its 250 can leave";
  run(10ms);
  ASSERT_EQ(courier.calls.size(), 1U);
  EXPECT_EQ(courier.calls[0].id, id);
  EXPECT_EQ(courier.calls[0].destination, "mx:y.test");
  EXPECT_EQ(courier.calls[0].attempt, 1U);
  EXPECT_EQ(courier.calls[0].body, "Received: from here\r\n" + body);
  EXPECT_EQ(store.reads, 0U);
  EXPECT_TRUE(store.live.empty());
  ASSERT_EQ(store.finishes.size(), 1U);
  EXPECT_TRUE(store.finishes[0].message_done);
  EXPECT_EQ(queue->size(), 0U);
  EXPECT_EQ(events.last("message.queued", "to"), "b@y.test");
  EXPECT_EQ(events.last("recipient.delivered", "remote"), "mx.example.net [192.0.2.7]:25");
  EXPECT_EQ(events.last("recipient.delivered", "reply"), "250 2.0.0 ok");
  EXPECT_EQ(events.count("message.done"), 1U);
  EXPECT_NE(metrics.prometheus().find("stagepost_recipients_delivered_total 1"), std::string::npos);
}

TEST_F(QueueTest, ACommitThatFailsLeavesNothing) {
  store.commit_error = base::Error{base::ErrorKind::no_space, "full"};
  const auto result = submit(info("a@x.test", {"b@y.test"}, ""), "");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, base::ErrorKind::no_space);
  run(1h);
  EXPECT_TRUE(courier.calls.empty());
  EXPECT_EQ(queue->size(), 0U);
}

TEST_F(QueueTest, RetriesByTheLadderUntilItWorks) {
  courier.script = [](const Delivery& call, const std::string&) {
    return call.attempt < 5 ? FakeCourier::deferred("busy") : FakeCourier::delivered();
  };
  send("a@x.test", {"b@y.test"});
  run(90min);
  EXPECT_EQ(attempt_times(), (std::vector<base::Duration>{0min, 1min, 6min, 21min, 36min}));
  EXPECT_EQ(store.defers.size(), 4U);
  EXPECT_EQ(store.defers[1].attempts, 2U);
  EXPECT_EQ(store.defers[1].last_reply, "451 4.2.0 busy");
  EXPECT_TRUE(store.live.empty());
  EXPECT_EQ(events.count("recipient.deferred"), 4U);
  EXPECT_EQ(events.count("recipient.delivered"), 1U);
}

TEST_F(QueueTest, ExpiresWithAReportToTheSender) {
  courier.script = [](const Delivery& call, const std::string&) {
    return call.sender.empty() ? FakeCourier::delivered() : FakeCourier::deferred("mailbox full");
  };
  const MessageId id = send("a@x.test", {"b@y.test"});
  run(3h);
  ASSERT_EQ(notifier.asked.size(), 1U);
  EXPECT_TRUE(notifier.asked[0][0].expired);
  EXPECT_EQ(notifier.asked[0][0].attempt.reply.text(), "451 4.2.0 mailbox full");
  EXPECT_EQ(notifier.last_header, "Received: from here\r\nSubject: hello\r\n\r\nText\r\n");
  const Delivery& report = courier.calls.back();
  EXPECT_NE(report.id, id);
  EXPECT_EQ(report.to, std::vector<std::string>{"a@x.test"});
  EXPECT_EQ(report.body, "could not deliver");
  EXPECT_GE(report.when - courier.calls[0].when, 2h);
  EXPECT_LE(report.when - courier.calls[0].when, 2h + 1s);
  EXPECT_EQ(events.last("recipient.failed", "expired"), "yes");
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, AReportThatFailsCausesNoReport) {
  courier.script = [](const Delivery&, const std::string&) {
    return FakeCourier::failed("no such user");
  };
  send("a@x.test", {"b@y.test"});
  run(1min);
  EXPECT_EQ(notifier.asked.size(), 1U);
  EXPECT_EQ(courier.calls.size(), 2U) << "the message and its report";
  EXPECT_TRUE(store.live.empty());
  send("", {"b@y.test"});
  run(1min);
  EXPECT_EQ(notifier.asked.size(), 1U) << "nor does the null sender get one";
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, EachRecipientHasItsOwnFate) {
  courier.script = [](const Delivery& call, const std::string& to) {
    if (to == "bad@y.test") return FakeCourier::failed("no such user");
    if (to == "slow@y.test" && call.attempt == 1) return FakeCourier::deferred("busy");
    return FakeCourier::delivered();
  };
  const MessageId id =
      send("a@x.test", {"good@y.test", "bad@y.test", "slow@y.test", "other@z.test"});
  run(10s);
  ASSERT_EQ(courier.calls.size(), 3U) << "y.test, z.test and the report";
  EXPECT_EQ(courier.calls[0].recipients, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(courier.calls[1].recipients, (std::vector<std::size_t>{3}));
  EXPECT_EQ(store.live.at(id).states,
            (std::vector{RecipientState::delivered, RecipientState::failed, RecipientState::pending,
                         RecipientState::delivered}));
  const auto lines = list();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].recipients, std::vector<std::string>{"slow@y.test"});
  EXPECT_EQ(lines[0].attempts, 1U);
  EXPECT_EQ(lines[0].last_reply, "451 4.2.0 busy");
  run(1min);
  EXPECT_TRUE(store.live.empty());
  EXPECT_EQ(events.count("message.done"), 2U);
}

TEST_F(QueueTest, ManyRecipientsGoInPortions) {
  settings->recipients_per_attempt_max = 2;
  send("a@x.test", {"1@y.test", "2@y.test", "3@y.test", "4@y.test", "5@y.test"});
  run(1s);
  ASSERT_EQ(courier.calls.size(), 3U);
  EXPECT_EQ(courier.calls[2].recipients, (std::vector<std::size_t>{4}));
  EXPECT_EQ(courier.calls[2].body, courier.calls[0].body);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, ALargeBodyIsReadInSteps) {
  const std::string body(1'000'000, 'x');
  send("a@x.test", {"b@y.test"}, body);
  run(1s);
  EXPECT_EQ(courier.calls.at(0).body, "Received: from here\r\n" + body);
  EXPECT_LE(store.largest_read, 256U << 10U);
}

TEST_F(QueueTest, AnUnreachableDestinationIsLeftAloneThenProbed) {
  bool up = false;
  courier.script = [&up](const Delivery&, const std::string&) {
    return up ? FakeCourier::delivered() : FakeCourier::unreachable();
  };
  for (int i = 0; i < 3; ++i) send("a@x.test", {"b@y.test"});
  run(1s);
  const std::size_t first_round = courier.calls.size();
  send("a@x.test", {"c@y.test"});
  run(30s);
  EXPECT_EQ(courier.calls.size(), first_round) << "a new message waits, too";
  run(40s);
  EXPECT_EQ(courier.calls.size(), first_round + 1) << "one probe";
  std::size_t destinations = 0;
  for (const Defer& defer : store.defers) destinations += defer.destination == "mx:y.test" ? 1 : 0;
  EXPECT_EQ(destinations, 2U) << "one record per round";
  EXPECT_EQ(list()[0].last_reply, "451 4.4.1 no route");
  up = true;
  run(10min);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, LimitsAttemptsAtOnce) {
  courier.takes = 3s;  // not so long that they are counted apart
  settings->attempts_max = 4;
  settings->destination_concurrency_max = 2;
  queue->set_settings(settings);
  for (int i = 0; i < 5; ++i) {
    send("a@x.test", {"b@y.test"});
    send("a@x.test", {"b@z.test"});
    send("a@x.test", {"b@w.test"});
  }
  run(1s);
  EXPECT_EQ(courier.running, 4U);
  run(1min);
  EXPECT_EQ(courier.running_max, 4U);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, AChangedRouteIsTakenAtTheNextAttempt) {
  courier.script = [](const Delivery& call, const std::string&) {
    return call.destination == "relay:new" ? FakeCourier::delivered()
                                           : FakeCourier::deferred("busy");
  };
  send("a@x.test", {"b@y.test"});
  run(1s);
  courier.route = [](const message::Address&) { return std::string("relay:new"); };
  run(2min);
  EXPECT_EQ(courier.calls.back().destination, "relay:new");
  EXPECT_TRUE(store.live.empty());
  EXPECT_EQ(queue->size(), 0U);
}

// An end is written while the next attempt runs already, so one attempt may have begun before the
// trouble is known; after that nothing starts, and nothing is delivered twice.
TEST_F(QueueTest, WhatCannotBeRecordedIsNotDeliveredAgain) {
  settings->destination_concurrency_max = 1;
  queue->set_settings(settings);
  courier.takes = 1s;
  const MessageId id = send("a@x.test", {"b@y.test"});
  send("a@x.test", {"c@y.test"});
  send("a@x.test", {"e@y.test"});
  store.finish_error = base::Error{base::ErrorKind::io, "disk trouble"};
  store.commit_error = store.finish_error;
  run(5min);
  ASSERT_EQ(courier.calls.size(), 2U) << "nothing starts once an end could not be written";
  EXPECT_TRUE(store.live.contains(id));
  EXPECT_GE(events.count("queue.unrecorded"), 1U);
  EXPECT_FALSE(submit(info("a@x.test", {"d@y.test"}, ""), ""));
  run(5min);
  EXPECT_EQ(courier.calls.size(), 2U);
  store.finish_error.reset();
  store.commit_error.reset();
  run(20s);
  ASSERT_EQ(courier.calls.size(), 3U);
  EXPECT_EQ(courier.calls[0].to, std::vector<std::string>{"b@y.test"});
  EXPECT_EQ(courier.calls[1].to, std::vector<std::string>{"c@y.test"});
  EXPECT_EQ(courier.calls[2].to, std::vector<std::string>{"e@y.test"});
  EXPECT_TRUE(store.live.empty());
  EXPECT_EQ(events.count("queue.watchdog"), 0U);
}

TEST_F(QueueTest, OneRecordThatFailsForGoodDoesNotStopTheOthers) {
  store.finish_error = base::Error{base::ErrorKind::io, "a bad segment"};
  send("a@x.test", {"b@y.test"});
  run(1min);
  EXPECT_EQ(courier.calls.size(), 1U);
  send("a@x.test", {"c@y.test"});  // the store can write, as this commit shows
  run(1s);
  EXPECT_EQ(courier.calls.size(), 2U);
}

TEST_F(QueueTest, AReportIsNotLostWithItsRecord) {
  courier.script = [](const Delivery& call, const std::string&) {
    return call.sender.empty() ? FakeCourier::delivered() : FakeCourier::failed("no such user");
  };
  store.finish_error = base::Error{base::ErrorKind::no_space, "full"};
  send("a@x.test", {"b@y.test"});
  run(1min);
  EXPECT_EQ(courier.calls.size(), 1U);
  store.finish_error.reset();
  run(11s);
  EXPECT_EQ(courier.calls.size(), 2U);
  EXPECT_EQ(courier.calls[1].to, std::vector<std::string>{"a@x.test"});
  EXPECT_EQ(notifier.asked.size(), 1U);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, AnUnreadableMessageIsTriedLater) {
  bool busy = true;
  courier.script = [&busy](const Delivery&, const std::string&) {
    return busy ? FakeCourier::deferred("busy") : FakeCourier::delivered();
  };
  send("a@x.test", {"b@y.test"});
  run(1s);
  busy = false;
  store.read_error = base::Error{base::ErrorKind::io, "bad sector"};
  run(2min);
  EXPECT_EQ(courier.calls.size(), 1U);
  EXPECT_GE(events.count("queue.unreadable"), 1U);
  store.read_error.reset();
  run(30min);
  EXPECT_TRUE(store.live.empty());
}

TEST_F(QueueTest, TheWatchdogFindsWhatIsNotScheduled) {
  MessageInfo lost = info("a@x.test", {"b@y.test"}, "lost");
  store.put(lost, "lost");
  run(2min);
  EXPECT_EQ(events.count("queue.watchdog"), 1U);
  EXPECT_EQ(courier.calls.size(), 1U);
  EXPECT_TRUE(store.live.empty());
}

}  // namespace
}  // namespace queue
