// Tests of format.h: steps are run once, all or none, and never on what is newer.
#include "directory/format.h"

#include <gtest/gtest.h>

#include <array>

namespace directory {
namespace {

constexpr std::array<const char*, 2> steps = {"CREATE TABLE a (x)", "CREATE TABLE b (x)"};
constexpr std::array<const char*, 2> broken = {"CREATE TABLE a (x)", "CREATE TABLE a (x)"};

std::unique_ptr<Database> empty() { return Database::open(":memory:").value(); }
std::int64_t format_of(Database& database) { return *database.number("PRAGMA user_version"); }
std::int64_t tables_of(Database& database) {
  return *database.number("SELECT count(*) FROM sqlite_master");
}

TEST(Format, EachStepIsRunOnce) {
  const auto database = empty();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(bring_up_to_date(*database, {.file = "a.db", .steps = steps}));
    EXPECT_EQ(format_of(*database), 2);
    EXPECT_EQ(tables_of(*database), 2);
  }
}

TEST(Format, AnOlderFileGetsTheStepsThatItLacks) {
  const auto database = empty();
  ASSERT_TRUE(database->execute("CREATE TABLE a (x); PRAGMA user_version = 1"));
  ASSERT_TRUE(bring_up_to_date(*database, {.file = "a.db", .steps = steps}));
  EXPECT_EQ(format_of(*database), 2);
}

TEST(Format, AStepThatFailsLeavesNothing) {
  const auto database = empty();
  EXPECT_FALSE(bring_up_to_date(*database, {.file = "a.db", .steps = broken}));
  EXPECT_EQ(format_of(*database), 0);
  EXPECT_EQ(tables_of(*database), 0);
}

TEST(Format, ANewerFileIsRefusedWithTheWaysOut) {
  const auto database = empty();
  ASSERT_TRUE(database->execute("PRAGMA user_version = 3"));
  const auto refused =
      bring_up_to_date(*database, {.file = "a.db", .steps = steps, .otherwise = "weep"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::unsupported);
  EXPECT_EQ(
      refused.error().detail,
      "a.db has format 3, this program knows 2: a newer stagepost has written it. Install "
      "that one again, or restore a backup from before it (`stagepost help backup`), or weep");
  EXPECT_EQ(tables_of(*database), 0) << "and is left alone";
}

}  // namespace
}  // namespace directory
