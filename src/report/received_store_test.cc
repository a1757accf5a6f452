// Tests of report/report_store.h (what arrived) and report/incoming/inbox_courier.h.
#include <gtest/gtest.h>

#include "lib/io/real/files.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "queue/fakes.h"
#include "report/incoming/inbox_courier.h"

namespace report {
namespace {

using std::chrono::days;

ReceivedReport received(std::string id, std::string domain = "example.org") {
  ReceivedReport out;
  out.organization = "reporter.test";
  out.report_id = std::move(id);
  out.domain = std::move(domain);
  out.begin = base::Time(days(20'000));
  out.end = base::Time(days(20'001));
  out.count = 5;
  out.good = 3;
  out.rows = {
      {.source = "192.0.2.1", .count = 3, .good = true, .result = "dkim", .disposition = "none"},
      {.source = "192.0.2.2",
       .count = 2,
       .good = false,
       .result = "none",
       .disposition = "reject"}};
  out.remarks = {"one", "two"};
  out.detail = "{}";
  return out;
}

TEST(ReceivedStore, KeepsEachReportOnce) {
  auto store = std::move(*ReportStore::open(":memory:"));
  const Arrival arrival{.when = base::Time(days(20'002)),
                        .from = "x@reporter.test",
                        .authentication = "dmarc=pass",
                        .file = "a.gz",
                        .proven = true};
  EXPECT_EQ(store->add(received("1"), arrival).value_or(0), 1);
  const auto again = store->add(received("1"), arrival);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, base::ErrorKind::exists);
  ASSERT_TRUE(store->add(received("2"), arrival));
  ASSERT_TRUE(store->add(received("1", "other.test"), arrival));

  const auto all = store->list({});
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ(
      store->list({.domain = "example.org", .since = {}, .max = 10, .unproven = true})->size(), 2U);
  EXPECT_EQ(store->list({.domain = "", .since = {}, .max = 1, .unproven = true})->size(), 1U);
  EXPECT_TRUE(
      store->list({.domain = "", .since = base::Time(days(20'005)), .max = 9, .unproven = true})
          ->empty());
  const auto one = store->find(1);
  ASSERT_TRUE(one->has_value());
  EXPECT_EQ((*one)->listed.report.remarks, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ((*one)->listed.arrival.authentication, "dmarc=pass");
  EXPECT_FALSE(store->find(99)->has_value());

  const auto summary =
      store->summary({.domain = "example.org", .since = {}, .max = 10, .unproven = true});
  ASSERT_EQ(summary->size(), 2U);
  EXPECT_EQ((*summary)[0].source, "192.0.2.1");
  EXPECT_EQ((*summary)[0].count, 6U);
  EXPECT_EQ((*summary)[0].good, 6U);
  EXPECT_EQ((*summary)[1].good, 0U);
  EXPECT_EQ((*summary)[1].reports, 2U);

  ASSERT_TRUE(store->expire(base::Time(days(20'003))));
  EXPECT_TRUE(store->list({})->empty());
  EXPECT_TRUE(store->summary({})->empty()) << "rows go with their report";
}

TEST(ReceivedStore, IsBounded) {
  auto store = std::move(*ReportStore::open(":memory:"));
  for (int i = 0; i < 40; ++i) {
    ReceivedReport big = received(std::to_string(i));
    big.detail = std::string(20'000, 'x');
    const bool proven = i < 5;
    ASSERT_TRUE(store->add(big, {.when = base::Time(days(20'002)),
                                 .from = proven ? "known" : "stranger",
                                 .authentication = "",
                                 .file = "",
                                 .proven = proven}));
  }
  EXPECT_EQ(store->count_from("stranger", base::Time(days(20'002))).value_or(0), 35U);
  EXPECT_EQ(store->count_from("stranger", base::Time(days(20'003))).value_or(9), 0U);
  EXPECT_GE(store->shrink(500'000).value_or(0), 10U);
  const auto left = store->list({});
  EXPECT_LT(left->size(), 31U);
  EXPECT_EQ(std::ranges::count(*left, true, [](const auto& one) { return one.arrival.proven; }), 5)
      << "what is proven stays longest";
  EXPECT_EQ(
      store->summary({.domain = "", .since = {}, .max = 10, .unproven = false})->front().reports,
      5U);
  EXPECT_TRUE(store->remove(1).value_or(false));
  EXPECT_FALSE(store->remove(1).value_or(true));
}

// From the source folder, where tests are run.
std::string data(const std::string& name) {
  io::real::PosixFiles files;
  return io::read_file(files, "tests/data/reports/" + name, 1U << 20U).value_or("");
}

class Body final : public queue::BodyReader {
 public:
  explicit Body(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  io::Task<base::Result<std::string_view>> next() override {
    const std::string_view out = read_ ? std::string_view() : text_;
    read_ = true;
    co_return out;
  }
  void rewind() override { read_ = false; }

 private:
  std::string text_;
  bool read_ = false;
};

class Next final : public queue::Courier {
 public:
  std::vector<std::string> keys;
  std::string body;
  [[nodiscard]] queue::Destination destination(const message::Envelope& /*envelope*/,
                                               const message::Recipient& to) const override {
    return {.key = (to.address.domain == "demo.test" ? "local:" : "mx:") + to.address.domain};
  }
  io::Task<std::vector<queue::Outcome>> deliver(queue::Parcel parcel) override {
    keys.push_back(parcel.destination.key);
    body = std::string(*co_await parcel.body->next());
    co_return std::vector<queue::Outcome>{};
  }
};

class InboxCourierTest : public testing::Test {
 protected:
  InboxCourierTest() {
    settings.reports.database_path = ":memory:";
    settings.reports.in.inboxes = {"dmarc@demo.test", "dmarc@far.test"};
    settings.reports.in.mail_bytes_max = 100'000;
    reports = std::move(*Reports::open(settings, log));
    courier = std::make_unique<InboxCourier>(InboxCourier::Parts{
        .doors = host.doors(), .next = next, .reports = reports.get(), .events = log});
  }
  std::vector<queue::Outcome> deliver(std::string text) {
    auto info = std::make_shared<queue::MessageInfo>();
    message::Recipient to;
    to.address = {.local = "dmarc", .domain = "demo.test"};
    info->envelope.recipients = {to};
    Body body(std::move(text));
    queue::Parcel parcel;
    parcel.message = info;
    parcel.recipients = {0};
    parcel.destination = courier->destination(info->envelope, to);
    parcel.body = &body;
    return world.run(courier->deliver(std::move(parcel)));
  }
  std::size_t stored() {
    return reports->with_store([](ReportStore& store) { return store.list({}); })->size();
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  queue::EventLog log;
  Settings settings;
  Next next;
  std::unique_ptr<Reports> reports;
  std::unique_ptr<InboxCourier> courier;
};

std::string key(const InboxCourier& courier, message::Address to) {
  message::Recipient recipient;
  recipient.address = std::move(to);
  return courier.destination({}, recipient).key;
}

TEST_F(InboxCourierTest, KnowsItsInboxes) {
  EXPECT_EQ(key(*courier, {"DMARC", "demo.test"}), "report:local:demo.test");
  EXPECT_EQ(key(*courier, {"you", "demo.test"}), "local:demo.test");
  EXPECT_EQ(key(*courier, {"dmarc", "far.test"}), "mx:far.test");
  InboxCourier none({.doors = host.doors(), .next = next, .reports = nullptr, .events = log});
  EXPECT_EQ(key(none, {"dmarc", "demo.test"}), "local:demo.test");
}

TEST_F(InboxCourierTest, StoresReportsAndPassesOnTheRest) {
  const auto outcomes = deliver(data("failure.eml"));
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].result, queue::Result::delivered);
  EXPECT_EQ(outcomes[0].attempt.reply.text(), "250 2.0.0 1 report(s) stored, 0 known already");
  EXPECT_EQ(stored(), 1U);
  EXPECT_EQ(deliver(data("failure.eml"))[0].result, queue::Result::delivered) << "known already";
  EXPECT_EQ(stored(), 1U);
  EXPECT_TRUE(next.keys.empty());

  const std::string letter = "From: a@b.test\r\n\r\nWhy do you send me reports?\r\n";
  deliver(letter);
  EXPECT_EQ(next.keys, std::vector<std::string>{"local:demo.test"});
  EXPECT_EQ(next.body, letter) << "from its beginning";
  deliver(data("failure.eml") + std::string(100'000, 'x'));
  EXPECT_EQ(next.keys.size(), 2U) << "too large to be searched";
}

TEST_F(InboxCourierTest, KeepsTheMailWhenItShall) {
  settings.reports.in.keep_mail = true;
  reports->set_settings(settings);
  deliver(data("failure.eml"));
  EXPECT_EQ(stored(), 1U);
  EXPECT_EQ(next.keys.size(), 1U);
}

}  // namespace
}  // namespace report
