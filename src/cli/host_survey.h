// cli/host_survey.h: what `init` finds out about this host before it writes a configuration.
//
// What:    the addresses that the world reaches it by, a name for it, which web ports are free.
// In/Out:  doors and the first domain → HostSurvey.
// Errors:  none: what cannot be found out stays empty, and `init` says so or asks.
// Limits:  look_seconds_max for names.
// Not here: the configuration (init_verb.cc), whether all is well (admin/doctor/).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace cli {

struct HostSurvey {
  // Public ones that connections to the Internet go out from.
  std::vector<io::IpAddress> addresses;
  // The host has other public ones, too, as of a bridge or of another network card.
  bool has_others = false;
  bool has_v6 = false;              // IPv6 at all
  std::vector<io::Endpoint> http;   // port 80, where it is free
  std::vector<io::Endpoint> https;  // port 443
};

inline constexpr auto look_seconds_max = std::chrono::seconds(8);

[[nodiscard]] HostSurvey survey_host(io::Network& network);
[[nodiscard]] io::Task<std::string> confirmed_name(io::Doors doors, io::Ref<dns::Resolver> resolver,
                                                   io::IpAddress address);
// No public authority gives certificates for these (RFC 6761 and its kin).
[[nodiscard]] bool is_special_use(std::string_view domain);

}  // namespace cli
