// server/certificate/http_solver.h: the challenge http-01 (RFC 8555 §8.3).
//
// What:    HttpAnswers is what an authority finds below /.well-known/acme-challenge/; HttpSolver
//          puts answers there and opens the port while it looks.
// In/Out:  a Proof → served, then taken away.
// Errors:  those of the ports, with the remedy.
// Limits:  the answers of one order.
// Not here: ports (challenge_ports.h), other challenges (tls_solver.h, dns_solver.h).
#pragma once

#include <map>
#include <string>

#include "lib/acme/order.h"
#include "lib/http/server.h"
#include "server/certificate/challenge_ports.h"

namespace server {

// Serves the answers; what else is asked goes to `next`, if there is one. Of the main loop.
class HttpAnswers final : public http::Handler {
 public:
  explicit HttpAnswers(http::Handler* next = nullptr) : next_(next) {}
  io::Task<http::Response> handle(http::Request request) override;

  void add(const acme::Proof& proof) { by_token_[proof.token] = proof.key_authorization; }
  void remove(const acme::Proof& proof) { by_token_.erase(proof.token); }

 private:
  http::Handler* next_;
  std::map<std::string, std::string, std::less<>> by_token_;
};

class HttpSolver final : public acme::Solver {
 public:
  // The answers outlive it; the ports' handler is them.
  HttpSolver(HttpAnswers& answers, ChallengePorts::Parts ports)
      : answers_(answers), ports_(std::move(ports)) {}
  [[nodiscard]] std::string_view type() const override { return "http-01"; }
  io::Task<base::Result<>> prepare(acme::Proof proof) override;
  io::Task<void> clean(acme::Proof proof) override;

 private:
  HttpAnswers& answers_;
  ChallengePorts ports_;
};

}  // namespace server
