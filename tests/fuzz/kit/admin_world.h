// tests/fuzz/kit/admin_world.h: a whole server with its HTTP doors, and one client of them.
//
// What:    sessions, queue, API, web interface and pages for mail programs; network and clock are
//          simulated, the databases lie in a folder of their own.
// In/Out:  octets of an HTTP client → CHECKs on what is answered and on what has changed.
// Errors:  none: a server that does not start is a CHECK.
// Limits:  made anew after conversations_max, in an empty folder.
// Not here: the octets' meaning (conversation.h), single parsers (web_request.cc).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/real/files.h"
#include "lib/io/sim/host.h"
#include "server/admin_door.h"
#include "server/assemble.h"
#include "server/shared_parts.h"

namespace fuzz {

enum class HttpDoor {
  control,  // the socket of the command line: every route, and nobody is asked who he is
  api,      // for who has a token or a log-in; the input has neither
  clients,  // pages for mail programs, for everybody
};

class AdminWorld {
 public:
  static constexpr unsigned conversations_max = 300;

  AdminWorld();
  ~AdminWorld();
  AdminWorld(const AdminWorld&) = delete;
  AdminWorld& operator=(const AdminWorld&) = delete;

  void converse(HttpDoor door, std::string_view input);

 private:
  io::Task<std::string> talk(HttpDoor door, std::string_view input);
  void populate();
  // People, aliases and log-ins; what only an administrator changes.
  [[nodiscard]] std::uint64_t changes();

  std::string folder_;
  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  dns::ZoneResolver resolver_{"", &host_.doors().clock};
  io::real::PosixFiles files_;
  config::Config config_;
  std::unique_ptr<server::SharedParts> shared_;
  std::unique_ptr<server::Assembly> assembly_;
  std::unique_ptr<server::AdminDoor> door_;
};

// The world of this process, made anew when it is old.
void converse(HttpDoor door, std::string_view input);

}  // namespace fuzz
