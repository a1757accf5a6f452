// server/certificate/keeper.h: the certificate that the server shows, and its future.
//
// What:    looks at the files of [tls] and takes new ones; orders and renews by [acme]; replaces
//          keys; every new certificate is used by handshakes that begin afterwards, without a
//          restart.
// In/Out:  start with what was loaded; run() until it is cancelled; state() and order() for
//          administration.
// Errors:  never stops mail: trouble is an event with its remedy, and the old certificate stays.
// Limits:  order_seconds_max for one order; pauses of acme.retry_after between failures.
// Not here: the protocol (lib/acme), challenges (http_solver.h and others), files (load.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admin/certificates.h"
#include "config/config.h"
#include "lib/acme/store.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/dns/resolver.h"
#include "lib/io/completion.h"
#include "lib/io/doors.h"
#include "lib/io/tls.h"
#include "server/certificate/http_solver.h"
#include "server/certificate/load.h"
#include "server/certificate/served_names.h"

namespace server {

// Of the main loop.
class CertificateKeeper final : public admin::Certificates {
 public:
  static constexpr auto order_seconds_max = std::chrono::minutes(10);

  struct Parts {
    io::Doors doors;
    dns::Resolver& resolver;
    base::EventSink& events;
    base::Metrics& metrics;
    std::shared_ptr<io::TlsSwitch> tls;  // what all listeners use
    std::shared_ptr<io::TlsChallenges> challenges;
    std::shared_ptr<io::TlsClient> tls_client;
    HttpAnswers& answers;
    std::function<std::vector<std::string>()> domains = {};  // ours, whose names we serve
  };
  CertificateKeeper(Parts parts, const config::Config& config, Loaded loaded);

  io::Task<void> run();
  // New settings and what they name, at a reload.
  void set_config(const config::Config& config, Loaded loaded);

  io::Task<base::Result<admin::CertificateState>> state(bool ask_dns) override;
  io::Task<base::Result<bool>> order(admin::OrderWish wish) override;

 private:
  // Why a certificate is ordered, and with which key.
  struct Plan {
    std::string_view why;  // empty: nothing is due
    bool next_key = false;
  };
  [[nodiscard]] const AcmeSettings& acme() const { return config_.server.acme; }
  [[nodiscard]] acme::Store store() { return {parts_.doors.files, acme().folder}; }
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] base::Time now() const { return parts_.doors.clock.wall(); }

  void look_at_files();
  void take(Loaded loaded);
  void use(Loaded loaded);
  io::Task<void> tend();
  io::Task<base::Result<Plan>> plan(bool at_once = false);
  [[nodiscard]] std::string_view names_are_due() const;
  io::Task<base::Result<acme::RolloverStep>> look_at_tlsa();
  io::Task<base::Result<>> carry_out(Plan plan);
  io::Task<base::Result<Loaded>> obtain(Plan plan, base::Duration* asked_for);
  io::Task<base::Result<std::string>> ask_without_refused(io::Ref<const io::PrivateKey> key,
                                                          base::Duration* asked_for);
  io::Task<base::Result<std::string>> ask_authority(std::string request, std::string* refused,
                                                    base::Duration* asked_for);
  void note_failure(const base::Error& error, base::Duration asked_for);
  void tell_rollover(acme::RolloverStep step);
  void emit(base::Severity severity, std::string_view name,
            std::vector<std::pair<std::string_view, std::string>> fields);

  Parts parts_;
  config::Config config_;
  Loaded loaded_;
  ServedNames served_;
  std::vector<std::string> ordered_;  // names of the order under way
  std::string refused_digest_;        // of files that were not taken: said once
  acme::RolloverStep told_ = acme::RolloverStep::free;
  bool busy_ = false;
  io::Signal order_over_;
  base::Gauge& not_after_;
};

}  // namespace server
