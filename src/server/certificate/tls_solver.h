// server/certificate/tls_solver.h: the challenge tls-alpn-01 (RFC 8737).
//
// What:    puts the challenge's certificate before our TLS listeners and opens port 443 while the
//          authority looks.
// In/Out:  a Proof → shown to who asks for acme-tls/1, then taken away.
// Errors:  those of the ports, with the remedy.
// Limits:  io::OpensslChallenges::names_max.
// Not here: the handshake (lib/io/tls_challenges.h), ports (challenge_ports.h).
#pragma once

#include <memory>

#include "lib/acme/order.h"
#include "lib/io/tls.h"
#include "server/certificate/challenge_ports.h"
#include "server/certificate/http_solver.h"

namespace server {

class TlsSolver final : public acme::Solver {
 public:
  TlsSolver(std::shared_ptr<io::TlsChallenges> challenges, ChallengePorts::Parts ports)
      : challenges_(std::move(challenges)), clock_(ports.doors.clock), ports_(std::move(ports)) {}
  [[nodiscard]] std::string_view type() const override { return "tls-alpn-01"; }
  io::Task<base::Result<>> prepare(acme::Proof proof) override;
  io::Task<void> clean(acme::Proof proof) override;

 private:
  std::shared_ptr<io::TlsChallenges> challenges_;
  io::Clock& clock_;
  ChallengePorts ports_;
};

}  // namespace server
