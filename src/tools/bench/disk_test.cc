// Tests of disk.h on the disk that is there.
#include "tools/bench/disk.h"

#include <gtest/gtest.h>

#include "lib/io/files.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"

namespace bench {
namespace {

class DiskTest : public testing::Test {
 protected:
  io::real::ThreadPool pool_{1};
  io::real::EventLoop loop_{pool_};
};

TEST_F(DiskTest, MeasuresAndLeavesNothingBehind) {
  const std::string folder = testing::TempDir() + "bench-disk";
  io::Files& files = loop_.doors().files;
  ASSERT_TRUE(files.make_directories(folder));
  const auto report =
      measure_disk(loop_.doors(), {.folder = folder, .sequential_bytes = 4UL << 20});
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_GT(report->overwrite.count(), 0U);
  EXPECT_GT(report->append.count(), 0U);
  EXPECT_EQ(report->sequential_bytes, 4UL << 20);
  EXPECT_TRUE(files.list(folder)->empty());
}

TEST_F(DiskTest, AFullDiskIsNotTried) {
  const auto report =
      measure_disk(loop_.doors(), {.folder = testing::TempDir(), .sequential_bytes = 1UL << 60});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, base::ErrorKind::no_space);
}

}  // namespace
}  // namespace bench
