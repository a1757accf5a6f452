// server/shared_parts.h: what all loops of a process share.
//
// What:    log, trace, directory, keys, resolver engine: opened once, given to every Assembly.
// In/Out:  open() → SharedParts or the reason why not.
// Errors:  io, busy, invalid with words for the administrator.
// Limits:  those of the parts.
// Not here: per-loop parts (assemble.h), threads (serve.cc).
#pragma once

#include <memory>
#include <mutex>

#include "admin/flow/flow.h"
#include "admin/second_factor.h"
#include "admin/sending/key_book.h"
#include "admin/tokens.h"
#include "admin/webhooks/intake.h"
#include "admin/webhooks/store.h"
#include "config/config.h"
#include "directory/ldap/ldap_directory.h"
#include "directory/live_directory.h"
#include "directory/store.h"
#include "lib/base/metrics.h"
#include "lib/dns/unbound_engine.h"
#include "lib/io/doors.h"
#include "lib/io/files.h"
#include "lib/io/real/pool.h"
#include "lib/io/tls.h"
#include "policy/signing/key_store.h"
#include "policy/state/state.h"
#include "report/reports.h"
#include "server/assemble.h"
#include "server/certificate/load.h"
#include "server/dmarc_line.h"
#include "server/otel.h"
#include "trace/log.h"
#include "trace/redact.h"
#include "trace/store.h"
#include "trace/tee.h"

namespace server {

// Whom to ask for names: the settings, else what this host asks.
[[nodiscard]] dns::Settings dns_settings_of(const config::Config& config, io::Files& files);

struct SharedParts {
  // `lock`: of the state, where somebody has taken it before.
  [[nodiscard]] static base::Result<std::unique_ptr<SharedParts>> open(
      const config::Config& config, io::Files& files, base::Time now,
      std::unique_ptr<io::File> lock = nullptr);

  // A change made through admin_store is live when this returns. Blocks.
  base::Result<> reload_directory();
  [[nodiscard]] Shared shared();

  std::unique_ptr<io::File> lock;
  base::Metrics metrics;
  std::unique_ptr<trace::Redactor> redactor;
  std::unique_ptr<trace::Log> log;
  std::unique_ptr<trace::TraceStore> trace;
  std::unique_ptr<webhooks::Intake> webhook_intake;
  std::unique_ptr<OtelExporter> otel;  // off when it is not set
  std::shared_ptr<io::TlsClient> otel_tls;
  std::unique_ptr<trace::Tee> events;
  std::unique_ptr<directory::Store> watch_store;  // of the watching task
  std::unique_ptr<directory::Store> admin_store;  // of the API
  std::unique_ptr<directory::LiveDirectory> directory;
  std::unique_ptr<io::real::ThreadPool> ldap_threads;
  std::unique_ptr<directory::LdapDirectory> ldap;  // null: nobody is in LDAP
  std::unique_ptr<policy::State> state;
  std::unique_ptr<flow::Flow> flow;  // how the mail went, over time
  std::unique_ptr<report::Reports> reports;
  std::unique_ptr<DmarcLine> dmarc_line;
  std::unique_ptr<policy::KeyStore> keys;
  std::unique_ptr<admin::Tokens> tokens;  // of the API
  std::unique_ptr<admin::SecondFactors> factors;
  std::unique_ptr<sending::KeyBook> idempotency_keys;
  std::unique_ptr<webhooks::Store> webhook_store;
  std::string login_secret;
  std::shared_ptr<io::TlsChallenges> challenges;
  Loaded certificate;  // as it was at the start
  std::shared_ptr<io::TlsSwitch> tls_server;
  std::shared_ptr<io::TlsClient> tls_client;
  std::shared_ptr<dns::UnboundEngine> dns;
  dns::Settings dns_settings;
};

}  // namespace server
