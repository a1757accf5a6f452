// Tests of message_search.h and message_row.h: what is found, in which order, cursors that stay
// good, bounds, files that are damaged or gone.
#include "trace/message_search.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "trace/message_candidates.h"
#include "trace/store.h"

namespace trace {
namespace {

using std::chrono::minutes;
using Ids = std::vector<std::uint64_t>;
using Fields = std::vector<std::pair<std::string_view, std::string>>;

class TraceSearchTest : public testing::Test {
 protected:
  TraceSearchTest() {
    settings_.folder = "/state/trace";
    open();
  }
  void open() {
    auto store = TraceStore::open(files(), settings_);
    ASSERT_TRUE(store) << store.error().text();
    store_ = std::move(*store);
  }
  // What is written from now on is in another file.
  void next_file() {
    store_->close(now_);
    now_ += minutes(1);
  }
  [[nodiscard]] io::Files& files() { return host_.doors().files; }

  void emit(std::string_view name, std::uint64_t message, Fields fields,
            std::uint64_t session = 0) {
    base::Event event;
    event.name = name;
    now_ += std::chrono::milliseconds(1);
    event.time = now_;
    event.session = {session};
    event.message = {message};
    event.fields = std::move(fields);
    store_->emit(event);
  }
  void queued(std::uint64_t id, const std::string& from, const std::string& to) {
    const bool several = to.find(',') != std::string::npos;
    emit("message.queued", id,
         {{"from", from}, {several ? "recipients" : "to", several ? "2" : to}, {"bytes", "1000"}});
    emit("message.accepted", id, {{"from", from}, {"to", to}, {"size", "900"}}, 1);
  }
  void delivered(std::uint64_t id, const std::string& to) {
    emit("recipient.delivered", id, {{"to", to}, {"remote", "mx.y.test"}, {"reply", "250 ok"}});
    emit("message.done", id, {});
  }

