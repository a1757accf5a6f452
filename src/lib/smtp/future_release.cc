// See future_release.h.
#include "lib/smtp/future_release.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/base/text.h"

namespace smtp {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

// "2026-12-23T14:00:00Z"
std::string date_time_text(base::Time time) {
  constexpr std::size_t whole_seconds = 19;
  return base::format_time(time).substr(0, whole_seconds) + "Z";
}

// The digits of text[at, at + count); nullopt if there are others or fewer.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  const std::string_view part = text.substr(at, count);
  if (!std::ranges::all_of(part, base::is_digit)) return std::nullopt;
  return static_cast<int>(base::parse_number(part).value_or(0));
}

bool upper_is(std::string_view text, std::size_t at, char c) {
  // RFC 3339 §5.6 note: "t" and "z" may be lower case.
  return text.size() > at && (text[at] == c || text[at] == base::to_lower(c));
}

// What follows the seconds: ".123" and then "Z" or "+01:00".
std::optional<std::chrono::minutes> parse_offset(std::string_view rest) {
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  if (rest.size() == 1 && upper_is(rest, 0, 'Z')) return std::chrono::minutes(0);
  const auto hour = digits(rest, 1, 2);
  const auto minute = digits(rest, 4, 2);
  const bool shaped = rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':';
  if (!shaped || !hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const auto offset = std::chrono::minutes(*hour * 60 + *minute);
  return rest[0] == '-' ? -offset : offset;
}

Reply beyond_maximum(const FutureRelease& offer) {
  return reply(501, {5, 5, 4},
               fmt::format("We keep mail back for {} seconds at most, until {}", offer.seconds_max,
                           date_time_text(offer.until_max)));
}

}  // namespace

std::string future_release_text(const FutureRelease& offer) {
  return fmt::format("{} {}", offer.seconds_max, date_time_text(offer.until_max));
}

std::optional<FutureRelease> parse_future_release(std::string_view seconds_max,
                                                  std::string_view until) {
  const auto number = parse_hold_for(seconds_max);
  const auto time = parse_date_time(until);
  if (!number || !time) return std::nullopt;
  return FutureRelease{.seconds_max = *number, .until_max = *time};
}

std::optional<std::uint64_t> parse_hold_for(std::string_view text) {
  if (text.empty() || text.size() > 9 || text.front() == '0') return std::nullopt;
  return base::parse_number(text);
}

std::optional<base::Time> parse_date_time(std::string_view text) {
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const bool shaped = text[4] == '-' && text[7] == '-' && upper_is(text, 10, 'T') &&
                      text[13] == ':' && text[16] == ':';
  const auto offset = parse_offset(text.substr(19));
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // 60 is a leap second.
  if (!shaped || !offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return base::Time(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + seconds(*second) - *offset;
}

std::expected<base::Time, Reply> release_time(const Hold& hold, const FutureRelease& offer,
                                              base::Time now) {
  if (hold.seconds) {
    if (*hold.seconds > offer.seconds_max) return std::unexpected(beyond_maximum(offer));
    return now + seconds(static_cast<std::int64_t>(*hold.seconds));
  }
  if (!hold.until || *hold.until <= now) return base::Time();
  if (*hold.until > offer.until_max) return std::unexpected(beyond_maximum(offer));
  return *hold.until;
}

}  // namespace smtp
