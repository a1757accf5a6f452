// See time.h.
#include "lib/base/time.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t microseconds;
};

constexpr std::int64_t second_us = 1'000'000;
constexpr std::array<Unit, 7> units = {{{"w", 7 * 86'400 * second_us},
                                        {"d", 86'400 * second_us},
                                        {"h", 3'600 * second_us},
                                        {"m", 60 * second_us},
                                        {"s", second_us},
                                        {"ms", 1'000},
                                        {"us", 1}}};
constexpr std::int64_t duration_us_max = 100LL * 366 * 86'400 * second_us;

std::int64_t unit_microseconds(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.microseconds;
  }
  return 0;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t total = 0;
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    std::size_t letters = 0;
    while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z') ++letters;
    const std::int64_t unit = unit_microseconds(rest.substr(0, letters));
    if (unit == 0 || number > duration_us_max / unit) break;
    total += number * unit;
    if (total > duration_us_max) break;
    rest.remove_prefix(letters);
    if (rest.empty()) return Duration(total);
  }
  return fail(
      ErrorKind::invalid,
      fmt::format("\"{}\" is not a duration; write a number with its unit, such as 30s, 5m, "
                  "4h, 5d or 1h30m",
                  text));
}

std::string format_duration(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  if (rest < 0) {
    out = "-";
    rest = -rest;
  }
  int parts = 0;
  for (const Unit& unit : units) {
    if (unit.name == "w") continue;  // "5d" reads better than "0w5d"; weeks are input only
    const std::int64_t count = rest / unit.microseconds;
    if (count == 0) continue;
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}{}"), count, unit.name);
    rest -= count * unit.microseconds;
    if (++parts == 2) break;
  }
  return out;
}

std::string format_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Result<Time> parse_time(std::string_view text) {
  std::array<int, 7> part = {};  // year month day hour minute second millisecond
  constexpr std::string_view shape = "0000-00-00T00:00:00.000Z";
  if (text.size() != shape.size()) return fail(ErrorKind::invalid, "not an RFC 3339 UTC time");
  std::size_t index = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0') {
      if (!digit) return fail(ErrorKind::invalid, "not an RFC 3339 UTC time");
      part[index] = part[index] * 10 + (text[i] - '0');
    } else {
      if (text[i] != shape[i]) return fail(ErrorKind::invalid, "not an RFC 3339 UTC time");
      if (i + 1 < shape.size()) ++index;
    }
  }
  const std::chrono::year_month_day date(std::chrono::year(part[0]),
                                         std::chrono::month(static_cast<unsigned>(part[1])),
                                         std::chrono::day(static_cast<unsigned>(part[2])));
  if (!date.ok() || part[3] > 23 || part[4] > 59 || part[5] > 60) {
    return fail(ErrorKind::invalid, "not an RFC 3339 UTC time");
  }
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(part[3]) +
         std::chrono::minutes(part[4]) + std::chrono::seconds(part[5]) +
         std::chrono::milliseconds(part[6]);
}

}  // namespace base
