// server/certificate/solvers.h: the solver of the challenge that the settings name.
//
// What:    makes an HttpSolver, TlsSolver or DnsSolver.
// In/Out:  Config and the parts they need → acme::Solver.
// Errors:  a secret that cannot be read, with the setting.
// Limits:  secret_bytes_max.
// Not here: what each of them does (their own files).
#pragma once

#include <memory>

#include "config/config.h"
#include "lib/acme/order.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/tls.h"
#include "server/certificate/http_solver.h"

namespace server {

// The parts outlive the solver.
struct SolverParts {
  io::Doors doors;
  dns::Resolver& resolver;
  std::shared_ptr<io::TlsChallenges> challenges;
  HttpAnswers& answers;
  std::shared_ptr<io::TlsServer> tls;
};

[[nodiscard]] base::Result<std::unique_ptr<acme::Solver>> make_solver(const SolverParts& parts,
                                                                      const config::Config& config);

}  // namespace server
