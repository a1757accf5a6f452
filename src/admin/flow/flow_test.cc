// Tests of flow/: steps that roll over, restarts, clocks that jump, receivers without a line of
// their own, and what is kept for how long.
#include "admin/flow/flow.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace flow {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class NoEvents final : public base::EventSink {
 public:
  void emit(const base::Event& event) override {
    if (event.name == "flow.unsaved") ++unsaved;
  }
  int unsaved = 0;
};

class FlowTest : public testing::Test {
 protected:
  FlowTest() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("stagepost-flow-{}-{}.db", ::getpid(), test->name());
    remove();
    open();
  }
  ~FlowTest() override {
    flow_.reset();
    remove();
  }
  void remove() {
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path_.string() + suffix);
    }
  }
  // As after a start: all counters begin at 0.
  void open() {
    flow_.reset();
    metrics_ = std::make_unique<base::Metrics>();
    auto flow = Flow::open(path_, *metrics_, events_, wall_);
    ASSERT_TRUE(flow) << flow.error().text();
    flow_ = std::move(*flow);
  }
  void count(std::string_view name, std::uint64_t by = 1) { metrics_->counter(name, "").add(by); }
  void receive(std::uint64_t by = 1) { count("stagepost_session_messages_total", by); }

  [[nodiscard]] Moment now() const { return {.wall = wall_, .steady = steady_}; }
  void pass(base::Duration time) {
    wall_ += time;
    steady_ += time;
  }
  void sample() { ASSERT_TRUE(flow_->sample(now())); }

  // From the newest step backwards; what is 0 is left out: "0:5 3:1".
  std::string series(std::string_view period, Kind kind = Kind::received) {
    const auto found = flow_->series(*period_of(period), now());
    if (!found) return found.error().text();
    EXPECT_EQ(found->size(), period_of(period)->count);
    std::string out;
    for (std::size_t i = 0; i < found->size(); ++i) {
      const std::uint64_t value = (*found)[found->size() - 1 - i][kind];
      if (value > 0) out += fmt::format("{}{}:{}", out.empty() ? "" : " ", i, value);
    }
    return out;
  }
  // "y.test 3/1/0; others 2/0/0".
  std::string receivers(std::string_view period, std::size_t max = 200) {
    const auto found = flow_->receivers(*period_of(period), now(), max);
    if (!found) return found.error().text();
    std::string out;
    for (const ReceiverLine& line : *found) {
      out += fmt::format("{}{} {}/{}/{}", out.empty() ? "" : "; ",
                         line.domain == others ? "others" : line.domain, line.counts.delivered,
                         line.counts.deferred, line.counts.failed);
    }
    return out;
  }
  void tell(std::string_view name, const std::string& to, const std::string& reply = "",
            const std::string& delay = "1s500ms") {
    trace::EventView event;
    event.name = name;
    event.time = wall_;
    event.message = {1};
    event.fields = {{"from", "a@x.test"}, {"to", to}, {"reply", reply}, {"delay", delay}};
    flow_->tally().see(event);
  }

  std::filesystem::path path_;
  NoEvents events_;
  std::unique_ptr<base::Metrics> metrics_;
  std::unique_ptr<Flow> flow_;
  base::Time wall_ = base::parse_time("2026-11-23T14:02:30.000Z").value();
  base::Instant steady_{hours(5)};
};

TEST_F(FlowTest, StepsRollOver) {
  receive(5);
  sample();
  pass(seconds(20));
  receive(2);
  EXPECT_EQ(series("hour"), "0:7") << "a question counts up to now";
  pass(seconds(10));  // 14:03:00
  receive(1);
  EXPECT_EQ(series("hour"), "0:1 1:7");
  EXPECT_EQ(series("day"), "0:8");
  pass(minutes(2));  // 14:05:00
  EXPECT_EQ(series("day"), "1:8");
  EXPECT_EQ(series("week"), "0:8");
  pass(minutes(55));  // 15:00:00
  EXPECT_EQ(series("hour"), "57:1 58:7");
  EXPECT_EQ(series("month"), "1:8");
  pass(minutes(3));
  EXPECT_EQ(series("hour"), "") << "the period has passed";
}

