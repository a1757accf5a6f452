// tests/sim/receiver.h: another site's mail server that behaves as badly as the seed says.
//
// What:    listens on port 25 of its host; accepts, answers 4yz, 421, 5yz or garbage, stalls, hangs
//          up, closes one side, lies; offers TLS that works, fails or stalls.
// In/Out:  notes in the ledger what it was asked, what it took, and when it said (or did not say)
//          250.
// Errors:  none: trouble is its purpose.
// Limits:  one loop of sessions until stop().
// Not here: the sender's side (clients.h), the way between them (weather.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"
#include "lib/io/tls.h"
#include "tests/sim/ledger.h"

namespace sim {

// Percent of moments at which each kind of trouble happens.
struct Manners {
  unsigned defer = 10;  // 4yz
  unsigned refuse = 4;  // 5yz
  unsigned busy = 1;    // 421, and closes
  unsigned hang_up = 2;
  unsigned half_close = 1;  // says nothing more, and listens no more
  unsigned garbage = 1;     // octets that are no reply
  unsigned endless = 1;     // a reply line that does not end
  unsigned stall = 1;       // says nothing for an hour
  unsigned tls_fails = 20;  // of handshakes
  unsigned tls_stalls = 10;
};
inline constexpr Manners kind = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

class Receiver {
 public:
  Receiver(io::sim::World& world, const std::string& address, Ledger& ledger);
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void start();
  void stop();
  Manners manners;
  bool offers_dsn = false;
  std::shared_ptr<io::TlsServer> tls;  // null: it offers none

 private:
  enum class Mood { well, defer, refuse, busy, hang_up, half_close, garbage, endless, stall };
  struct Visitor {
    io::sim::Peer peer;
    Link link;
    io::IpAddress from;
    std::vector<std::string> recipients = {};
    std::map<std::string, base::Instant> put_off = {};  // told 4yz, in this transaction
    bool encrypted = false;
  };

  [[nodiscard]] Mood mood();
  io::Task<void> accept();
  io::Task<void> converse(std::unique_ptr<io::Stream> stream);
  io::Task<bool> obey(Visitor* visitor, std::string line);
  io::Task<bool> answer(Visitor* visitor, Mood mood, std::string good);
  io::Task<bool> greet(Visitor* visitor);
  io::Task<bool> start_tls(Visitor* visitor);
  io::Task<bool> rcpt(Visitor* visitor, std::string line);
  io::Task<bool> data(Visitor* visitor);
  void settle(Visitor& visitor);

  io::sim::World& world_;
  Ledger& ledger_;
  io::sim::Host host_;
  std::unique_ptr<io::Listener> listener_;
  io::TaskGroup tasks_;
};

}  // namespace sim
