// lib/io/real/handed_sockets.h: listening sockets that somebody else has bound for us.
//
// What:    the receiving end of systemd's socket hand-over (sd_listen_fds(3)): LISTEN_PID,
//          LISTEN_FDS, LISTEN_FDNAMES. They stay open while the process lives, so the kernel takes
//          connections between two servers, too.
// In/Out:  from_environment() once, before there are threads; duplicate(endpoint) → a descriptor
//          for one loop's listener. unused() names those that nobody asked for.
// Errors:  invalid: a descriptor that is no listening TCP socket, with its name and the remedy.
// Limits:  sockets_max. One thread at a time.
// Not here: accepting (listener.h), which addresses are wanted (session/front.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/address.h"
#include "lib/io/real/descriptor.h"

namespace io::real {

class HandedSockets {
 public:
  static constexpr unsigned sockets_max = 256;

  HandedSockets() = default;  // none
  // None when LISTEN_PID is another process's. Takes the variables out of the environment.
  [[nodiscard]] static base::Result<HandedSockets> from_environment();
  // Descriptors first, first + 1, …; `names` are for complaints and may be fewer.
  [[nodiscard]] static base::Result<HandedSockets> take(int first, unsigned count,
                                                        const std::vector<std::string>& names);

  // A descriptor of its own for the socket that is bound to `at`; empty when there is none. All
  // duplicates share one queue of connections, and each connection goes to one of them.
  [[nodiscard]] base::Result<std::optional<Descriptor>> duplicate(const Endpoint& at);
  [[nodiscard]] bool empty() const { return sockets_.empty(); }
  // "smtp (0.0.0.0:25)" for each that duplicate() was never asked for.
  [[nodiscard]] std::vector<std::string> unused() const;

 private:
  struct Socket {
    Descriptor descriptor;
    Endpoint at;
    std::string name;
    bool used = false;
  };
  std::vector<Socket> sockets_;
};

}  // namespace io::real
