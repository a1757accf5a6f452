// Tests of report/dmarc/destinations.h and reporter.h: who gets reports, when, and what a crash
// leaves.
#include "report/dmarc/reporter.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "lib/io/task_group.h"
#include "queue/fakes.h"
#include "report/incoming/mail_reader.h"

namespace report {
namespace {

using std::chrono::days;
using std::chrono::hours;

TEST(ReportUri, IsAMailAddress) {
  const struct {
    const char* uri;
    const char* address;  // "": none
    std::uint64_t bytes_max;
  } cases[] = {
      {"mailto:a@example.org", "a@example.org", 0},
      {" MAILTO:a@example.org!10m ", "a@example.org", 10ULL << 20U},
      {"mailto:a@example.org!50k", "a@example.org", 50ULL << 10U},
      {"mailto:a@example.org!7", "a@example.org", 7},
      {"mailto:a%21b@example.org!1g", "a!b@example.org", 1ULL << 30U},
      {"mailto:a@example.org?subject=x", "a@example.org", 0},
      {"mailto:a@example.org!10x", "", 0},
      {"mailto:a@example.org!99999999999t", "", 0},
      {"https://example.org/reports", "", 0},
      {"mailto:postmaster", "", 0},
      {"mailto:a@[192.0.2.1]", "", 0},
      {"mailto:a%0d%0ab@example.org", "", 0},
      {"a@example.org", "", 0},
      {"", "", 0},
  };
  for (const auto& c : cases) {
    const auto read = parse_report_uri(c.uri);
    EXPECT_EQ(read ? read->address.text() : "", c.address) << c.uri;
    if (read) EXPECT_EQ(read->bytes_max, c.bytes_max) << c.uri;
  }
}

constexpr const char* zone = R"(
_dmarc.own.test TXT v=DMARC1; p=none; rua=mailto:a@own.test, mailto:b@sub.own.test!1k
_dmarc.out.test TXT v=DMARC1; p=none; rua=mailto:a@asks.test,mailto:b@silent.test
out.test._report._dmarc.asks.test TXT v=DMARC1;
_dmarc.moved.test TXT v=DMARC1; p=none; rua=mailto:a@asks.test
moved.test._report._dmarc.asks.test TXT v=DMARC1; rua=mailto:new@asks.test
_dmarc.abused.test TXT v=DMARC1; p=none; rua=mailto:a@asks.test
abused.test._report._dmarc.asks.test TXT v=DMARC1; rua=mailto:victim@victim.test
_dmarc.slow.test TXT v=DMARC1; p=none; rua=mailto:a@slow2.test
slow.test._report._dmarc.slow2.test FAIL
_dmarc.http.test TXT v=DMARC1; p=none; rua=https://http.test/
_dmarc.down.test FAIL
_dmarc.many.test TXT v=DMARC1; p=none; rua=mailto:1@many.test,mailto:2@many.test,mailto:3@many.test
_dmarc.twice.test TXT v=DMARC1; p=none; rua=mailto:1@twice.test,mailto:1@twice.test
)";

class ReporterTest : public testing::Test {
 protected:
  ReporterTest() {
    settings.hostname = "mx.demo.test";
    settings.reports.database_path = ":memory:";
    settings.reports.out.address = "noreply-dmarc@demo.test";
    settings.reports.out.destinations_max = 2;
    reports = std::move(*Reports::open(settings, log));
    reporter = std::make_unique<Reporter>(
        Reporter::Parts{.doors = host.doors(),
                        .resolver = resolver,
                        .reports = *reports,
                        .events = log,
                        .post = [this](ReportToPost mail) { return post(this, std::move(mail)); }});
  }
  ~ReporterTest() override {
    tasks.cancel();
    world.run(tasks.join());
  }
  static io::Task<base::Result<>> post(ReporterTest* test, ReportToPost mail) {
    if (test->broken) co_return base::fail(base::ErrorKind::no_space, "the disk is full");
    test->mails.push_back(std::move(mail));
    co_return base::Result<>{};
  }

