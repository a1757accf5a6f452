// Tests of report/dmarc: rows and their key, the tally, the XML, the mail.
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/message/header.h"
#include "report/dmarc/aggregate_xml.h"
#include "report/dmarc/report_mail.h"
#include "report/dmarc/tally.h"
#include "report/incoming/aggregate_reader.h"
#include "report/incoming/mail_reader.h"

namespace report {
namespace {

using std::chrono::days;
using std::chrono::seconds;

base::Time at_day(int day) { return base::Time(days(day)); }

ReportRow row(std::string source = "192.0.2.1") {
  ReportRow out;
  out.source = std::move(source);
  out.disposition = "reject";
  out.spf_aligned = false;
  out.dkim_aligned = true;
  out.reasons = {{.type = "mailing_list", .comment = "list <a&b>"}, {.type = "new", .comment = ""}};
  out.header_from = "example.org";
  out.envelope_to = "demo.test";
  out.dkim = {{.domain = "example.org", .selector = "s1", .result = "pass", .words = ""},
              {.domain = "x.test", .selector = "s2", .result = "odd", .words = "bad \x01 key"}};
  out.spf_domain = "example.org";
  out.spf_result = "softfail";
  return out;
}

AggregateReport report() {
  AggregateReport out;
  out.organization = "Demo & Sons";
  out.contact = "postmaster@demo.test";
  out.report_id = "0123abcd";
  out.begin = at_day(20'000);
  out.end = at_day(20'001) - seconds(1);
  out.policy.domain = "example.org";
  out.policy.p = "reject";
  out.policy.np = "none";
  out.policy.testing = true;
  out.rows = {{.row = row(), .count = 3}, {.row = row("2001:db8:0:0:0:0:0:1"), .count = 1}};
  return out;
}

TEST(Rows, KeepAllThatTheyHave) {
  const ReportRow read = decode_row(encode_row(row()));
  EXPECT_EQ(encode_row(read), encode_row(row()));
  EXPECT_EQ(read.dkim.size(), 2U);
  EXPECT_EQ(read.reasons[0].comment, "list <a&b>");
  EXPECT_TRUE(read.dkim_aligned);
  PublishedPolicy policy = report().policy;
  policy.strict_spf = true;
  EXPECT_EQ(decode_policy(encode_policy(policy)), policy);
  EXPECT_EQ(decode_row("damaged").source, "");
}

TEST(Rows, HaveFewSignaturesAndShortWords) {
  ReportRow many = row();
  many.dkim.assign(
      50, {.domain = std::string(5'000, 'd'), .selector = "s", .result = "pass", .words = ""});
  const ReportRow read = decode_row(encode_row(many));
  EXPECT_EQ(read.dkim.size(), signatures_max);
  EXPECT_LE(read.dkim[0].domain.size(), 255U);
}

TEST(Tally, CountsWhatIsAlikeOnce) {
  Tally tally;
  Observation seen{.when = at_day(7), .policy = report().policy, .row = row()};
  tally.observe(seen);
  tally.observe(seen);
  seen.row.source = "192.0.2.9";
  tally.observe(seen);
  seen.when = at_day(8);
  tally.observe(seen);
  const Counts counts = tally.take();
  ASSERT_EQ(counts.size(), 2U);
  const PeriodCounts& first = counts.at({.day = 7, .domain = "example.org"});
  ASSERT_EQ(first.rows.size(), 2U);
  EXPECT_EQ(first.rows.at(encode_row(row())), 2U);
  EXPECT_TRUE(tally.take().empty());
}

TEST(Tally, HasABound) {
  Tally tally;
  Observation seen{.when = at_day(7), .policy = report().policy, .row = row()};
  for (std::size_t i = 0; i < tally_rows_max + 5; ++i) {
    seen.row.source = std::to_string(i);
    tally.observe(seen);
  }
  const Counts counts = tally.take();
  EXPECT_EQ(counts.begin()->second.rows.size(), tally_rows_max);
  EXPECT_EQ(counts.begin()->second.dropped, 5U);
}

TEST(Xml, IsReadBack) {
  AggregateReport sent = report();
  sent.dropped = 4;
  const std::string xml = write_aggregate_xml(sent);
  EXPECT_NE(xml.find("<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">"), std::string::npos);
  EXPECT_NE(xml.find("<org_name>Demo &amp; Sons</org_name>"), std::string::npos);
  EXPECT_NE(xml.find("<sp>reject</sp>"), std::string::npos) << "the default is p";
  EXPECT_NE(xml.find("<np>none</np>"), std::string::npos);
  EXPECT_NE(xml.find("<testing>y</testing>"), std::string::npos);
  EXPECT_NE(xml.find("<discovery_method>treewalk</discovery_method>"), std::string::npos);
  EXPECT_NE(xml.find("<envelope_from></envelope_from>"), std::string::npos);
  EXPECT_NE(xml.find("<result>neutral</result>"), std::string::npos) << "no word of the schema";
  EXPECT_NE(xml.find("<type>other</type>"), std::string::npos);
  EXPECT_NE(xml.find("<error>4 more messages"), std::string::npos);
  EXPECT_EQ(xml.find('\x01'), std::string::npos);
  const auto read = read_aggregate(xml);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->domain, "example.org");
  EXPECT_EQ(read->report_id, "0123abcd");
  EXPECT_EQ(read->count, 4U);
  EXPECT_EQ(read->good, 4U);
  EXPECT_TRUE(read->remarks.empty());
  EXPECT_EQ(read->begin, sent.begin);
}

TEST(Xml, WritesAddressesInFull) {
  const std::string v6("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
  EXPECT_EQ(full_address(v6), "2001:db8:0:0:0:0:0:1");
  EXPECT_EQ(full_address(std::string("\x7f\0\0\x01", 4)), "127.0.0.1");
}

TEST(Mail, IsAsTheRfcSays) {
  const AggregateReport sent = report();
  const Submitter submitter{.from = {.local = "noreply-dmarc", .domain = "demo.test"},
                            .domain = "demo.test",
                            .hostname = "mx.demo.test"};
  const auto packed = gzip(write_aggregate_xml(sent));
  ASSERT_TRUE(packed);
  const std::string mail = write_report_mail({.submitter = submitter,
                                              .report = sent,
                                              .compressed = *packed,
                                              .to = {.local = "rua", .domain = "example.org"},
                                              .now = sent.end});
  const auto fields = message::read_header(mail);
  EXPECT_EQ(message::unfold(message::find_field(fields, "Subject")->value),
            "Report Domain: example.org Submitter: demo.test Report-ID: <0123abcd>");
  EXPECT_EQ(message::unfold(message::find_field(fields, "From")->value), "noreply-dmarc@demo.test");
  EXPECT_NE(mail.find("filename=\"demo.test!example.org!1728000000!1728086399!0123abcd.xml.gz\""),
            std::string::npos);
  EXPECT_NE(mail.find("Content-Type: application/gzip"), std::string::npos);
  for (const std::string_view line : base::split(mail, '\n')) EXPECT_LE(line.size(), 998U);

  const ReadMail read = read_report_mail(mail, {}, "mx.demo.test");
  ASSERT_EQ(read.found.reports.size(), 1U);
  EXPECT_EQ(read.found.reports[0].report.count, 4U);
  EXPECT_EQ(read.from, "noreply-dmarc@demo.test");
  EXPECT_EQ(read.authentication, "not checked");
}

}  // namespace
}  // namespace report
