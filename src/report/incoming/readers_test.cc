// Tests of report/incoming: reports of every kind, broken ones, bombs; mails and files.
#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/io/real/files.h"
#include "lib/message/recode.h"
#include "report/dmarc/report_mail.h"
#include "report/incoming/aggregate_reader.h"
#include "report/incoming/inflate.h"
#include "report/incoming/mail_reader.h"
#include "report/incoming/tls_reader.h"
#include "report/incoming/transfer.h"
#include "report/incoming/xml_repair.h"
#include "report/incoming/zip.h"

namespace report {
namespace {

// From the source folder, where tests are run.
std::string data(const std::string& name) {
  io::real::PosixFiles files;
  return io::read_file(files, "tests/data/reports/" + name, 1U << 20U).value_or("");
}

std::string number(std::size_t value, std::size_t octets) {
  std::string out;
  for (std::size_t i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xffU);
  return out;
}

struct Packed {
  std::string name;
  std::string bytes;
  std::size_t method = 0;
  std::size_t flags = 0;
};

// Without checksums: nobody here looks at them.
std::string zip(const std::vector<Packed>& files) {
  std::string out;
  std::string list;
  for (const Packed& file : files) {
    const std::string common = number(file.flags, 2) + number(file.method, 2) +
                               std::string(8, '\0') + number(file.bytes.size(), 4) +
                               number(file.bytes.size(), 4) + number(file.name.size(), 2);
    list += "PK\x01\x02" + number(20, 2) + number(20, 2) + common + std::string(12, '\0') +
            number(out.size(), 4) + file.name;
    out += "PK\x03\x04" + number(20, 2) + common + number(0, 2) + file.name + file.bytes;
  }
  return out + list + "PK\x05\x06" + number(0, 4) + number(files.size(), 2) +
         number(files.size(), 2) + number(list.size(), 4) + number(out.size(), 4) + number(0, 2);
}

// The deflated part of a gzip file: without its header of 10 octets and its end of 8.
std::string deflated(std::string_view bytes) {
  const std::string packed = gzip(bytes).value_or("");
  return packed.substr(10, packed.size() - 18);
}

TEST(AggregateReader, ReadsAllForms) {
  const struct {
    const char* file;
    std::uint64_t count;
    std::uint64_t good;
    std::size_t remarks;
    const char* refused;  // nullptr: it is read
  } cases[] = {
      {"old.xml", 9, 7, 0, nullptr},
      {"prefixed.xml", 9, 7, 0, nullptr},
      {"broken.xml", 9, 7, 1, nullptr},
      {"cut.xml", 7, 7, 1, nullptr},
      {"entities.xml", 9, 7, 0, nullptr},
      {"upper.xml", 0, 0, 0, "dkim \"Pass\", which is neither pass nor fail"},
      {"no_records.xml", 0, 0, 0, "it has no records"},
      {"tls.json", 0, 0, 0, "it is no XML"},
  };
  for (const auto& c : cases) {
    const auto report = read_aggregate(data(c.file));
    if (c.refused != nullptr) {
      ASSERT_FALSE(report) << c.file;
      EXPECT_NE(report.error().detail.find(c.refused), std::string::npos) << report.error().detail;
      continue;
    }
    ASSERT_TRUE(report) << c.file << ": " << report.error().detail;
    EXPECT_EQ(report->count, c.count) << c.file;
    EXPECT_EQ(report->good, c.good) << c.file;
    EXPECT_EQ(report->remarks.size(), c.remarks) << c.file;
    EXPECT_EQ(report->domain, "example.org") << c.file;
    EXPECT_LT(report->organization.size(), 60U) << c.file << ": no entity may grow";
  }
}

TEST(AggregateReader, RefusesWhatIsImpossible) {
  const std::string good = data("old.xml");
  const auto with = [&good](std::string_view what, std::string_view instead) {
    std::string out = good;
    out.replace(out.find(what), what.size(), instead);
    return read_aggregate(out);
  };
  EXPECT_FALSE(with("<count>7</count>", "<count>-7</count>"));
  EXPECT_FALSE(with("<count>7</count>", "<count>99999999999999999</count>"));
  EXPECT_FALSE(with("Example.ORG", ""));
  EXPECT_FALSE(with("old-1", ""));
  EXPECT_FALSE(read_aggregate(""));
  EXPECT_FALSE(read_aggregate("<feedback/>"));
  const auto late = with("1700092799", "99999999999999999");
  ASSERT_TRUE(late);
}

TEST(XmlRepair, MakesWellFormedText) {
  const struct {
    const char* broken;
    const char* mended;
  } cases[] = {
      {"<p>a</p>", "<p>a</p>"},
      {"<p>a", "<p>a</p>"},
      {"</p>a", "a"},
      {"<row><count>1</row>", "<row><count>1</count></row>"},
      {"<x:p y='1'>a &amp; b & c</x:p>", "<p>a &amp; b &amp; c</p>"},
      {"<a@b>", "&lt;a@b>"},
      {"<?xml ?><!-- <p> --><!DOCTYPE x><p/>", "<p/>"},
      {"<xs:schema z=\"1\"><p/>", "<p/>"},
      {"<p", "&lt;p"},
      {"<", "&lt;"},
      {"\x01", " "},
  };
  for (const auto& c : cases) EXPECT_EQ(repair_xml(c.broken), c.mended);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<row>";
  EXPECT_LE(repair_xml(deep).size(), xml_depth_max * 11);
}

TEST(TlsReader, CountsSessions) {
  const auto report = read_tls_report(data("tls.json"));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->domain, "example.org");
  EXPECT_EQ(report->count, 13U);
  EXPECT_EQ(report->good, 10U);
  ASSERT_EQ(report->rows.size(), 3U);
  EXPECT_EQ(report->rows[1].result, "certificate-expired");
  const struct {
    const char* json;
    const char* why;
  } bad[] = {{"", "no JSON"},
             {"[]", "no policies"},
             {"{\"policies\": 1}", "no policies"},
             {"{\"policies\": []}", "no report-id"},
             {"{\"policies\": [], \"report-id\": \"1\"}", "whose mail"},
             {"{\"policies\": [[[", "no JSON"}};
  for (const auto& c : bad) {
    const auto refused = read_tls_report(c.json);
    ASSERT_FALSE(refused) << c.json;
    EXPECT_NE(refused.error().detail.find(c.why), std::string::npos) << refused.error().detail;
  }
}

TEST(TlsReader, ReadsDatesOfRfc3339) {
  const struct {
    const char* text;
    std::int64_t seconds;  // since 2026-11-01; -1: no date
  } cases[] = {
      {"2026-11-01T00:00:00Z", 0},      {"2026-11-01t00:00:01.5z", 1},
      {"2026-11-01T01:00:00+01:00", 0}, {"2026-10-31T23:30:00-00:30", 0},
      {"2026-11-01T00:00:07", 7},       {"2026-11-01", -1},
      {"2026-11-01T00:00:00+1", -1},    {"2026-11-01T00:00:00*01:00", -1},
      {"2026-13-01T00:00:00Z", -1},     {"", -1},
  };
  for (const auto& c : cases) {
    std::string json = data("tls.json");
    constexpr std::string_view start = "2026-11-01T00:00:00Z";
    json.replace(json.find(start), start.size(), c.text);
    const auto report = read_tls_report(json);
    ASSERT_TRUE(report) << c.text;
    EXPECT_EQ(report->remarks.empty(), c.seconds >= 0) << c.text;
    if (c.seconds < 0) continue;
    const base::Time day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);
    EXPECT_EQ(report->begin - day, std::chrono::seconds(c.seconds)) << c.text;
  }
}

