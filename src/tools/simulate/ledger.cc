// See ledger.h.
#include "tools/simulate/ledger.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace simulate {
namespace {

constexpr std::array<std::string_view, fate_count> names = {"not there", "queued", "delivered",
                                                            "bounced", "expired"};

std::string_view name(Fate fate) { return names.at(static_cast<std::size_t>(fate)); }

}  // namespace

std::uint64_t Ledger::open(base::Duration now, std::uint32_t domain) {
  lines_.push_back({.accepted = now, .domain = domain, .fate = Fate::queued});
  return lines_.size() - 1;
}

void Ledger::close(std::uint64_t number, Fate fate) {
  if (number >= lines_.size()) {
    return note(fmt::format("message {} is {}, but never came", number, name(fate)));
  }
  Line& line = lines_[number];
  if (line.fate != Fate::queued) {
    return note(
        fmt::format("message {} is {}, but was {} before", number, name(fate), name(line.fate)));
  }
  line.fate = fate;
}

void Ledger::note(std::string wrong) {
  if (wrong_.size() < wrong_max) wrong_.push_back(std::move(wrong));
}

void Ledger::audit(std::uint64_t queued, const std::array<std::uint64_t, fate_count>& each) {
  std::array<std::uint64_t, fate_count> found = {};
  for (const Line& line : lines_) ++found.at(static_cast<std::size_t>(line.fate));
  for (std::size_t i = 0; i < fate_count; ++i) {
    if (found.at(i) == each.at(i)) continue;
    note(fmt::format("{} messages are {}, but {} were counted", found.at(i), names.at(i),
                     each.at(i)));
  }
  const std::uint64_t waiting = found.at(static_cast<std::size_t>(Fate::queued));
  if (waiting != queued) {
    note(fmt::format("{} messages have not ended, but the schedule has {}", waiting, queued));
  }
}

}  // namespace simulate
