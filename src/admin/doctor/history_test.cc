// Tests of history.h.
#include "admin/doctor/history.h"

#include <gtest/gtest.h>

namespace doctor {
namespace {

const base::Time monday = *base::parse_time("2026-11-23T10:00:00.000Z");
constexpr base::Duration hour = std::chrono::hours(1);

Finding finding(std::string_view id, Severity severity, std::string about = "a.test") {
  return {.id = id, .about = std::move(about), .severity = severity, .what = "words"};
}

TEST(History, WhatHasChanged) {
  const Result then =
      result_of({finding("mx", Severity::ok), finding("spf", Severity::mend),
                 finding("dmarc", Severity::warning), finding("ptr", Severity::note)},
                monday, nullptr);
  EXPECT_EQ(then.findings.size(), 3U) << "what is well is not kept";
  const Result now = result_of({finding("mx", Severity::mend), finding("spf", Severity::ok),
                                finding("dmarc", Severity::mend), finding("ptr", Severity::ok)},
                               monday + hour, &then);
  const auto changed = changes(then, now);
  ASSERT_EQ(changed.size(), 3U);
  EXPECT_EQ(changed[0].id, "dmarc");
  EXPECT_EQ(to_string(changed[0].kind), "worse");
  EXPECT_EQ(changed[1].id, "mx");
  EXPECT_EQ(to_string(changed[1].kind), "new");
  EXPECT_EQ(changed[2].id, "spf");
  EXPECT_EQ(to_string(changed[2].kind), "mended");
  EXPECT_TRUE(changes(now, now).empty());
}

TEST(History, UnknownChangesNothing) {
  const Result wrong = result_of({finding("mx", Severity::mend)}, monday, nullptr);
  const Result dark = result_of({finding("mx", Severity::unknown)}, monday + hour, &wrong);
  EXPECT_TRUE(changes(wrong, dark).empty());
  const Result again = result_of({finding("mx", Severity::mend)}, monday + 2 * hour, &dark);
  EXPECT_TRUE(changes(dark, again).empty());
  const Result mended = result_of({finding("mx", Severity::ok)}, monday + 2 * hour, &dark);
  EXPECT_EQ(changes(dark, mended).size(), 1U);
}

TEST(History, TheGravestOfOneCheckCounts) {
  const Result result =
      result_of({finding("mx", Severity::warning), finding("mx", Severity::mend)}, monday, nullptr);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].severity, Severity::mend);
}

TEST(History, KeepsTheLastResultOfEachDay) {
  History history;
  EXPECT_EQ(yesterday(history, monday), nullptr);
  const base::Duration keep_for = 14 * 24 * hour;
  for (int i = 0; i < 24 * 20; ++i) add_result(history, {.when = monday + i * hour}, keep_for);
  EXPECT_EQ(history.results.size(), 15U) << "today's, and one of each of the 14 days before";
  for (const Result& one : history.results)
    EXPECT_LE(history.results.back().when - one.when, keep_for);
  const base::Time last = history.results.back().when;
  EXPECT_EQ(last, monday + (24 * 20 - 1) * hour);
  const Result* then = yesterday(history, last);
  ASSERT_NE(then, nullptr);
  EXPECT_EQ(base::format_time(then->when).substr(11, 5), "23:00");
  EXPECT_LT(last - then->when, 24 * hour);
}

TEST(History, SamplesAreJoinedWithinHalfAnHour) {
  History history;
  for (int i = 0; i < 100; ++i) {
    add_sample(history, {.when = monday + i * std::chrono::minutes(1), .delivered = 1});
  }
  EXPECT_LE(history.samples.size(), 6U);
  std::uint64_t sum = 0;
  for (const Sample& sample : history.samples) sum += sample.delivered;
  EXPECT_EQ(sum, 100U);
  for (int i = 0; i < 1'000; ++i) add_sample(history, {.when = monday + i * hour});
  EXPECT_EQ(history.samples.size(), samples_max);
}

TEST(History, IsReadAsItWasWritten) {
  History history;
  add_result(history,
             result_of({finding("mx", Severity::mend), finding("spf", Severity::unknown)}, monday,
                       nullptr),
             14 * 24 * hour);
  add_sample(history,
             {.when = monday, .state_free = 1, .mail_free = 2, .delivered = 3, .failed = 4});
  const std::string text = write_history(history);
  const auto read = read_history(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(write_history(*read), text);
  EXPECT_EQ(read->results.at(0).findings.at(0).severity, Severity::mend);
  EXPECT_EQ(read->samples.at(0).failed, 4U);
  for (
      const std::string_view bad :
      {"", "[]", "{}", R"({"format":2,"results":[],"samples":[]})",
       R"({"format":1,"results":[1],"samples":[]})",
       R"({"format":1,"results":[],"samples":[{"when":"soon"}]})",
       R"({"format":1,"results":[{"when":"2026-11-23T10:00:00.000Z","findings":[{}]}],"samples":[]})"}) {
    EXPECT_FALSE(read_history(bad)) << bad;
  }
}

}  // namespace
}  // namespace doctor
