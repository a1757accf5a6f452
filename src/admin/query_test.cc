// Tests of query.h: what a request may say, and what is refused.
#include "admin/query.h"

#include <gtest/gtest.h>

namespace admin {
namespace {

http::Request with(const std::string& value) {
  http::Request request;
  request.query["x"] = value;
  return request;
}

TEST(Query, Texts) {
  EXPECT_EQ(read_text({}, "x").value(), "");
  EXPECT_EQ(read_text(with("  a b "), "x").value(), "a b");
  EXPECT_EQ(read_text(with(std::string(text_bytes_max, 'a')), "x")->size(), text_bytes_max);
  EXPECT_FALSE(read_text(with(std::string(text_bytes_max + 1, 'a')), "x"));
}

TEST(Query, Counts) {
  EXPECT_EQ(read_count({}, "x", 50, 200).value(), 50U);
  EXPECT_EQ(read_count(with("1"), "x", 50, 200).value(), 1U);
  EXPECT_EQ(read_count(with("200"), "x", 50, 200).value(), 200U);
  for (const char* const bad :
       {"0", "-1", "201", "1e3", "0x10", "18446744073709551616", " 1", "1 ", "ten"}) {
    const auto count = read_count(with(bad), "x", 50, 200);
    ASSERT_FALSE(count) << bad;
    EXPECT_NE(count.error().detail.find("1 to 200"), std::string::npos);
  }
}

TEST(Query, Times) {
  const base::Time now = base::parse_time("2026-11-23T14:00:00.000Z").value();
  const auto read = [now](const std::string& text) { return read_time(with(text), "x", now); };
  EXPECT_FALSE(read_time({}, "x", now)->has_value());
  EXPECT_EQ(**read("2h"), now - std::chrono::hours(2));
  EXPECT_EQ(**read("2026-11-23"), now - std::chrono::hours(14));
  EXPECT_EQ(**read("2026-11-23T13:00:00Z"), now - std::chrono::hours(1));
  EXPECT_EQ(**read("2026-11-23T13:00:00.000Z"), now - std::chrono::hours(1));
  for (const char* const bad :
       {"yesterday", "2026-13-01", "2026-02-30", "2026-11-23T25:00:00Z", "2026-11-23T13:00:00",
        "2026-11-23T13:00:00+01:00", "-2h", "2", "T", "2026-11-23T", "999999999999999999999d"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
  EXPECT_FALSE(read(std::string(100'000, '9')));
}

}  // namespace
}  // namespace admin
