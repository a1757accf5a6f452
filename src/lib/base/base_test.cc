// Tests of lib/base: text, times, sizes, ids, metrics.
#include <gtest/gtest.h>

#include "lib/base/boxed.h"
#include "lib/base/id.h"
#include "lib/base/metrics.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

namespace base {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(Duration, ParsesWhatPeopleWrite) {
  EXPECT_EQ(parse_duration("30s").value(), 30s);
  EXPECT_EQ(parse_duration("5d").value(), 120h);
  EXPECT_EQ(parse_duration("1h30m").value(), 5400s);
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  for (const char* bad : {"", "5", "s", "-5s", "5x", "5s5", "99999999999999w", "5 s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Duration, FormatsAndReadsBack) {
  for (const Duration d : {Duration(30s), Duration(36h), Duration(250ms), Duration(3661s)}) {
    EXPECT_EQ(parse_duration(format_duration(d)).has_value(), true) << format_duration(d);
  }
  EXPECT_EQ(format_duration(36h), "1d12h");
  EXPECT_EQ(format_duration(Duration(0)), "0s");
}

TEST(Time, Rfc3339ThereAndBack) {
  const Time time{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};
  EXPECT_EQ(format_time(time + 1234ms), "2026-11-23T00:00:01.234Z");
  EXPECT_EQ(parse_time("2026-11-23T00:00:01.234Z").value(), time + 1234ms);
  EXPECT_FALSE(parse_time("2026-13-23T00:00:01.234Z"));
  EXPECT_FALSE(parse_time("2026-11-23"));
}

TEST(Size, ParsesDecimalAndBinaryUnits) {
  EXPECT_EQ(parse_size("50MB").value(), 50'000'000U);
  EXPECT_EQ(parse_size("64 MiB").value(), 64U << 20U);
  EXPECT_EQ(parse_size("0").value(), 0U);
  for (const char* bad : {"", "12", "MB", "1.5MB", "99999999999999TB"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
  EXPECT_EQ(format_size(812), "812 B");
  EXPECT_EQ(format_size(52'428'800), "50.0 MiB");
}

TEST(Id, SortsByTimeAndReadsBack) {
  IdMaker maker(7);
  const Time now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};
  const MessageId a = maker.message(now);
  const MessageId b = maker.message(now);
  const MessageId c = maker.message(now - 1h);  // a clock that jumped back
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
  EXPECT_EQ(a.text().size(), 13U);
  EXPECT_EQ(MessageId::parse(a.text()), a);
  EXPECT_EQ(MessageId::parse(upper(a.text())), a);
  EXPECT_EQ(a.made(), base::Time(std::chrono::floor<std::chrono::milliseconds>(now)));
  EXPECT_FALSE(MessageId::parse("nonsense"));
  EXPECT_FALSE(MessageId::parse("zzzzzzzzzzzzz"));
}

TEST(Id, TwoMakersOfOneMillisecondDoNotMeetWhenTheyBeginApart) {
  const Time now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};
  IdMaker before(7, 100);
  IdMaker after(7, 30'000);  // a restart, and the clock was set back
  for (int i = 0; i < 1'000; ++i) EXPECT_NE(before.message(now), after.message(now));
  EXPECT_EQ(after.message(now).made(), now);
  IdMaker late(7, 0xffff);
  const MessageId last = late.message(now);
  EXPECT_EQ(late.message(now).made(), now + 1ms) << "borrowed";
  EXPECT_LT(last, late.message(now));
}

TEST(Text, HelpersAreStrict) {
  EXPECT_TRUE(iequals("EHLO", "ehlo"));
  EXPECT_TRUE(icontains("Content-Type: X", "content-type"));
  EXPECT_EQ(trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(split("a,,b", ',').size(), 3U);
  EXPECT_EQ(words("  a  b ").size(), 2U);
  EXPECT_FALSE(parse_number("-1"));
  EXPECT_FALSE(parse_number("99999999999999999999"));
  EXPECT_EQ(base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_EQ(unbase64("YW55IGNhcm5hbCBwbGVhcw=="), "any carnal pleas");
  EXPECT_FALSE(
      unbase64("YW5="
               "YW55"));
  EXPECT_EQ(unhex(hex("\x01\xff")), "\x01\xff");
  EXPECT_EQ(printable("a\r\n\x01"), "a\\r\\n\\x01");
}

TEST(Metrics, PrintsPrometheusText) {
  Metrics metrics;
  metrics.counter("stagepost_x_total", "x", "a=\"b\"").add(3);
  metrics.gauge("stagepost_y", "y").set(-1);
  EXPECT_EQ(metrics.prometheus(),
            "# HELP stagepost_x_total x\n# TYPE stagepost_x_total counter\n"
            "stagepost_x_total{a=\"b\"} 3\n"
            "# HELP stagepost_y y\n# TYPE stagepost_y gauge\nstagepost_y -1\n");
}

TEST(Boxed, IsCopiedAndMovedAsAValue) {
  static_assert(sizeof(Boxed<std::string>) == sizeof(void*));
  Boxed<std::string> box;
  EXPECT_FALSE(box);
  box = std::optional<std::string>();
  EXPECT_FALSE(box.has_value());
  box = std::optional<std::string>("one");
  Boxed<std::string> copy = box;
  *box += " and more";
  EXPECT_EQ(*copy, "one");
  copy = box;
  EXPECT_EQ(copy->size(), 12U);
  const Boxed<std::string> moved = std::move(copy);
  EXPECT_EQ(*moved, "one and more");
  box.reset();
  EXPECT_FALSE(box);
}

}  // namespace
}  // namespace base
