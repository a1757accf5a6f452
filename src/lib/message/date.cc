// See date.h.
#include "lib/message/date.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "lib/base/text.h"

namespace message {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// RFC 5322 §4.3 obs-zone. Any other letters count as -0000, as the RFC says.
struct NamedZone {
  std::string_view name;
  int hours;
};
constexpr std::array<NamedZone, 8> named_zones = {{{"EDT", -4},
                                                   {"EST", -5},
                                                   {"CDT", -5},
                                                   {"CST", -6},
                                                   {"MDT", -6},
                                                   {"MST", -7},
                                                   {"PDT", -7},
                                                   {"PST", -8}}};

template <std::size_t n>
std::optional<unsigned> index_of(const std::array<std::string_view, n>& names,
                                 std::string_view name) {
  for (unsigned i = 0; i < n; ++i) {
    if (base::iequals(names[i], name)) return i;
  }
  return std::nullopt;
}

// Comments, line ends and commas become spaces. nullopt for a comment without end.
std::optional<std::string> without_comments(std::string_view text) {
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && depth > 0) {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
      out += ' ';
    } else if (depth == 0) {
      out += c == '\r' || c == '\n' || c == ',' ? ' ' : c;
    }
  }
  return depth == 0 ? std::optional(out) : std::nullopt;
}

std::optional<int> digits(std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() < least || text.size() > most) return std::nullopt;
  if (!std::ranges::all_of(text, base::is_digit)) return std::nullopt;
  return static_cast<int>(base::parse_number(text).value_or(0));
}

std::optional<std::chrono::year_month_day> parse_day(std::string_view day, std::string_view month,
                                                     std::string_view year) {
  const auto d = digits(day, 1, 2);
  const auto m = index_of(month_names, month);
  auto y = digits(year, 2, 4);
  if (!d || !m || !y) return std::nullopt;
  // RFC 5322 §4.3 obs-year.
  if (year.size() == 2) *y += *y < 50 ? 2000 : 1900;
  if (year.size() == 3) *y += 1900;
  const std::chrono::year_month_day date{std::chrono::year(*y), std::chrono::month(*m + 1),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  return date.ok() && *y >= 1900 ? std::optional(date) : std::nullopt;
}

std::optional<std::chrono::seconds> parse_clock(std::string_view text) {
  const auto parts = base::split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto hour = digits(parts[0], 1, 2);
  const auto minute = digits(parts[1], 2, 2);
  const auto second = parts.size() == 3 ? digits(parts[2], 2, 2) : std::optional(0);
  // 60 is a leap second (RFC 5322 §3.3).
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<std::chrono::minutes> parse_zone(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) {
    const auto zone = digits(text.substr(1), 4, 4);
    if (!zone || *zone % 100 > 59) return std::nullopt;
    const auto minutes = std::chrono::minutes(*zone / 100 * 60 + *zone % 100);
    return text.front() == '-' ? -minutes : minutes;
  }
  if (!std::ranges::all_of(text, base::is_alpha)) return std::nullopt;
  for (const NamedZone& zone : named_zones) {
    if (base::iequals(zone.name, text)) return std::chrono::hours(zone.hours);
  }
  return std::chrono::minutes(0);
}

}  // namespace

std::string date_text(base::Time time) { return date_text(time, std::chrono::minutes(0)); }

std::string date_text(base::Time time, std::chrono::minutes zone) {
  time += zone;
  const std::chrono::hh_mm_ss offset(std::chrono::abs(zone));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      FMT_COMPILE("{}, {} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}"),
      day_names[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      month_names[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
      zone.count() < 0 ? '-' : '+', offset.hours().count(), offset.minutes().count());
}

base::Result<base::Time> parse_date(std::string_view text) {
  const auto invalid = [&] {
    return base::fail(base::ErrorKind::invalid,
                      fmt::format("no date: \"{}\"", base::printable(text, 80)));
  };
  if (text.size() > date_bytes_max) return invalid();
  const auto plain = without_comments(text);
  if (!plain) return invalid();
  auto words = base::words(*plain);
  if (!words.empty() && index_of(day_names, words.front())) words.erase(words.begin());
  if (words.size() < 4 || words.size() > 5) return invalid();
  const auto day = parse_day(words[0], words[1], words[2]);
  const auto clock = parse_clock(words[3]);
  // A date without a zone is taken as UTC.
  const auto zone = parse_zone(words.size() == 5 ? words[4] : "+0000");
  if (!day || !clock || !zone) return invalid();
  return base::Time(std::chrono::sys_days(*day)) + *clock - *zone;
}

}  // namespace message
