// policy/client/settings.h: the settings of policy/client/.
//
// What:    which checks of the connecting address are made, and what they cost the client.
// In/Out:  filled by config/ as sections [client], [[list]] and [greylist].
// Errors:  none here.
// Limits:  see the fields.
// Not here: log-ins and their bans (policy/guard/settings.h).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace policy {

// What a fault of the client's does to its mail.
enum class ClientFault : std::uint8_t { accept, defer, reject };

// Some return codes of a list, as the settings name them: "127.0.*.2-3 = 5 words".
struct ListCodes {
  struct Range {
    std::uint8_t first = 0;
    std::uint8_t last = 255;
  };
  std::array<Range, 4> octets = {};
  std::optional<unsigned> weight;  // none: that of the list
  std::string meaning;
  std::string text;  // as it was written
};

// One DNS block list or allow-list (RFC 5782).
struct ListSetting {
  enum class Kind : std::uint8_t { block, allow };
  enum class Of : std::uint8_t { address, helo, sender };
  std::string zone;  // "zen.example.org"
  Kind kind = Kind::block;
  Of of = Of::address;
  unsigned weight = 10;
  std::vector<ListCodes> codes = {};  // empty: every code but those that are errors
};

// How often one address (an IPv4 address, an IPv6 /64) may do something; 0: as often as it likes.
// Each is a bucket that fills evenly, so that all of it may come at once.
struct RateSettings {
  std::uint32_t connections_per_minute_max = 300;
  std::uint32_t messages_per_minute_max = 600;
  std::uint32_t recipients_per_minute_max = 6'000;
  std::uint32_t unknown_recipients_per_hour_max = 300;
  std::uint32_t network_factor = 5;     // times as much for an IPv4 /24 or an IPv6 /48 together
  std::uint32_t tracked_max = 100'000;  // addresses and networks in memory
};

struct GreylistSettings {
  bool on = false;
  bool by_domain = false;  // of the sender only its domain counts
  bool spare_dkim = true;  // whose SPF does not pass may still show a signature
  base::Duration wait = std::chrono::minutes(5);
  base::Duration window = std::chrono::hours(24);    // within it the client must come again
  base::Duration known_for = std::chrono::days(35);  // since its last mail
  std::uint32_t successes_min = 5;                   // then all of the network is known; 0: never
  std::uint32_t entries_max = 200'000;
};

struct ClientSettings {
  bool iprev = true;
  ClientFault iprev_missing = ClientFault::accept;
  ClientFault helo_forged = ClientFault::reject;  // it gives our own name as its own
  ClientFault helo_invalid = ClientFault::accept;
  base::Duration lookup_timeout = std::chrono::seconds(10);  // for all look-ups of a connection

  std::vector<ListSetting> lists;  // lists have terms of use: none is asked by default
  unsigned reject_score = 10;
  unsigned defer_score = 0;  // 0: nothing is deferred

  base::Duration greeting_delay{};  // 0: who has spoken before the greeting is sent
  ClientFault early_talker = ClientFault::accept;
  unsigned early_talker_score = 5;

  RateSettings rates;
  GreylistSettings greylist;
};

}  // namespace policy