TEST_F(FlowTest, KindsAndToday) {
  receive(10);
  count("stagepost_session_submissions_total", 4);
  count("stagepost_recipients_delivered_total", 8);
  count("stagepost_recipients_deferred_total", 3);
  count("stagepost_recipients_failed_total", 2);
  count("stagepost_session_messages_refused_total", 1);
  count("stagepost_session_recipients_refused_total", 5);
  trace::EventView injected;
  injected.name = "message.accepted";
  injected.message = {1};
  flow_->tally().see(injected);
  const auto today = flow_->today(now());
  ASSERT_TRUE(today);
  EXPECT_EQ((*today)[Kind::received], 6U);
  EXPECT_EQ((*today)[Kind::submitted], 5U) << "with what one of our programs brought";
  EXPECT_EQ((*today)[Kind::delivered], 8U);
  EXPECT_EQ((*today)[Kind::deferred], 3U);
  EXPECT_EQ((*today)[Kind::failed], 2U);
  EXPECT_EQ((*today)[Kind::refused], 6U);
  pass(hours(10));  // past midnight
  EXPECT_EQ((*flow_->today(now()))[Kind::received], 0U);
}

TEST_F(FlowTest, ARestartLosesNothingAndCountsNothingTwice) {
  receive(5);
  tell("recipient.delivered", "b@y.test");
  sample();
  open();
  EXPECT_EQ(series("hour"), "0:5");
  receive(2);
  EXPECT_EQ(series("hour"), "0:7");
  EXPECT_EQ(receivers("hour"), "y.test 1/0/0");
}