TEST(Transfer, ForgivesDamage) {
  EXPECT_EQ(decode_base64("aGVs\r\nbG8="), "hello");
  EXPECT_EQ(decode_base64("aGVsbG8"), "hello");
  EXPECT_EQ(decode_base64("aGVs!bG8=aGk="), "hellohi");
  EXPECT_EQ(decode_base64("="), "");
  EXPECT_EQ(decode_quoted_printable("a=3Db=\r\nc=\nd=ZZ="), "a=bcd=ZZ=");
  EXPECT_EQ(decode_quoted_printable("a= \t\r\nb"), "ab");
}

TEST(Inflate, HasABound) {
  const std::string bomb = gzip(std::string(10U << 20U, '0')).value_or("");
  const auto inflated = inflate_all(bomb, Wrapping::gzip_or_zlib, 1U << 20U);
  ASSERT_FALSE(inflated);
  EXPECT_EQ(inflated.error().kind, base::ErrorKind::limit);
  const std::string two = gzip("hello ").value_or("") + gzip("world").value_or("");
  EXPECT_EQ(inflate_all(two, Wrapping::gzip_or_zlib, 100)->bytes, "hello world");
  EXPECT_EQ(inflate_all(two + "padding", Wrapping::gzip_or_zlib, 100)->bytes, "hello world");
  const std::string text = data("old.xml");
  const std::string packed = gzip(text).value_or("");
  const auto half = inflate_all(packed.substr(0, packed.size() / 2), Wrapping::gzip_or_zlib, 9'000);
  ASSERT_TRUE(half);
  EXPECT_TRUE(half->damaged);
  EXPECT_TRUE(text.starts_with(half->bytes));
  EXPECT_FALSE(inflate_all("\x1f\x8b nothing", Wrapping::gzip_or_zlib, 100));
}

TEST(Zip, ReadsItsFilesAndNothingElse) {
  const auto files =
      unzip(zip({{.name = "a/", .bytes = ""},
                 {.name = "a/b.xml", .bytes = "stored"},
                 {.name = "c", .bytes = deflated("hello hello hello"), .method = 8}}),
            100);
  ASSERT_TRUE(files) << files.error().detail;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].bytes, "stored");
  EXPECT_EQ((*files)[1].bytes, "hello hello hello");
  const struct {
    std::string bytes;
    const char* why;
  } bad[] = {
      {zip({{.name = "a", .bytes = "x", .method = 12}}), "a way we do not know"},
      {zip({{.name = "a", .bytes = "x", .flags = 1}}), "encrypted"},
      {zip({}), "no files"},
      {zip({{.name = "a", .bytes = "x"}}).substr(0, 20), "no end"},
      {zip({{.name = "a", .bytes = deflated(std::string(9'000, 'x')), .method = 8}}), "larger"},
      {zip({{.name = "a", .bytes = std::string(2'000, 'x')}}), "too large"},
      {"PK\x05\x06" + std::string(18, '\xff'), "no files"},
  };
  for (const auto& c : bad) {
    const auto refused = unzip(c.bytes, 1'000);
    ASSERT_FALSE(refused) << c.why;
    EXPECT_NE(refused.error().detail.find(c.why), std::string::npos) << refused.error().detail;
  }
}

struct Part {
  std::string header;
  std::string body;
};
std::string mail(const std::vector<Part>& parts) {
  std::string out =
      "From: =?utf-8?q?Reporter_=C3=A4?= <dmarc@reporter.test>\r\n"
      "Authentication-Results: mx.demo.test; dmarc=pass header.from=reporter.test\r\n"
      "Authentication-Results: mx.demo.test; dmarc=fail\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (const Part& part : parts) out += "--b\r\n" + part.header + "\r\n" + part.body + "\r\n";
  return out + "--b--\r\n";
}

TEST(MailReader, FindsReportsUnderAnyType) {
  const std::string xml = data("old.xml");
  const std::string packed = gzip(xml).value_or("");
  const std::string base64 = "Content-Transfer-Encoding: base64\r\n";
  const struct {
    const char* what;
    Part part;
    std::size_t reports;
    std::size_t problems;
  } cases[] = {
      {"gzip",
       {"Content-Type: application/gzip\r\n" + base64, message::base64_lines(packed)},
       1,
       0},
      {"zip",
       {"Content-Type: application/zip\r\n" + base64,
        message::base64_lines(zip({{.name = "a.xml", .bytes = xml}}))},
       1,
       0},
      {"xml", {"Content-Type: text/xml; name=a.xml\r\n", xml}, 1, 0},
      {"inline", {"Content-Type: text/plain\r\n", xml}, 1, 0},
      {"wrong type", {"Content-Type: image/png\r\n" + base64, message::base64_lines(packed)}, 1, 0},
      {"base64 unsaid",
       {"Content-Type: application/gzip\r\n", message::base64_lines(packed)},
       1,
       0},
      {"twice",
       {"Content-Type: application/gzip\r\n" + base64,
        message::base64_lines(message::base64_lines(packed))},
       1,
       0},
      {"tls",
       {"Content-Type: application/tlsrpt+gzip\r\n" + base64,
        message::base64_lines(gzip(data("tls.json")).value_or(""))},
       1,
       0},
      {"nested",
       {"Content-Type: application/zip\r\n" + base64,
        message::base64_lines(zip({{.name = "a.gz", .bytes = packed}}))},
       0,
       1},
      {"text", {"Content-Type: text/plain\r\n", "Here is <a> report."}, 0, 0},
      {"html", {"Content-Type: text/html\r\n", "<html><feedback/></html>"}, 0, 0},
      {"picture", {"Content-Type: image/png\r\n", "\x89PNG"}, 0, 0},
  };
  for (const auto& c : cases) {
    const ReadMail read = read_report_mail(mail({c.part}), {}, "MX.demo.test");
    EXPECT_EQ(read.found.reports.size(), c.reports) << c.what;
    EXPECT_EQ(read.found.problems.size(), c.problems) << c.what;
    EXPECT_EQ(read.from, "Reporter ä <dmarc@reporter.test>");
    EXPECT_EQ(read.authentication, "dmarc=pass header.from=reporter.test");
  }
  const ReadMail other = read_report_mail(mail({}), {}, "other.test");
  EXPECT_EQ(other.authentication, "not checked");
}

TEST(MailReader, HasABudgetForAllParts) {
  IncomingSettings limits;
  limits.unpacked_bytes_max = 1U << 20U;
  const std::string bomb = message::base64_lines(gzip(std::string(900'000, ' ')).value_or(""));
  const Part part{"Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n", bomb};
  const ReadMail read = read_report_mail(mail({part, part}), limits, "");
  ASSERT_EQ(read.found.problems.size(), 2U);
  EXPECT_NE(read.found.problems[0].find("empty"), std::string::npos);
  EXPECT_NE(read.found.problems[1].find("larger"), std::string::npos);
}

TEST(MailReader, ReadsFailureReports) {
  const ReadMail read = read_report_mail(data("failure.eml"), {}, "");
  ASSERT_EQ(read.found.reports.size(), 1U);
  const ReceivedReport& report = read.found.reports[0].report;
  EXPECT_EQ(report.kind, ReportKind::failure);
  EXPECT_EQ(report.domain, "example.org");
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].source, "192.0.2.66");
  EXPECT_EQ(report.rows[0].result, "dmarc");
  EXPECT_EQ(report.detail.find("somebody@"), std::string::npos);
}

TEST(FileReader, TakesAnyKind) {
  const std::string xml = data("old.xml");
  for (const std::string& bytes :
       {xml, gzip(xml).value_or(""), zip({{.name = "a", .bytes = xml}}), data("tls.json"),
        data("failure.eml"), "From x@y Mon Nov 23\n" + data("failure.eml"), "\xef\xbb\xbf" + xml}) {
    EXPECT_EQ(read_report_file(bytes, "file", {}).reports.size(), 1U) << bytes.substr(0, 30);
  }
  for (const std::string bytes : {"", "nothing", "From: a@b\r\n\r\nhello\r\n"}) {
    const Unpacked found = read_report_file(bytes, "file", {});
    EXPECT_TRUE(found.reports.empty());
    EXPECT_EQ(found.problems.size(), 1U) << bytes;
  }
}

}  // namespace
}  // namespace report