  // All pages of `max`, file by file.
  std::vector<PlacedRow> all(const MessageQuery& query, std::size_t max = 100) {
    std::vector<PlacedRow> out;
    Place place;
    for (int steps = 0; steps < 1'000; ++steps) {
      auto step = store_->search(query, place, max, now_);
      if (!step) ADD_FAILURE() << step.error().text();
      if (!step) return out;
      EXPECT_LE(step->rows.size(), max);
      for (PlacedRow& row : step->rows) out.push_back(std::move(row));
      if (!step->next) return out;
      EXPECT_NE(*step->next, place) << "a search that stands still";
      place = *step->next;
    }
    ADD_FAILURE() << "a search without an end";
    return out;
  }
  Ids ids(const MessageQuery& query, std::size_t max = 100) {
    Ids out;
    for (const PlacedRow& one : all(query, max)) out.push_back(one.row.message.value);
    return out;
  }

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  Settings settings_;
  base::Time now_ = base::parse_time("2026-11-23T14:00:00.000Z").value();
  std::unique_ptr<TraceStore> store_;
};

TEST_F(TraceSearchTest, RowsSayHowItEnded) {
  queued(1, "a@x.test", "b@y.test");
  delivered(1, "b@y.test");
  queued(2, "a@x.test", "c@y.test,d@z.test");
  emit("recipient.delivered", 2, {{"to", "c@y.test"}, {"reply", "250 ok"}});
  emit("recipient.failed", 2, {{"to", "d@z.test"}, {"reply", "550 5.1.1 unknown"}});
  emit("message.done", 2, {});
  queued(3, "", "e@z.test");
  emit("recipient.deferred", 3, {{"to", "e@z.test"}, {"reply", "451 later"}});
  emit("message.refused", 4, {{"from", "s@x.test"}, {"to", "b@y.test"}, {"reply", "550 no"}}, 9);
  const auto rows = all({});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(to_string(rows[0].row.state), "refused");
  EXPECT_EQ(to_string(rows[1].row.state), "waiting");
  EXPECT_NE(rows[1].row.last.find("451 later"), std::string::npos) << rows[1].row.last;
  EXPECT_EQ(rows[1].row.sender, "");
  EXPECT_EQ(to_string(rows[2].row.state), "failed");
  EXPECT_EQ(rows[2].row.recipients, (std::vector<std::string>{"c@y.test", "d@z.test"}));
  EXPECT_EQ(rows[2].row.recipients_total, 2U);
  EXPECT_NE(rows[2].row.last.find("5.1.1 unknown"), std::string::npos) << rows[2].row.last;
  EXPECT_EQ(to_string(rows[3].row.state), "delivered");
  EXPECT_EQ(rows[3].row.bytes, 1'000U);
}

TEST_F(TraceSearchTest, FindsByPartsAndByWholeAddresses) {
  queued(1, "ann@x.test", "bob@y.test");
  queued(2, "joann@x.test", "bob@y.test,carol@z.test");
  queued(3, "dave@w.test", "joann@x.test");
  const auto check = [this] {
    EXPECT_EQ(ids({}), (Ids{3, 2, 1}));
    EXPECT_EQ(ids({.text = "ANN@"}), (Ids{3, 2, 1}));
    EXPECT_EQ(ids({.text = "ann@x.test"}), (Ids{1})) << "a whole address is no part";
    EXPECT_EQ(ids({.text = "joann@x.test"}), (Ids{3, 2}));
    EXPECT_EQ(ids({.sender = "joann@x.test"}), (Ids{2}));
    EXPECT_EQ(ids({.recipient = "carol@z.test"}), (Ids{2})) << "one of several";
    EXPECT_EQ(ids({.recipient = "@y."}), (Ids{2, 1}));
    EXPECT_EQ(ids({.sender = "ann", .recipient = "bob"}), (Ids{2, 1}));
    EXPECT_EQ(ids({.text = base::MessageId{3}.text()}), (Ids{3}));
    EXPECT_EQ(ids({.text = "nobody@x.test"}), Ids{});
    EXPECT_EQ(ids({.text = "%_*["}), Ids{});
  };
  check();
  next_file();
  check();
  queued(4, "zoe@x.test", "bob@v.test");
  EXPECT_EQ(ids({.text = "joann@x.test"}), (Ids{3, 2})) << "over files without it";
}

TEST_F(TraceSearchTest, ThePageThatFollowsBeginsWhereTheLastEnded) {
  Ids expected;
  for (std::uint64_t id = 1; id <= 60; ++id) {
    queued(id, "a@x.test", id % 2 == 0 ? "b@y.test" : "b@y.test,c@z.test");
    expected.insert(expected.begin(), id);
    if (id % 20 == 0) next_file();
  }
  for (const std::size_t max : {1UL, 7UL, 20UL, 100UL}) EXPECT_EQ(ids({}, max), expected) << max;
  // What comes meanwhile is not seen, and moves nothing.
  auto step = store_->search({}, {}, 5, now_);
  ASSERT_TRUE(step);
  for (std::uint64_t id = 61; id <= 100; ++id) queued(id, "a@x.test", "b@y.test");
  auto following = store_->search({}, step->rows.back().place, 3, now_);
  ASSERT_TRUE(following);
  ASSERT_EQ(following->rows.size(), 3U);
  EXPECT_EQ(following->rows[0].row.message.value, 55U);
}

TEST_F(TraceSearchTest, HowItEndedIsFoundInLaterFiles) {
  queued(1, "a@x.test", "b@y.test");
  next_file();
  queued(2, "a@x.test", "c@y.test");
  next_file();
  delivered(1, "b@y.test");
  const auto rows = all({});
  ASSERT_EQ(rows.size(), 2U) << "a message is a row of the file that it began in";
  EXPECT_EQ(rows[1].row.message.value, 1U);
  EXPECT_EQ(to_string(rows[1].row.state), "delivered");
  EXPECT_EQ(to_string(rows[0].row.state), "waiting");
}

TEST_F(TraceSearchTest, AcceptedInTheNextFileIsNoSecondMessage) {
  emit("message.queued", 1, {{"from", "a@x.test"}, {"recipients", "2"}, {"bytes", "5"}});
  next_file();
  emit("message.accepted", 1, {{"from", "a@x.test"}, {"to", "b@y.test,c@z.test"}, {"size", "4"}},
       1);
  EXPECT_EQ(ids({}), (Ids{1}));
  EXPECT_EQ(ids({.recipient = "@z.test"}), (Ids{1})) << "its names are in the next file";
  EXPECT_EQ(ids({.recipient = "@w.test"}), Ids{});
}

TEST_F(TraceSearchTest, Times) {
  queued(1, "a@x.test", "b@y.test");
  next_file();
  const base::Time middle = now_;
  queued(2, "a@x.test", "b@y.test");
  next_file();
  const base::Time late = now_;
  queued(3, "a@x.test", "b@y.test");
  EXPECT_EQ(ids({.since = middle}), (Ids{3, 2}));
  EXPECT_EQ(ids({.until = middle}), (Ids{1}));
  EXPECT_EQ(ids({.since = middle, .until = late}), (Ids{2}));
  EXPECT_EQ(ids({.since = late + std::chrono::hours(1)}), Ids{});
  EXPECT_EQ(ids({.until = base::Time()}), Ids{});
  EXPECT_EQ(ids({.since = base::Time::max()}), Ids{});
  EXPECT_EQ(ids({.since = base::Time::min(), .until = base::Time::max()}), (Ids{3, 2, 1}));
}

TEST_F(TraceSearchTest, RefusedAtRcptIsShownWhenAskedFor) {
  emit("recipient.refused", 0, {{"from", "s@x.test"}, {"to", "no@y.test"}, {"reply", "550 5.1.1"}},
       7);
  emit("message.refused", 5, {{"from", "s@x.test"}, {"to", "b@y.test"}, {"reply", "554"}}, 8);
  queued(6, "a@x.test", "b@y.test");
  EXPECT_EQ(ids({}), (Ids{6, 5}));
  const auto rows = all({.refused = true});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[1].row.message);
  EXPECT_EQ(rows[1].row.session.value, 7U);
  EXPECT_EQ(rows[1].row.recipients, std::vector<std::string>{"no@y.test"});
  EXPECT_EQ(all({.recipient = "no@y.test", .refused = true}).size(), 1U);
}

TEST_F(TraceSearchTest, PlacesAsText) {
  const Place place{.file = "00063e1f2a3b4c5d.trace", .offset = 8'000};
  EXPECT_EQ(place_text(place), "00063e1f2a3b4c5d.1f40");
  EXPECT_EQ(parse_place("00063e1f2a3b4c5d.1f40"), place);
  for (const char* const bad :
       {"", "1f40", "00063e1f2a3b4c5d", "00063e1f2a3b4c5d.", "00063e1f2a3b4c5d.x",
        "../../../etc/x.1", "00063e1f2a3b4c5d-1f40", "00063e1f2a3b4c5d.11111111111111111",
        "0x063e1f2a3b4c5d.1", " 0063e1f2a3b4c5d.1", "00063e1f2a3b4c5d.-1"}) {
    EXPECT_FALSE(parse_place(bad)) << bad;
  }
}

TEST_F(TraceSearchTest, PlacesOfFilesThatAreGoneOrNeverWere) {
  queued(1, "a@x.test", "b@y.test");
  next_file();
  queued(2, "a@x.test", "b@y.test");
  const auto after = [this](const Place& place) {
    Ids out;
    auto step = store_->search({}, place, 100, now_);
    EXPECT_TRUE(step);
    for (const PlacedRow& one : step->rows) out.push_back(one.row.message.value);
    return out;
  };
  EXPECT_EQ(after({.file = "ffffffffffffffff.trace", .offset = 5}), (Ids{2})) << "of the future";
  EXPECT_EQ(after({.file = "0000000000000000.trace", .offset = 5}), Ids{}) << "older than all";
  EXPECT_EQ(after({.file = "0000000000000001.trace", .offset = ~std::uint64_t{0}}), Ids{});
  const auto names = trace_files(files(), settings_.folder).value();
  EXPECT_EQ(after({.file = names.back(), .offset = ~std::uint64_t{0}}), (Ids{2}));
  EXPECT_EQ(after({.file = names.back(), .offset = 0}), (Ids{1}));
  ASSERT_TRUE(files().remove(settings_.folder + "/" + names.front()));
  EXPECT_EQ(after({.file = names.back(), .offset = 0}), Ids{});
}

TEST_F(TraceSearchTest, ADamagedFileTellsWhatIsBeforeTheDamage) {
  for (std::uint64_t id = 1; id <= 10; ++id) queued(id, "a@x.test", "b@y.test");
  next_file();
  const auto names = trace_files(files(), settings_.folder).value();
  const std::string path = settings_.folder + "/" + names.front();
  auto file = files().open(path, io::OpenMode::write);
  ASSERT_TRUE(file);
  const std::uint64_t size = (*file)->size().value();
  const std::string_view rubbish = "rubbish";
  ASSERT_TRUE((*file)->write_at(size / 2, {&rubbish, 1}));
  const Ids found = ids({});
  EXPECT_GE(found.size(), 3U);
  EXPECT_LT(found.size(), 10U);
  EXPECT_EQ(found.back(), 1U);
}

TEST_F(TraceSearchTest, OfVeryManyMatchesTheNewestAreRememberedAndNoneIsLost) {
  settings_.file_bytes_max = 1ULL << 30U;
  settings_.pending_events_max = 10'000'000;
  open();
  constexpr std::uint64_t count = candidates_max * 2 + 500;
  for (std::uint64_t id = 1; id <= count; ++id) {
    emit("message.queued", id, {{"from", "a@x.test"}, {"to", "b@y.test"}, {"bytes", "1"}});
    if (id % 2'000 == 0) store_->flush(now_);
  }
  const Ids found = ids({}, 8'000);
  ASSERT_EQ(found.size(), count);
  EXPECT_EQ(found.front(), count);
  EXPECT_EQ(found.back(), 1U);
}

TEST_F(TraceSearchTest, WhatIsAWholeAddress) {
  for (const char* const whole :
       {"a@x.test", " a@x.test ", "a.b+c@mail.x.test", "\"a@b\"@x.test"}) {
    EXPECT_TRUE(is_whole_address(whole)) << whole;
  }
  for (const char* const part : {"", "@", "a", "a@", "@x.test", "a@x", "a@x.", "a@.x", "x.test"}) {
    EXPECT_FALSE(is_whole_address(part)) << part;
  }
}

TEST_F(TraceSearchTest, TheWatcherSeesEachEventOnceAlsoWhenTheDiskIsFull) {
  std::size_t seen = 0;
  store_->watch(
      [&seen](const EventView& event) { seen += event.name == "message.queued" ? 1 : 0; });
  queued(1, "a@x.test", "b@y.test");
  store_->flush(now_);
  store_->flush(now_);
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(ids({}), (Ids{1}));
  queued(2, "a@x.test", "b@y.test");
  EXPECT_EQ(ids({}), (Ids{2, 1})) << "a question writes what is pending";
  EXPECT_EQ(seen, 2U);
}

}  // namespace
}  // namespace trace
