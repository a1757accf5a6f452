// Tests of queue/queue.h: pages of the list, counts, sums per destination, orders for very many.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""s;

class QueueListTest : public QueueFixture, public testing::Test {
 protected:
  QueueListTest() {
    courier.script = [](const Delivery&, const std::string&) { return FakeCourier::unreachable(); };
    EXPECT_TRUE(start());
  }
  ~QueueListTest() override { stop(); }

  std::vector<MessageId> page(Filter filter, std::size_t max) {
    std::vector<MessageId> ids;
    for (const Summary& line : world.run(queue->list(std::move(filter), max))) {
      ids.push_back(line.id);
    }
    return ids;
  }
};

TEST_F(QueueListTest, PagesFollowEachOtherTheOldestFirst) {
  std::vector<MessageId> sent;
  for (int i = 0; i < 25; ++i) {
    sent.push_back(send(i % 2 == 0 ? "even@x.test" : "odd@x.test", {"b@y.test", "c@z.test"}));
  }
  std::vector<MessageId> seen;
  for (Filter filter; seen.size() < 25;) {
    const auto ids = page(filter, 10);
    ASSERT_FALSE(ids.empty());
    ASSERT_LE(ids.size(), 10U);
    seen.insert(seen.end(), ids.begin(), ids.end());
    filter.after = ids.back();
  }
  EXPECT_EQ(seen, sent);
  EXPECT_EQ(page({.sender = "odd@x.test"}, 3), (std::vector{sent[1], sent[3], sent[5]}));
  EXPECT_EQ(page({.sender = "odd@x.test", .after = sent[20]}, 3),
            (std::vector{sent[21], sent[23]}));
  EXPECT_TRUE(page({}, 0).empty());
}

TEST_F(QueueListTest, CountsMessagesAndNotTheirDestinations) {
  for (int i = 0; i < 5; ++i) send("a@x.test", {"b@y.test", "c@z.test"});
  send("a@x.test", {"b@y.test"});
  EXPECT_EQ(world.run(queue->count({})), 6U);
  EXPECT_EQ(world.run(queue->count({.destination = "y.test"})), 6U);
  EXPECT_EQ(world.run(queue->count({.destination = "mx:z.test"})), 5U);
  EXPECT_EQ(world.run(queue->count({.held_only = true})), 0U);
  EXPECT_EQ(operate(Operation::hold, {.destination = "z.test"}), 5U);
  EXPECT_EQ(world.run(queue->count({.held_only = true})), 5U) << "with both their destinations";
  EXPECT_EQ(operate(Operation::bounce, {}, true), 6U) << "a dry run only counts";
}

TEST_F(QueueListTest, SumsUpPerDestination) {
  const MessageId first = send("a@x.test", {"b@y.test"});
  for (int i = 0; i < 3; ++i) send("a@x.test", {"b@y.test", "c@z.test"});
  run(1s);
  auto lines = world.run(queue->destinations());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].key, "mx:y.test");
  EXPECT_EQ(lines[0].messages, 4U);
  EXPECT_EQ(lines[0].oldest, first);
  EXPECT_EQ(lines[0].failures, 1U);
  EXPECT_TRUE(lines[0].last_reply.ends_with("no route"));
  EXPECT_GT(lines[0].next_attempt, world.wall() + 30s);
  EXPECT_EQ(lines[1].messages, 3U);
  EXPECT_EQ(operate(Operation::hold, {}), 4U);
  lines = world.run(queue->destinations());
  EXPECT_EQ(lines[0].held, 4U);
  EXPECT_EQ(lines[0].next_attempt, base::Time::max());
}

TEST_F(QueueListTest, ARetryOfAllIsToldInSum) {
  constexpr std::size_t count = 1'200;
  for (std::size_t i = 0; i < count; ++i) send("a@x.test", {"b@y.test"});
  run(2s);
  courier.script = [](const Delivery&, const std::string&) { return FakeCourier::delivered(); };
  EXPECT_EQ(operate(Operation::retry, {.destination = "y.test"}), count);
  EXPECT_EQ(events.last("queue.retry", "messages"), std::to_string(count));
  EXPECT_EQ(events.count("message.retry"), 1'000U);
  run(10s);
  EXPECT_EQ(queue->size(), 0U) << "at once, not when the backoff ends";
}

TEST_F(QueueListTest, WhatWaitsForLongIsForgottenInMemory) {
  send("a@x.test", {"b@y.test"});
  run(1s);
  const MessageId waits = send("a@x.test", {"b@y.test"});
  EXPECT_EQ(std::ranges::count(store.forgotten, waits), 1) << "its destination is put off";
}

}  // namespace
}  // namespace queue
