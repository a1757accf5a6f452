// server/certificate/challenge_ports.h: listeners that are open only while an authority looks.
//
// What:    opens HTTP servers at some places, plain or in TLS, and closes them again.
// In/Out:  open() → all places are bound; close().
// Errors:  a place that cannot be bound, with the remedy. A host without IPv6 has no IPv6 places.
// Limits:  small ones of its own: an authority asks a few times from a few places.
// Not here: what is answered (the handler).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/http/server.h"
#include "lib/io/doors.h"
#include "lib/io/task_group.h"

namespace server {

class ChallengePorts {
 public:
  struct Parts {
    io::Doors doors;
    http::Handler& handler;
    std::vector<io::Endpoint> places;
    std::vector<io::Endpoint> served;  // places where others of ours serve the same already
    http::Server::TlsSource tls;       // null: plain HTTP
    std::string setting;               // "acme.http_listen", for complaints
  };
  explicit ChallengePorts(Parts parts) : parts_(std::move(parts)) {}
  ChallengePorts(const ChallengePorts&) = delete;
  ChallengePorts& operator=(const ChallengePorts&) = delete;

  base::Result<> open();
  io::Task<void> close();

 private:
  struct Serving;
  base::Result<> listen(Serving& serving, const io::Endpoint& at);
  [[nodiscard]] bool is_served(const io::Endpoint& at) const;
  [[nodiscard]] std::unexpected<base::Error> complain(const io::Endpoint& at,
                                                      const base::Error& why) const;

  Parts parts_;
  std::shared_ptr<Serving> serving_;  // null: closed
};

}  // namespace server
