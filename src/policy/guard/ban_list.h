// policy/guard/ban_list.h: which networks are shut out, and until when.
//
// What:    bans of any prefix length, found by an address in as many steps as there are lengths.
// In/Out:  put(), covering(address), lift(network); expired ones vanish.
// Errors:  none.
// Limits:  `max` bans: then the one that ends first goes.
// Not here: who is banned (login_guard.h).
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/guard/prefix.h"
#include "policy/state/rows.h"

namespace policy {

class BanList {
 public:
  struct Ban {
    BanRow row;
    base::Time told;  // when a refusal by it was last worth an event
  };

  // Replaces the ban of the same network.
  void put(BanRow row, std::size_t max);
  [[nodiscard]] std::vector<Ban*> covering(const io::IpAddress& address, base::Time now);
  // The network's own ban and those within it; nullopt: all.
  std::vector<BanRow> lift(const std::optional<io::IpNetwork>& network);
  // Without those that have expired.
  [[nodiscard]] std::vector<BanRow> list(base::Time now);
  [[nodiscard]] std::size_t size() const { return bans_.size(); }

  [[nodiscard]] Changed<BanRow, io::IpNetwork> take_changes(base::Time now);
  void forget_changes() { changed_.clear(); }  // after loading

 private:
  using Table = std::unordered_map<io::IpNetwork, Ban, NetworkHash, NetworkEqual>;
  void erase(Table::iterator at);
  void expire(base::Time now);
  void make_room(std::size_t max);

  Table bans_;
  std::map<std::pair<bool, unsigned>, std::size_t> lengths_;  // IPv6?, bits → how many bans
  std::unordered_set<io::IpNetwork, NetworkHash, NetworkEqual> changed_;
};

}  // namespace policy
