// policy/client/helo_check.h: what the name in HELO or EHLO tells.
//
// What:    is it a name at all, is it ours, does it lead to the client?
// In/Out:  the name, the addresses of both ends, our names → HeloFinding; then one DNS look-up.
// Errors:  trouble with the DNS is `unknown`: it proves nothing.
// Limits:  the name is limited by the command line.
// Not here: what it costs (client_checks.h), SPF of the name (policy/verify).
#pragma once

#include <string>
#include <string_view>

#include "directory/directory.h"
#include "lib/dns/resolver.h"
#include "lib/io/address.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace policy {

struct HeloFinding {
  std::string problem;    // in words; empty: none
  bool ours = false;      // it gives our own name or address: forged unless it leads to the client
  std::string to_lookup;  // the name as a key, when the DNS can say something of it
};

struct HeloQuestion {
  std::string_view helo;
  const io::IpAddress& client;
  const io::IpAddress& us;    // the address that it is connected to
  std::string_view hostname;  // ours
  const directory::Snapshot& known;
};
[[nodiscard]] HeloFinding judge_helo(const HeloQuestion& question);

enum class HeloLookup : std::uint8_t { confirmed, elsewhere, unknown };
[[nodiscard]] io::Task<HeloLookup> confirm_helo(io::Ref<dns::Resolver> resolver, std::string name,
                                                io::IpAddress client);

}  // namespace policy
