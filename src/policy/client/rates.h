// policy/client/rates.h: how often a stranger may do something.
//
// What:    a bucket of tokens for each kind of act, of the address and of the network around it.
// In/Out:  take() → enough, or how long until there is one again and whose bucket is empty.
// Errors:  none.
// Limits:  RateSettings; tracked_max addresses and networks, those at rest are forgotten first.
// Not here: who is asked at all (client_checks.h), failed log-ins (policy/guard).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "lib/base/time.h"
#include "policy/client/settings.h"
#include "policy/guard/prefix.h"

namespace policy {

enum class Act : std::uint8_t { connection, message, recipient, unknown_recipient };
inline constexpr std::size_t acts = 4;
[[nodiscard]] std::string_view to_string(Act act);  // "connections"

struct TooOften {
  io::IpNetwork who;
  std::uint32_t max = 0;
  base::Duration period{};
  base::Duration wait{};  // until the next is welcome
};

// One per process, shared by all loops: short mutexes, each for some of the networks.
class Rates {
 public:
  // Takes one token of the address and of its network, or none of both.
  [[nodiscard]] std::optional<TooOften> take(const io::IpAddress& client, Act act,
                                             const RateSettings& settings, base::Instant now);
  // Only looks.
  [[nodiscard]] std::optional<TooOften> look(const io::IpAddress& client, Act act,
                                             const RateSettings& settings, base::Instant now);
  [[nodiscard]] std::size_t tracked() const;

 private:
  struct Bucket {
    double used = 0;  // tokens taken and not yet grown again, at `seen`
    base::Instant seen;
    [[nodiscard]] double at(base::Instant now, double max, base::Duration period) const {
      if (now <= seen) return used;  // loops read the time one after the other
      const double passed = static_cast<double>((now - seen).count());
      return std::max(0.0, used - passed * max / static_cast<double>(period.count()));
    }
  };
  using Buckets = std::array<Bucket, acts>;
  using Table = std::unordered_map<io::IpNetwork, Buckets, NetworkHash, NetworkEqual>;
  struct Shard {
    mutable std::mutex mutex;
    Table table;
  };
  static constexpr std::size_t shards = 16;

  [[nodiscard]] std::optional<TooOften> ask(const io::IpAddress& client, Act act,
                                            const RateSettings& settings, base::Instant now,
                                            double taken);
  static void make_room(Shard& shard, const RateSettings& settings, base::Instant now);

  std::array<Shard, shards> shards_;
};

}  // namespace policy
