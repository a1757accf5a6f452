// See account_window.h.
#include "policy/limits/account_window.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace policy {
namespace {

constexpr std::int64_t hours_kept = 25;  // the current one is not full: at least 24 count

std::int64_t hour_of(base::Time time) {
  return std::chrono::duration_cast<std::chrono::hours>(time.time_since_epoch()).count();
}
std::int64_t minute_of(base::Time time) {
  return std::chrono::duration_cast<std::chrono::minutes>(time.time_since_epoch()).count();
}

}  // namespace

AccountWindow::AccountWindow(const SentRow& row)
    : brake_reason(row.brake_reason),
      warned(row.warned),
      told(row.told),
      administrator_told(row.administrator_told),
      hours_(read(row.hours)),
      minutes_(read(row.minutes)) {
  if (row.braked != base::Time()) braked = row.braked;
}

SentRow AccountWindow::row(const std::string& account) const {
  return {.account = account,
          .hours = write(hours_),
          .minutes = write(minutes_),
          .braked = braked.value_or(base::Time()),
          .brake_reason = brake_reason,
          .warned = warned,
          .told = told,
          .administrator_told = administrator_told};
}

std::int64_t AccountWindow::minutes_kept() const {
  const auto window = std::chrono::duration_cast<std::chrono::minutes>(limits.brake_window).count();
  return std::clamp<std::int64_t>(window, 1, 24L * 60) + 1;  // the current one is not full
}

AccountWindow::Slice& AccountWindow::current(Slices& slices, std::int64_t at, std::int64_t kept) {
  std::erase_if(slices, [=](const Slice& slice) { return slice.at <= at - kept; });
  // After a clock that went back the newest slice goes on: nothing is counted twice or forgotten.
  if (slices.empty() || slices.back().at < at) slices.push_back({.at = at});
  return slices.back();
}

void AccountWindow::add(base::Time now, std::uint64_t messages, std::uint64_t fresh) {
  Slice& hour = current(hours_, hour_of(now), hours_kept);
  hour.first += messages;
  hour.second += fresh;
  if (fresh > 0) current(minutes_, minute_of(now), minutes_kept()).first += fresh;
}

void AccountWindow::bounce(base::Time now) {
  ++current(minutes_, minute_of(now), minutes_kept()).second;
}

DayTotals AccountWindow::day(base::Time now) const {
  DayTotals out;
  for (const Slice& hour : hours_) {
    if (hour.at <= hour_of(now) - hours_kept) continue;
    out.messages += hour.first;
    out.fresh += hour.second;
  }
  return out;
}

LateTotals AccountWindow::lately(base::Time now) const {
  LateTotals out;
  for (const Slice& minute : minutes_) {
    if (minute.at <= minute_of(now) - minutes_kept()) continue;
    out.fresh += minute.first;
    out.bounces += minute.second;
  }
  return out;
}

bool AccountWindow::learn(std::uint64_t recipient, std::uint32_t day) {
  const auto [at, added] = known_.try_emplace(recipient, day);
  if (!added && at->second >= day) return false;
  at->second = day;
  return true;
}

std::vector<std::uint64_t> AccountWindow::drop_before(std::uint32_t day) {
  std::vector<std::uint64_t> dropped;
  for (const auto& [recipient, last] : known_) {
    if (last < day) dropped.push_back(recipient);
  }
  for (const std::uint64_t recipient : dropped) known_.erase(recipient);
  return dropped;
}

std::vector<std::uint64_t> AccountWindow::drop_oldest(std::size_t max) {
  std::vector<std::uint64_t> dropped;
  if (known_.size() <= max) return dropped;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> order;
  order.reserve(known_.size());
  for (const auto& [recipient, day] : known_) order.emplace_back(day, recipient);
  const std::size_t count = known_.size() - max + (max / 10);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::ranges::nth_element(order, middle);
  for (auto at = order.begin(); at != middle; ++at) {
    dropped.push_back(at->second);
    known_.erase(at->second);
  }
  return dropped;
}

std::string AccountWindow::write(const Slices& slices) {
  std::string out;
  for (const Slice& slice : slices) {
    out += fmt::format("{}{} {} {}", out.empty() ? "" : ",", slice.at, slice.first, slice.second);
  }
  return out;
}

AccountWindow::Slices AccountWindow::read(const std::string& text) {
  Slices out;
  for (const std::string_view part : base::split(text, ',')) {
    const auto words = base::words(part);
    if (words.size() != 3) continue;
    const auto at = base::parse_number(words[0]);
    const auto first = base::parse_number(words[1]);
    const auto second = base::parse_number(words[2]);
    if (!at || !first || !second) continue;
    out.push_back({.at = static_cast<std::int64_t>(*at), .first = *first, .second = *second});
  }
  return out;
}

}  // namespace policy
