// policy/verify/settings.h: the settings of policy/verify/.
//
// What:    which checks of the sender are made and what follows from them.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the connecting address (policy/client/settings.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace policy {

// What a fault of the sender's does to a message.
enum class FaultAction : std::uint8_t { accept, junk, reject };
// How far a DMARC policy is followed: as published, never to a refusal, not at all.
enum class DmarcUse : std::uint8_t { apply, quarantine, observe };

struct VerifySettings {
  // Nobody there is checked; loopback unless the settings say otherwise.
  std::vector<io::IpNetwork> exempt = {*io::IpNetwork::parse("127.0.0.0/8"),
                                       *io::IpNetwork::parse("::1/128")};
  base::Duration timeout = std::chrono::seconds(20);  // for all look-ups of one moment
  std::string authserv_id;  // our name in Authentication-Results; empty: the host name

  FaultAction spf_fail = FaultAction::accept;  // DMARC decides, unless the settings say otherwise
  DmarcUse dmarc = DmarcUse::apply;
  FaultAction author_faults = FaultAction::reject;

  // Whose mail fails DMARC for a good reason.
  std::vector<io::IpNetwork> trusted_forwarders;
  std::vector<std::string> trusted_lists;        // domains in List-Id that SPF or DKIM vouches for
  std::vector<std::string> trusted_arc_sealers;  // d= of ARC-Seal

  std::size_t signatures_max = 8;       // of a message that are looked at, from the top
  std::size_t signed_names_max = 1000;  // in h= of one signature
  base::Duration clock_skew = std::chrono::minutes(5);
};

}  // namespace policy
