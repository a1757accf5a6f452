// lib/dns/server_resolver.h: asks one name server, by its address, what it serves itself.
//
// What:    a Resolver for a single authoritative server, over TCP, which every server must speak
//          (RFC 7766 §5); nothing is cached.
// In/Out:  see resolver.h; where a CNAME leads out of the server's zones, `elsewhere` is asked.
// Errors:  trouble when it cannot be reached, does not answer, or is not authoritative.
// Limits:  `timeout` for connection and answer together; one reply of 64 KiB.
// Not here: finding the server (NS records), recursion, DNSSEC.
#pragma once

#include <string>

#include "lib/base/time.h"
#include "lib/dns/resolver.h"
#include "lib/io/clock.h"
#include "lib/io/network.h"

namespace dns {

class ServerResolver final : public Resolver {
 public:
  struct Parts {
    io::Network& network;
    io::Clock& clock;
    Resolver& elsewhere;
    io::Endpoint server;
    base::Duration timeout;
  };
  explicit ServerResolver(Parts parts) : parts_(parts) {}

  io::Task<Answer> query(std::string name, Type type) override;

 private:
  Parts parts_;
};

}  // namespace dns