  void observe(const std::string& domain, int count = 1, base::Duration ago = {}) {
    Observation seen;
    seen.when = host.doors().clock.wall() - ago;
    seen.policy.domain = domain;
    seen.policy.p = "none";
    seen.row.source = "192.0.2.1";
    seen.row.header_from = domain;
    seen.row.spf_domain = domain;
    for (int i = 0; i < count; ++i) reports->observe(seen);
  }
  Destinations find(const std::string& domain) {
    return world.run(
        find_destinations(resolver, host.doors().clock, {.domain = domain, .destinations_max = 2}));
  }
  std::vector<SendResult> send(SendWish wish = {.domain = "", .today = true, .dry_run = false}) {
    auto sent = world.run(reporter->send(std::move(wish)));
    EXPECT_TRUE(sent) << sent.error().detail;
    return sent ? std::move(*sent) : std::vector<SendResult>();
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  dns::ZoneResolver resolver{zone};
  queue::EventLog log;
  Settings settings;
  std::unique_ptr<Reports> reports;
  std::unique_ptr<Reporter> reporter;
  std::vector<ReportToPost> mails;
  bool broken = false;
  io::TaskGroup tasks;
};

TEST_F(ReporterTest, AsksOthersForTheirConsent) {
  const struct {
    const char* domain;
    std::vector<std::string> to;
    const char* refused;  // in the first refusal
    bool trouble;
  } cases[] = {
      {"own.test", {"a@own.test", "b@sub.own.test"}, "", false},
      {"out.test", {"a@asks.test"}, "out.test._report._dmarc.silent.test", false},
      {"moved.test", {"new@asks.test"}, "", false},
      {"abused.test", {}, "leads to another host", false},
      {"slow.test", {}, "no answer", true},
      {"http.test", {}, "not a mailto:", false},
      {"down.test", {}, "no answer", true},
      {"gone.test", {}, "no DMARC record", false},
      {"many.test", {"1@many.test", "2@many.test"}, "more addresses", false},
      {"twice.test", {"1@twice.test"}, "", false},
  };
  for (const auto& c : cases) {
    const Destinations found = find(c.domain);
    std::vector<std::string> to;
    for (const ReportUri& uri : found.to) to.push_back(uri.address.text());
    EXPECT_EQ(to, c.to) << c.domain;
    EXPECT_EQ(found.trouble, c.trouble) << c.domain;
    const std::string refused = found.refused.empty() ? "" : found.refused.front();
    EXPECT_NE(refused.find(c.refused), std::string::npos) << c.domain << ": " << refused;
  }
}

TEST_F(ReporterTest, SendsADayOnceAfterItHasEnded) {
  observe("out.test", 3);
  EXPECT_TRUE(send({.domain = "", .today = false, .dry_run = false}).empty());
  tasks.spawn(reporter->run());
  world.run(io::sleep_for(host.doors().clock, days(3)));
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].to.text(), "a@asks.test");
  EXPECT_EQ(mails[0].from.text(), "noreply-dmarc@demo.test");
  const ReadMail read = read_report_mail(mails[0].message, {}, "");
  ASSERT_EQ(read.found.reports.size(), 1U);
  EXPECT_EQ(read.found.reports[0].report.count, 3U);
  const auto sent = reports->with_store([](ReportStore& store) { return store.sent(10); });
  ASSERT_EQ(sent->size(), 1U);
  EXPECT_EQ((*sent)[0].result, "to a@asks.test");
}

TEST_F(ReporterTest, HonoursTheSizeLimit) {
  observe("own.test");
  const auto sent = send();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].sent_to, std::vector<std::string>{"a@own.test"});
  ASSERT_EQ(sent[0].refused.size(), 1U);
  EXPECT_NE(sent[0].refused[0].find("at most 1024 octets"), std::string::npos);
}

TEST_F(ReporterTest, ADryRunChangesNothing) {
  observe("out.test");
  const auto dry = send({.domain = "out.test", .today = true, .dry_run = true});
  ASSERT_EQ(dry.size(), 1U);
  EXPECT_NE(dry[0].xml.find("<domain>out.test</domain>"), std::string::npos);
  EXPECT_TRUE(mails.empty());
  EXPECT_EQ(send().size(), 1U);
  EXPECT_EQ(mails.size(), 1U);
  EXPECT_TRUE(send().empty());
}

TEST_F(ReporterTest, WhatCameAfterAnEarlyReportIsInTheNext) {
  observe("out.test");
  const auto first = send();
  world.run(io::sleep_for(host.doors().clock, hours(1)));
  observe("out.test", 2);
  const auto second = send();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].messages, 2U);
  EXPECT_EQ(second[0].begin, first[0].end + std::chrono::seconds(1));
  EXPECT_NE(second[0].report_id, first[0].report_id);
}

TEST_F(ReporterTest, AReportThatIsSentOnceMoreHasTheSameName) {
  observe("out.test", 1, days(1));
  broken = true;
  const auto first = send();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(first[0].later);
  broken = false;
  const auto second = send();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].report_id, first[0].report_id);
  EXPECT_EQ(mails.size(), 1U);
}

TEST_F(ReporterTest, TroubleIsTriedAgainAndGivenUpAtLast) {
  observe("down.test");
  tasks.spawn(reporter->run());
  world.run(io::sleep_for(host.doors().clock, days(2)));
  EXPECT_EQ(reports->with_store([](ReportStore& store) { return store.sent(10); })->size(), 0U);
  world.run(io::sleep_for(host.doors().clock, days(4)));
  const auto sent = reports->with_store([](ReportStore& store) { return store.sent(10); });
  ASSERT_EQ(sent->size(), 1U);
  EXPECT_NE((*sent)[0].result.find("to nobody"), std::string::npos);
}

TEST_F(ReporterTest, CountsNothingWithoutAnAddress) {
  settings.reports.out.address.clear();
  reports->set_settings(settings);
  observe("out.test");
  const auto refused = world.run(reporter->send({}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("[reports] address"), std::string::npos);
  settings.reports.out.address = "x@demo.test";
  reports->set_settings(settings);
  EXPECT_TRUE(send().empty());
}

TEST_F(ReporterTest, RowsAndDomainsHaveLimits) {
  settings.reports.out.rows_per_report_max = 2;
  settings.reports.out.reports_per_day_max = 1;
  reports->set_settings(settings);
  for (int i = 0; i < 5; ++i) {
    Observation seen;
    seen.when = host.doors().clock.wall();
    seen.policy.domain = "out.test";
    seen.row.source = std::to_string(i);
    reports->observe(seen);
  }
  ASSERT_TRUE(reports->save());
  observe("own.test");
  const auto sent = send();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].domain, "out.test");
  EXPECT_EQ(sent[0].messages, 5U);
  const ReadMail read = read_report_mail(mails.at(0).message, {}, "");
  EXPECT_EQ(read.found.reports.at(0).report.rows.size(), 2U);
  EXPECT_NE(read.found.reports.at(0).report.detail.find("3 more messages"), std::string::npos);
}

}  // namespace
}  // namespace report
