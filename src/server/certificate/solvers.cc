// See solvers.h.
#include "server/certificate/solvers.h"

#include "lib/dns/tsig_key.h"
#include "lib/dns/updater.h"
#include "lib/io/files.h"
#include "server/certificate/dns_solver.h"
#include "server/certificate/tls_solver.h"

namespace server {
namespace {

using Made = base::Result<std::unique_ptr<acme::Solver>>;

constexpr std::uint64_t secret_bytes_max = 4096;

base::Result<std::optional<dns::TsigKey>> key_of(const SolverParts& parts,
                                                 const AcmeSettings& acme) {
  if (acme.tsig_secret_file.empty()) return std::nullopt;
  const auto text = io::read_file(parts.doors.files, acme.tsig_secret_file, secret_bytes_max);
  if (!text) {
    return base::fail(text.error().kind, "acme.tsig_secret_file: " + text.error().detail);
  }
  auto key = dns::parse_tsig_secret(*text, acme.tsig_key_name);
  if (!key) {
    return base::fail(key.error().kind, acme.tsig_secret_file + ": " + key.error().detail);
  }
  return std::move(*key);
}

Made make_dns(const SolverParts& parts, const AcmeSettings& acme) {
  auto key = key_of(parts, acme);
  if (!key) return std::unexpected(std::move(key.error()));
  const auto server = dns::parse_server(acme.dns_server);
  if (!server) return base::fail(server.error().kind, "acme.dns_server: " + server.error().detail);
  return std::make_unique<DnsSolver>(DnsSolver::Parts{.doors = parts.doors,
                                                      .resolver = parts.resolver,
                                                      .server = *server,
                                                      .key = std::move(*key),
                                                      .wait_max = acme.dns_wait_max});
}

}  // namespace

Made make_solver(const SolverParts& parts, const config::Config& config) {
  const AcmeSettings& acme = config.server.acme;
  ChallengePorts::Parts ports{.doors = parts.doors,
                              .handler = parts.answers,
                              .places = acme.http_listen,
                              .served = config.admin.clients.http,
                              .tls = nullptr,
                              .setting = "acme.http_listen"};
  switch (acme.challenge) {
    case Challenge::http_01: return std::make_unique<HttpSolver>(parts.answers, std::move(ports));
    case Challenge::dns_01: return make_dns(parts, acme);
    case Challenge::tls_alpn_01: break;
  }
  ports.places = acme.tls_listen;
  ports.served = config.admin.clients.https;  // all of them have the challenges' keys
  ports.served.insert(ports.served.end(), config.admin.api.https.begin(),
                      config.admin.api.https.end());
  ports.tls = [tls = parts.tls] { return tls; };
  ports.setting = "acme.tls_listen";
  return std::make_unique<TlsSolver>(parts.challenges, std::move(ports));
}

}  // namespace server
