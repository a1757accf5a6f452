// Tests of message_search.h: traces and queues as one list, cursors, states, bounds.
#include "admin/message_search.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace admin {
namespace {

using Ids = std::vector<std::string>;

// Messages that wait, as the test says; the newest first.
class FakeQueues final : public Queues {
 public:
  io::Task<std::vector<queue::Summary>> list(queue::Filter /*f*/, std::size_t /*max*/) override {
    co_return std::vector<queue::Summary>();
  }
  io::Task<std::size_t> count(queue::Filter /*f*/) override { co_return waiting.size(); }
  io::Task<QueueCensus> census() override { co_return QueueCensus(); }
  io::Task<queue::SearchPage> search(queue::Search search) override {
    ++searches;
    queue::SearchPage page;
    for (auto at = waiting.rbegin(); at != waiting.rend(); ++at) {
      const auto& [id, line] = *at;
      const bool named = std::ranges::find(search.ids, id) != search.ids.end();
      if (!search.ids.empty() && !named) continue;
      if (search.before && id >= search.before) continue;
      if (search.until && id.made() >= *search.until) continue;
      if (search.standing == queue::Standing::held && !line.hold) continue;
      if (page.found.size() == search.max) {
        page.end = false;
        break;
      }
      page.reached = id;
      page.found.push_back(line);
    }
    co_return page;
  }
  io::Task<std::vector<queue::DestinationSummary>> destinations() override {
    co_return std::vector<queue::DestinationSummary>();
  }
  io::Task<base::Result<std::size_t>> operate(queue::Operation /*o*/, queue::Filter /*f*/,
                                              std::string /*r*/, bool /*dry_run*/) override {
    co_return std::size_t{0};
  }
  io::Task<std::string> trouble() override { co_return std::string(); }

  std::map<queue::MessageId, queue::Summary> waiting;
  int searches = 0;
};

class MessageSearchTest : public testing::Test {
 protected:
  MessageSearchTest() {
    settings_.folder = "/state/trace";
    auto store = trace::TraceStore::open(host_.doors().files, settings_);
    EXPECT_TRUE(store);
    trace_ = std::move(*store);
    search_ = std::make_unique<MessageSearch>(queues_, *trace_, host_.doors());
  }
  // In traces and queue; returns its id as text.
  std::string queued(const std::string& to, bool traced = true) {
    world_.run_for(std::chrono::milliseconds(5));
    const queue::MessageId id = ids_.message(world_.wall());
    queue::Summary line;
    line.id = id;
    line.accepted = line.next_attempt = world_.wall();
    line.sender = "a@x.test";
    line.recipients = {to};
    queues_.waiting[id] = line;
    if (traced) emit("message.queued", id, {{"from", "a@x.test"}, {"to", to}, {"bytes", "10"}});
    return id.text();
  }
  void delivered(const std::string& id) {
    const auto message = *base::MessageId::parse(id);
    queues_.waiting.erase(message);
    emit("recipient.delivered", message, {{"to", "b@y.test"}, {"reply", "250 ok"}});
    emit("message.done", message, {});
  }
  queue::Summary& waits(const std::string& id) {
    return queues_.waiting.at(*base::MessageId::parse(id));
  }
  void emit(std::string_view name, base::MessageId message,
            std::vector<std::pair<std::string_view, std::string>> fields) {
    trace_->emit({.severity = base::Severity::info,
                  .name = name,
                  .time = world_.wall(),
                  .session = {},
                  .message = message,
                  .fields = std::move(fields)});
  }

