// server/keeper/sockets.h: the listening sockets that outlive a server.
//
// What:    binds what the configuration listens on, and keeps it open while servers come and go:
//          the kernel takes connections in between, and they wait instead of being refused.
// In/Out:  config::Config → descriptors in the order in which a server gets them.
// Errors:  an address that cannot be bound, by the listener's name; then nothing has changed.
// Limits:  HandedSockets::sockets_max.
// Not here: unix sockets, and ports that are open only while a certificate is ordered: a server
//          makes those itself.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/real/descriptor.h"
#include "lib/io/real/handed_sockets.h"

namespace server::keeper {

class Sockets {
 public:
  // `handed`: what systemd has bound for us.
  explicit Sockets(io::real::HandedSockets handed) : handed_(std::move(handed)) {}

  // Binds what `config` has more, and keeps what it has no more until drop_unused().
  [[nodiscard]] base::Result<> open(const config::Config& config);
  // What systemd has bound and no listener has asked for.
  [[nodiscard]] std::vector<std::string> handed_in_vain() const { return handed_.unused(); }
  // Closes what the last open() did not ask for.
  void drop_unused();

  [[nodiscard]] std::vector<const io::real::Descriptor*> descriptors() const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Socket {
    io::Endpoint at;
    std::string name;
    io::real::Descriptor descriptor;
    bool wanted = true;
  };
  [[nodiscard]] base::Result<Socket> bind(const io::Endpoint& at, const std::string& name);

  io::real::HandedSockets handed_;
  std::vector<Socket> sockets_;
};

}  // namespace server::keeper
