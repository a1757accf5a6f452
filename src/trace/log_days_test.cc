// Tests of log files: one for each day, and old ones go.
#include "trace/log_days.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "lib/io/real/files.h"
#include "trace/log.h"

namespace trace {
namespace {

using Names = std::vector<std::string>;
using std::chrono::hours;

class LogDaysTest : public testing::Test {
 protected:
  LogDaysTest() {
    char name[] = "/tmp/stagepost-log-XXXXXX";
    folder_ = mkdtemp(name);
    settings_.log_path = folder_ + "/mail.log";
    settings_.log_keep_for = hours(3 * 24);
  }
  ~LogDaysTest() override {
    for (const std::string& name : names()) (void)files_.remove(folder_ + "/" + name);
    (void)files_.remove(folder_);
  }
  void emit(Log& log, base::Time when) {
    base::Event event;
    event.name = "message.accepted";
    event.time = when;
    log.emit(event);
    log.flush();
  }
  [[nodiscard]] Names names() {
    Names out;
    for (const io::FileInfo& one : files_.list(folder_).value()) out.push_back(one.name);
    return out;
  }
  [[nodiscard]] std::string text(const std::string& name) {
    return io::read_file(files_, folder_ + "/" + name, 1 << 20U).value();
  }

  io::real::PosixFiles files_;
  std::string folder_;
  Settings settings_;
  base::Time now_ = base::parse_time("2026-11-23T23:00:00.000Z").value();
};

TEST_F(LogDaysTest, EachDayHasItsFileAndOldOnesGo) {
  auto log = Log::open(settings_, &files_, now_).value();
  for (int day = 0; day < 6; ++day, now_ += hours(24)) {
    emit(*log, now_);
    log->tend(now_);
  }
  EXPECT_EQ(names(), (Names{"mail.log", "mail.log.2026-11-25", "mail.log.2026-11-26",
                            "mail.log.2026-11-27"}));
  EXPECT_NE(text("mail.log.2026-11-26").find("2026-11-26T23"), std::string::npos);
  EXPECT_EQ(text("mail.log").find("2026-11-27T"), std::string::npos);
  // Nothing more is written, and it is forgotten all the same.
  now_ += hours(24 * 30);
  log->tend(now_);
  EXPECT_EQ(names(), Names{"mail.log"});
  EXPECT_EQ(text("mail.log"), "");
}

TEST_F(LogDaysTest, WhoeverElseRotatesIsLeftAlone) {
  settings_.log_keep_for = base::Duration(0);
  auto log = Log::open(settings_, &files_, now_).value();
  for (int day = 0; day < 6; ++day, now_ += hours(24)) {
    emit(*log, now_);
    log->tend(now_);
  }
  EXPECT_EQ(names(), Names{"mail.log"});
}

TEST_F(LogDaysTest, OnlyItsOwnFilesGo) {
  for (const std::string name : {"mail.log.2020-01-01", "mail.log.2020-01-01.1", "mail.log.1",
                                 "mail.log.old", "mail.logs.2020-01-01", "other.2020-01-01"}) {
    ASSERT_TRUE(io::write_file(files_, folder_ + "/" + name, "x"));
  }
  EXPECT_EQ(forget_days(files_, settings_.log_path, now_, hours(24)).value(), 2U);
  EXPECT_EQ(names(),
            (Names{"mail.log.1", "mail.log.old", "mail.logs.2020-01-01", "other.2020-01-01"}));
}

}  // namespace
}  // namespace trace