  SearchAnswer find(SearchAsk ask) {
    auto answer = world_.run(search_->find(std::move(ask)));
    EXPECT_TRUE(answer) << answer.error().text();
    return answer ? std::move(*answer) : SearchAnswer();
  }
  static Ids ids(const SearchAnswer& answer) {
    Ids out;
    for (const FoundMessage& one : answer.messages) out.push_back(one.id);
    return out;
  }
  Ids all(SearchAsk ask) {
    Ids out;
    for (int pages = 0; pages < 1'000; ++pages) {
      const SearchAnswer answer = find(ask);
      EXPECT_LE(answer.messages.size(), ask.limit);
      for (const std::string& id : ids(answer)) out.push_back(id);
      if (answer.next.empty()) return out;
      ask.after = answer.next;
    }
    ADD_FAILURE() << "a search without an end";
    return out;
  }

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  trace::Settings settings_;
  base::IdMaker ids_{1};
  FakeQueues queues_;
  std::unique_ptr<trace::TraceStore> trace_;
  std::unique_ptr<MessageSearch> search_;
};

TEST_F(MessageSearchTest, TheQueueKnowsHowTheyStand) {
  const std::string gone = queued("b@y.test");
  const std::string due = queued("b@y.test");
  const std::string deferred = queued("b@y.test");
  const std::string held = queued("b@y.test");
  delivered(gone);
  waits(deferred).attempts = 2;
  waits(deferred).last_reply = "451 later";
  waits(held).hold = true;
  waits(held).hold_reason = "by an operator";
  const SearchAnswer answer = find({});
  EXPECT_EQ(ids(answer), (Ids{held, deferred, due, gone}));
  EXPECT_EQ(answer.messages[0].state, "held");
  EXPECT_EQ(answer.messages[0].last, "by an operator");
  EXPECT_EQ(answer.messages[1].state, "deferred");
  EXPECT_EQ(answer.messages[1].last, "451 later");
  EXPECT_EQ(answer.messages[2].state, "due");
  EXPECT_EQ(answer.messages[3].state, "delivered");
  EXPECT_EQ(all({.state = "delivered"}), Ids{gone});
  EXPECT_EQ(all({.state = "held"}), Ids{held});
  EXPECT_EQ(all({.text = "b@y.test", .state = "deferred"}), Ids{deferred});
  EXPECT_EQ(all({.state = "failed"}), Ids{});
}

TEST_F(MessageSearchTest, WhatIsOlderThanTheTracesTheQueueHas) {
  Ids expected;
  for (int i = 0; i < 10; ++i) expected.insert(expected.begin(), queued("b@y.test", false));
  world_.run_for(std::chrono::hours(1));
  for (int i = 0; i < 10; ++i) expected.insert(expected.begin(), queued("b@y.test"));
  for (const std::size_t limit : {1UL, 3UL, 10UL, 11UL, 200UL}) {
    EXPECT_EQ(all({.limit = limit}), expected) << limit;
  }
}

TEST_F(MessageSearchTest, CursorsStayGoodWhileMailComesAndGoes) {
  Ids old;
  for (int i = 0; i < 20; ++i) old.insert(old.begin(), queued("b@y.test"));
  const SearchAnswer first = find({.limit = 5});
  for (int i = 0; i < 20; ++i) queued("b@y.test");
  for (int i = 0; i < 10; ++i) delivered(old[static_cast<std::size_t>(i)]);
  const SearchAnswer second = find({.after = first.next, .limit = 5});
  EXPECT_EQ(ids(second), Ids(old.begin() + 5, old.begin() + 10));
  trace_->close(world_.wall());  // a restart
  EXPECT_EQ(ids(find({.after = first.next, .limit = 5})), ids(second));
}

TEST_F(MessageSearchTest, CursorsThatAreNone) {
  queued("b@y.test");
  for (const char* const bad : {"x", "t", "q", "t.", "q0", "q../../etc", "t00063e1f2a3b4c5d",
                                "t00063e1f2a3b4c5d.g", "q00000000000000", "T00063e1f2a3b4c5d.1"}) {
    const auto answer = world_.run(search_->find({.after = bad}));
    EXPECT_FALSE(answer) << bad;
  }
  EXPECT_FALSE(world_.run(search_->find({.after = std::string(1'000, 't')})));
}

TEST_F(MessageSearchTest, OneRequestSumsUpSoManyAndNoMore) {
  constexpr std::size_t count = MessageSearch::rows_max + 500;
  for (std::size_t i = 0; i < count; ++i) queued("b@y.test");
  const SearchAnswer answer = find({.state = "failed"});
  EXPECT_TRUE(answer.messages.empty());
  EXPECT_FALSE(answer.next.empty()) << "it stopped, and says where to go on";
  EXPECT_LT(queues_.searches, 30);
  EXPECT_EQ(all({.state = "failed"}), Ids{});
}

TEST_F(MessageSearchTest, WhatEndedWithoutATraceOfItIsUnknown) {
  const std::string lost = queued("b@y.test");
  queues_.waiting.clear();
  EXPECT_EQ(find({}).messages.at(0).state, "unknown");
  EXPECT_EQ(find({}).messages.at(0).id, lost);
}

TEST_F(MessageSearchTest, NoTracesAtAll) {
  EXPECT_EQ(all({}), Ids{});
  const std::string id = queued("b@y.test", false);
  EXPECT_EQ(all({}), Ids{id});
}

TEST(MessageStates, Words) {
  EXPECT_TRUE(is_state("held"));
  EXPECT_TRUE(is_state("refused"));
  EXPECT_FALSE(is_state(""));
  EXPECT_FALSE(is_state("waiting"));
  EXPECT_EQ(
      states_text(),
      "due, active, deferred, scheduled, held, delivered, failed, removed, refused, discarded");
}

}  // namespace
}  // namespace admin
