// See ban_list.h.
#include "policy/guard/ban_list.h"

#include <algorithm>
#include <utility>

namespace policy {
namespace {

std::pair<bool, unsigned> length_of(const io::IpNetwork& network) {
  return {network.address.is_v6(), network.prefix_bits};
}

}  // namespace

void BanList::put(BanRow row, std::size_t max) {
  const io::IpNetwork network = row.network;
  const auto [at, added] = bans_.insert_or_assign(network, Ban{.row = std::move(row), .told = {}});
  if (added) ++lengths_[length_of(network)];
  changed_.insert(network);
  make_room(std::max<std::size_t>(max, 1));
}

std::vector<BanList::Ban*> BanList::covering(const io::IpAddress& address, base::Time now) {
  std::vector<Ban*> out;
  for (const auto& [length, count] : lengths_) {
    if (length.first != address.is_v6()) continue;
    const auto at = bans_.find(cut(address, length.second));
    if (at != bans_.end() && at->second.row.until > now) out.push_back(&at->second);
  }
  return out;
}

std::vector<BanRow> BanList::lift(const std::optional<io::IpNetwork>& network) {
  std::vector<BanRow> lifted;
  for (auto at = bans_.begin(); at != bans_.end();) {
    const auto here = at++;
    if (network && !within(here->first, *network)) continue;
    lifted.push_back(here->second.row);
    erase(here);
  }
  return lifted;
}

std::vector<BanRow> BanList::list(base::Time now) {
  expire(now);
  std::vector<BanRow> out;
  out.reserve(bans_.size());
  for (const auto& [network, ban] : bans_) out.push_back(ban.row);
  std::ranges::sort(out, {}, [](const BanRow& row) {
    return std::pair(row.network.address, row.network.prefix_bits);
  });
  return out;
}

Changed<BanRow, io::IpNetwork> BanList::take_changes(base::Time now) {
  expire(now);
  Changed<BanRow, io::IpNetwork> out;
  for (const io::IpNetwork& network : changed_) {
    const auto at = bans_.find(network);
    if (at == bans_.end()) {
      out.gone.push_back(network);
    } else {
      out.set.push_back(at->second.row);
    }
  }
  changed_.clear();
  return out;
}

void BanList::erase(Table::iterator at) {
  const auto length = lengths_.find(length_of(at->first));
  if (--length->second == 0) lengths_.erase(length);
  changed_.insert(at->first);
  bans_.erase(at);
}

void BanList::expire(base::Time now) {
  for (auto at = bans_.begin(); at != bans_.end();) {
    const auto here = at++;
    if (here->second.row.until <= now) erase(here);
  }
}

void BanList::make_room(std::size_t max) {
  while (bans_.size() > max) {
    erase(
        std::ranges::min_element(bans_, {}, [](const auto& one) { return one.second.row.until; }));
  }
}

}  // namespace policy
