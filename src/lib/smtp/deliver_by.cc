// See deliver_by.h.
#include "lib/smtp/deliver_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "lib/base/text.h"

namespace smtp {
namespace {

using message::DeliverBy;

std::unexpected<Reply> not_taken(std::string why) {
  return std::unexpected(reply(501, {5, 5, 4}, std::move(why)));
}

// Whole seconds, never more than there are.
std::int64_t seconds_left(const DeliverBy& by, base::Time now) {
  const auto left = std::chrono::floor<std::chrono::seconds>(by.deadline - now).count();
  return std::clamp<std::int64_t>(left, -by_seconds_max, by_seconds_max);
}

}  // namespace

std::optional<By> parse_by(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t semicolon = text.find(';');
  if (semicolon == std::string_view::npos || semicolon > 9) return std::nullopt;
  const auto number = base::parse_number(text.substr(0, semicolon));
  const std::string_view mode = text.substr(semicolon + 1);
  if (!number || mode.empty() || mode.size() > 2) return std::nullopt;
  By by;
  by.seconds = static_cast<std::int64_t>(*number);
  if (negative) by.seconds = -by.seconds;
  by.mode = base::to_lower(mode[0]) == 'n'   ? DeliverBy::Mode::notify
            : base::to_lower(mode[0]) == 'r' ? DeliverBy::Mode::give_back
                                             : DeliverBy::Mode::none;
  by.trace = mode.size() == 2;
  if (by.mode == DeliverBy::Mode::none) return std::nullopt;
  if (by.trace && base::to_lower(mode[1]) != 't') return std::nullopt;
  return by;
}

std::expected<DeliverBy, Reply> deliver_by(const By& by, const ByRules& rules, base::Time now) {
  const DeliverBy made{
      .mode = by.mode, .trace = by.trace, .deadline = now + std::chrono::seconds(by.seconds)};
  const auto seconds_min = static_cast<std::int64_t>(rules.seconds_min);
  if (by.mode == DeliverBy::Mode::give_back && by.seconds < seconds_min) {
    return not_taken(fmt::format("BY with R is taken from {} seconds on", seconds_min));
  }
  if (by.seconds > 0 && made.deadline <= rules.release_at) {
    return not_taken("The time of BY is over before the message may go");
  }
  return made;
}

std::string by_text(const DeliverBy& by, base::Time now) {
  return fmt::format("{};{}{}", seconds_left(by, now),
                     by.mode == DeliverBy::Mode::give_back ? 'R' : 'N', by.trace ? "T" : "");
}

// RFC 2852 §4.1.4: who cannot promise to keep the time must not get it. Of N its sender is told.
std::optional<Reply> too_late(const DeliverBy& by, std::optional<std::uint64_t> offered,
                              base::Time now) {
  if (by.mode != DeliverBy::Mode::give_back) return std::nullopt;
  if (!offered) {
    return reply(554, {5, 4, 7},
                 "The next server does not offer DELIVERBY, so that nobody could take the message "
                 "back when its time is over");
  }
  const std::int64_t left = seconds_left(by, now);
  if (left <= 0) return reply(554, {5, 4, 7}, "The time that its sender gave it is over");
  if (static_cast<std::uint64_t>(left) < *offered) {
    return reply(554, {5, 4, 7},
                 fmt::format("Its sender gave it {} seconds more, and the next server wants {} at "
                             "least",
                             left, *offered));
  }
  return std::nullopt;
}

}  // namespace smtp
