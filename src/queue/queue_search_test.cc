// Tests of queue/queue.h: search, the newest first, in pages and within bounds; the census.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""s;
using Ids = std::vector<MessageId>;

class QueueSearchTest : public QueueFixture, public testing::Test {
 protected:
  QueueSearchTest() {
    courier.script = [](const Delivery&, const std::string&) { return FakeCourier::unreachable(); };
    EXPECT_TRUE(start());
  }
  ~QueueSearchTest() override { stop(); }

  SearchPage find(Search search) { return world.run(queue->search(std::move(search))); }
  static Ids ids(const SearchPage& page) {
    Ids out;
    for (const Summary& one : page.found) out.push_back(one.id);
    return out;
  }
  Ids all(Search search) {
    Ids out;
    for (int pages = 0; pages < 10'000; ++pages) {
      const SearchPage page = find(search);
      for (const MessageId id : ids(page)) out.push_back(id);
      if (page.end) return out;
      EXPECT_TRUE(!search.before || page.reached < search.before);
      search.before = page.reached;
    }
    ADD_FAILURE() << "a search without an end";
    return out;
  }
};

TEST_F(QueueSearchTest, PagesTheNewestFirst) {
  Ids sent;
  for (int i = 0; i < 25; ++i) {
    sent.insert(sent.begin(),
                send(i % 2 == 0 ? "even@x.test" : "odd@x.test", {"b@y.test", "c@z.test"}));
  }
  for (const std::size_t max : {1UL, 10UL, 25UL, 100UL}) EXPECT_EQ(all({.max = max}), sent) << max;
  EXPECT_EQ(all({.sender = "ODD@", .max = 5}).size(), 12U);
  EXPECT_EQ(all({.text = "even", .recipient = "c@z", .max = 5}).size(), 13U);
  EXPECT_EQ(all({.text = sent[3].text()}), Ids{sent[3]});
  EXPECT_EQ(all({.recipient = "nobody"}), Ids{});
  EXPECT_EQ(ids(find({.ids = {sent[2], MessageId{42}, sent[1]}})), (Ids{sent[2], sent[1]}));
  EXPECT_TRUE(find({.max = 0}).found.empty());
}

TEST_F(QueueSearchTest, ByStandingAndInTheCensus) {
  const MessageId first = send("a@x.test", {"b@y.test"});
  run(1s);  // tried, and its destination with it
  const MessageId second = send("a@x.test", {"c@y.test", "d@y.test"});
  const MessageId third = send("a@x.test", {"e@z.test"});
  operate(Operation::hold, {.id = third});
  const Census census = world.run(queue->census());
  EXPECT_EQ(census.messages, 3U);
  EXPECT_EQ(census.deferred, 2U);
  EXPECT_EQ(census.held, 1U);
  EXPECT_EQ(census.due, 0U);
  EXPECT_EQ(census.oldest, first);
  EXPECT_EQ(all({.standing = Standing::held}), Ids{third});
  EXPECT_EQ(all({.standing = Standing::deferred}), (Ids{second, first}));
  EXPECT_EQ(all({.standing = Standing::due}), Ids{});
  EXPECT_EQ(all({.standing = Standing::scheduled}), Ids{});
}

TEST_F(QueueSearchTest, AMessageForSeveralDestinationsIsCountedOnce) {
  send("a@x.test", {"b@y.test", "c@z.test", "d@w.test"});
  run(1s);
  const Census census = world.run(queue->census());
  EXPECT_EQ(census.messages, 1U);
  EXPECT_EQ(census.due + census.active + census.deferred + census.held, 1U);
}

TEST_F(QueueSearchTest, ReadsBackSoManyAndNoMore) {
  constexpr std::size_t count = Queue::search_reads_max + 500;
  const MessageId wanted = send("needle@x.test", {"b@y.test"});
  for (std::size_t i = 1; i < count; ++i) send("a@x.test", {"b@y.test"});
  run(2s);  // so that envelopes are forgotten and have to be read
  const std::uint64_t before = store.reads;
  const SearchPage page = find({.text = "needle"});
  EXPECT_FALSE(page.end);
  EXPECT_TRUE(page.found.empty());
  EXPECT_LE(store.reads - before, Queue::search_reads_max);
  EXPECT_EQ(all({.text = "needle"}), Ids{wanted}) << "the pages after it find it";
}

TEST_F(QueueSearchTest, Times) {
  const MessageId first = send("a@x.test", {"b@y.test"});
  run(10s);
  const base::Time middle = world.wall();
  const MessageId second = send("a@x.test", {"b@y.test"});
  EXPECT_EQ(all({.since = middle}), Ids{second});
  EXPECT_EQ(all({.until = middle}), Ids{first});
  EXPECT_EQ(all({.since = base::Time::max()}), Ids{});
  EXPECT_EQ(all({.until = base::Time::min()}), Ids{});
}

}  // namespace
}  // namespace queue