TEST_F(FlowTest, AClockThatWasWrongForAWhileCostsNothing) {
  receive(5);
  sample();
  const base::Time right = wall_;
  for (const base::Duration wrong :
       {base::Duration(-days(20 * 365)), base::Duration(days(3'650))}) {
    wall_ = right + wrong;
    receive(1);
    sample();
    for (int i = 0; i < 30; ++i) {  // half an hour
      pass(minutes(1));
      sample();
    }
    wall_ = right;
    sample();
    EXPECT_EQ(series("month"), "0:5") << wrong.count();
  }
  for (int i = 0; i < 61; ++i) {
    pass(minutes(1));
    sample();
  }
  EXPECT_EQ(series("month"), "1:5") << "and what it was wrong about is forgotten";
  wall_ = right - days(20 * 365);
  EXPECT_EQ(series("hour"), "");
}

TEST_F(FlowTest, BackByASecondAddsToTheStepBefore) {
  pass(seconds(30));  // 14:03:00
  receive(1);
  sample();
  wall_ -= seconds(1);
  receive(1);
  sample();
  wall_ += seconds(1);
  EXPECT_EQ(series("hour"), "0:1 1:1");
}

TEST_F(FlowTest, WhatIsTooOldGoes) {
  receive(5);
  tell("recipient.delivered", "b@y.test");
  sample();
  for (int day = 0; day < 45; ++day) {
    pass(days(1) - minutes(61));
    sample();
    pass(minutes(61));
    sample();
  }
  auto database = directory::Database::open(path_);
  ASSERT_TRUE(database);
  EXPECT_EQ((*database)->number("SELECT COUNT(*) FROM flow").value(), 0);
  EXPECT_EQ((*database)->number("SELECT COUNT(*) FROM receivers").value(), 0);
}

TEST_F(FlowTest, Receivers) {
  for (int i = 0; i < 3; ++i) tell("recipient.delivered", "b@Y.test");
  tell("recipient.deferred", "c@y.test", "451 4.7.1 <c@y.test> greylisted, c@y.test, try later");
  tell("recipient.failed", "d@z.test", "550 5.1.1 d@z.test unknown\r\nforged line");
  tell("recipient.failed", "nobody", "550 no");
  tell("recipient.failed", "e@bad\nname.test", "550 no");
  EXPECT_EQ(receivers("hour"), "y.test 3/1/0; z.test 0/0/1");
  EXPECT_EQ(receivers("month"), "y.test 3/1/0; z.test 0/0/1");
  const auto lines = flow_->receivers(*period_of("day"), now(), 200).value();
  EXPECT_EQ(lines[0].counts.milliseconds, 4'500U);
  ASSERT_TRUE(lines[0].trouble);
  EXPECT_EQ(lines[0].trouble->text, "451 4.7.1 <…@y.test> greylisted, …@y.test, try later");
  EXPECT_EQ(lines[1].trouble->text, "550 5.1.1 …@z.test unknown\\r\\nforged line");
}

TEST_F(FlowTest, TheMostMailFirstTheRestIsOthers) {
  for (int i = 0; i < 10; ++i) {
    for (int n = 0; n <= i; ++n) tell("recipient.delivered", fmt::format("a@d{}.test", i));
  }
  EXPECT_EQ(receivers("hour", 2), "d9.test 10/0/0; d8.test 9/0/0; others 36/0/0");
}

TEST_F(FlowTest, DomainsBeyondTheBoundAreOthersInEachStep) {
  const auto bound = static_cast<std::size_t>(FlowStore::domains_per_step_max);
  for (std::size_t i = 0; i < 5'000; ++i) tell("recipient.delivered", fmt::format("a@d{}.test", i));
  tell("recipient.delivered", "a@large.test");
  for (int i = 0; i < 100; ++i) tell("recipient.delivered", "a@d7.test");
  sample();
  pass(seconds(10));
  for (std::size_t i = 0; i < 5'000; ++i) tell("recipient.failed", fmt::format("a@e{}.test", i));
  sample();
  const auto lines = flow_->receivers(*period_of("hour"), now(), 10'000).value();
  ASSERT_EQ(lines.size(), bound + 1);
  EXPECT_EQ(lines.front().domain, "d7.test") << "those with the most mail have lines of their own";
  EXPECT_EQ(lines.front().counts.delivered, 101U);
  EXPECT_EQ(lines.back().domain, others);
  std::uint64_t sum = 0;
  for (const ReceiverLine& line : lines) sum += line.counts.all();
  EXPECT_EQ(sum, 10'101U) << "nothing is lost";
  auto database = directory::Database::open(path_);
  EXPECT_LE((*database)->number("SELECT COUNT(*) FROM receivers").value(),
            static_cast<std::int64_t>(3 * (bound + 1)));
}

TEST_F(FlowTest, AFileThatIsNoneIsToldAndMailGoesOn) {
  flow_.reset();
  remove();
  {
    FILE* file = std::fopen(path_.c_str(), "w");
    ASSERT_NE(file, nullptr);
    for (int i = 0; i < 1'000; ++i) std::fputs("this is no database\n", file);
    std::fclose(file);
  }
  open();
  EXPECT_EQ(events_.unsaved, 1);
  receive(5);
  EXPECT_EQ(series("hour"), "0:5") << "in memory";
}

TEST_F(FlowTest, AFileOfANewerVersionIsLeftAlone) {
  flow_.reset();
  {
    auto database = directory::Database::open(path_);
    ASSERT_TRUE((*database)->execute("PRAGMA user_version = 99"));
  }
  open();
  EXPECT_EQ(events_.unsaved, 1);
  auto database = directory::Database::open(path_);
  EXPECT_EQ((*database)->number("PRAGMA user_version").value(), 99);
}

TEST(FlowSteps, BeginOfAStep) {
  const auto at = [](const char* text) { return base::parse_time(text).value(); };
  EXPECT_EQ(begin_of_step(at("2026-11-23T14:02:30.999Z"), minutes(5)),
            at("2026-11-23T14:00:00.000Z"));
  EXPECT_EQ(begin_of_step(at("2026-11-23T14:00:00.000Z"), hours(1)),
            at("2026-11-23T14:00:00.000Z"));
  EXPECT_EQ(begin_of_step(base::Time(seconds(-1)), minutes(1)), base::Time(-minutes(1)));
  EXPECT_EQ(begin_of(*period_of("hour"), at("2026-11-23T14:02:30.000Z")),
            at("2026-11-23T13:03:00.000Z"));
  EXPECT_FALSE(period_of("year"));
  EXPECT_FALSE(period_of(""));
  for (const Period& period : periods) {
    const auto* const step =
        std::ranges::find(steps, period.step, [](const Step& one) { return one.length; });
    ASSERT_NE(step, steps.end());
    EXPECT_LE(period.step * period.count, step->kept_for) << "it is shown, so it is kept";
  }
}

TEST(FlowReceivers, LocalPartsGo) {
  EXPECT_EQ(without_local_parts("550 <an.nie+x@example.org>: no"), "550 <…@example.org>: no");
  EXPECT_EQ(without_local_parts("a@b c@d"), "…@b …@d");
  EXPECT_EQ(without_local_parts("@b"), "@b");
  EXPECT_EQ(without_local_parts("to=me@b"), "…@b");
  EXPECT_EQ(without_local_parts("a@@b"), "…@@b");
  EXPECT_EQ(without_local_parts(""), "");
}

}  // namespace
}  // namespace flow
