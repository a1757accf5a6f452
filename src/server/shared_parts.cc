// See shared_parts.h.
#include "server/shared_parts.h"

#include "directory/ldap/libldap_client.h"
#include "directory/srs/srs_secrets.h"
#include "lib/io/real/random.h"
#include "server/home.h"

namespace server {
namespace {

constexpr std::uint64_t ca_bytes_max = 1UL << 20U;

// Opens `part` by `opened`, or hands its error on.
template <class T, class U>
base::Result<> take(T& part, base::Result<U> opened) {
  if (!opened) return std::unexpected(std::move(opened.error()));
  part = std::move(*opened);
  return {};
}

// The receivers are counted from the events, on the thread that writes them down.
base::Result<> open_flow(SharedParts& parts, const config::Config& config, base::Time now) {
  const std::string path = config.server.state_folder + "/flow.db";
  auto done = take(parts.flow, flow::Flow::open(path, parts.metrics, *parts.events, now));
  if (!done) return done;
  parts.trace->watch(
      [tally = &parts.flow->tally()](const trace::EventView& event) { tally->see(event); });
  return {};
}

// Without its key nothing may be written: a pseudonym that changes at each start follows nobody.
base::Result<> open_redactor(SharedParts& parts, const config::Config& config, io::Files& files) {
  std::string key;
  if (config.trace.privacy.local_parts == trace::LocalParts::hash) {
    if (auto done = take(key, privacy_key(files, config)); !done) return done;
  }
  parts.redactor = std::make_unique<trace::Redactor>(config.trace.privacy, std::move(key));
  parts.trace->set_redactor(parts.redactor.get());
  return {};
}

base::Result<> open_otel(SharedParts& parts, const config::Config& config, io::Files& files,
                         base::Time now) {
  const OtelSettings& settings = config.server.otel;
  std::string authorities;
  if (!settings.ca_file.empty()) {
    if (auto done = take(authorities, io::read_file(files, settings.ca_file, ca_bytes_max));
        !done) {
      return done;
    }
  }
  if (auto done = take(parts.otel_tls, io::TlsClient::make(authorities)); !done) return done;
  parts.otel = std::make_unique<OtelExporter>(
      settings,
      OtelExporter::About{
          .hostname = config.session.hostname, .node = config.server.node, .now = now},
      parts.metrics);
  return {};
}

base::Result<> open_records(SharedParts& parts, const config::Config& config, io::Files& files,
                            base::Time now) {
  if (auto done = take(parts.log, trace::Log::open(config.trace, &files, now)); !done) return done;
  if (auto done = take(parts.trace, trace::TraceStore::open(files, config.trace)); !done) {
    return done;
  }
  if (auto done = open_redactor(parts, config, files); !done) return done;
  if (auto done = open_otel(parts, config, files, now); !done) return done;
  parts.webhook_intake = std::make_unique<webhooks::Intake>();
  parts.events = std::make_unique<trace::Tee>(
      std::vector<trace::RecordSink*>{parts.log.get(), parts.trace.get(), parts.otel.get()},
      std::vector<base::EventSink*>{parts.webhook_intake.get()}, parts.redactor.get());
  return {};
}

// LDAP itself is not asked here: the last copy is enough to begin with.
base::Result<> open_ldap(SharedParts& parts, const config::Config& config, io::Files& files) {
  const directory::LdapSettings& settings = config.directory.ldap;
  auto store =
      directory::Store::open(config.directory.database_path, config.directory.database_group);
  if (!store) return std::unexpected(std::move(store.error()));
  parts.ldap_threads = std::make_unique<io::real::ThreadPool>(directory::LdapDirectory::threads);
  parts.ldap = std::make_unique<directory::LdapDirectory>(
      settings, directory::LdapDirectory::Parts{
                    .live = *parts.directory,
                    .store = std::move(*store),
                    .connector = directory::make_libldap_connector(settings, files),
                    .files = files,
                    .events = *parts.events,
                    .pool = [threads = parts.ldap_threads.get()](io::Loop& loop) {
                      return std::make_unique<io::real::LoopPool>(*threads, loop);
                    }});
  // A damaged copy is as good as none: LDAP is read before the first mail is taken.
  [[maybe_unused]] const auto loaded = parts.ldap->load_cache();
  parts.directory->set_overlay([ldap = parts.ldap.get()](directory::Contents sqlite) {
    return ldap->overlay(std::move(sqlite));
  });
  return {};
}

// Accounts of LDAP, too: they may have grants and limits here.
bool is_account(const directory::Directory& directory, std::string_view address) {
  const auto mailbox = message::parse_address(address);
  if (!mailbox) return false;
  const auto known = directory.snapshot();
  const directory::Mailbox* box = known->mailbox(*mailbox);
  return box != nullptr && box->address == address;
}

// Bounces of what was forwarded earlier find back also while nothing is rewritten.
base::Result<> open_srs(SharedParts& parts, const config::Config& config, io::Files& files,
                        base::Time now) {
  const policy::ForwardingSettings& settings = config.policy.forwarding;
  auto srs = std::make_shared<directory::Srs>(settings.valid_for, now);
  auto secrets = std::make_shared<directory::SrsSecrets>(
      settings.secrets_path, directory::SrsSecrets::Ages{.renew_after = settings.renew_secret_after,
                                                         .valid_for = settings.valid_for});
  const auto keep = [srs, secrets, &files](base::Time time) -> base::Result<> {
    io::real::KernelRandom random;
    auto fresh = secrets->keep(files, random, time);
    if (!fresh) return std::unexpected(std::move(fresh.error()));
    if (*fresh) srs->set_secrets(*std::move(*fresh));
    return {};
  };
  if (auto kept = keep(now); !kept) return kept;
  parts.directory->set_srs(std::move(srs), keep);
  return {};
}

base::Result<> open_directory(SharedParts& parts, const config::Config& config, io::Files& files,
                              base::Time now) {
  const std::string& path = config.directory.database_path;
  const std::string& group = config.directory.database_group;
  if (auto done = take(parts.watch_store, directory::Store::open(path, group)); !done) return done;
  if (auto done = take(parts.admin_store, directory::Store::open(path, group)); !done) return done;
  parts.directory = std::make_unique<directory::LiveDirectory>(config.directory);
  if (config.directory.ldap.on()) {
    if (auto done = open_ldap(parts, config, files); !done) return done;
  }
  if (!config.directory.alias_files.empty()) {
    parts.directory->set_alias_files(
        std::make_unique<directory::AliasFiles>(config.directory.alias_files, files));
  }
  if (auto done = open_srs(parts, config, files, now); !done) return done;
  parts.admin_store->set_known_elsewhere([live = parts.directory.get()](std::string_view address) {
    return is_account(*live, address);
  });
  return parts.directory->reload(*parts.watch_store);
}

}  // namespace

// A bare machine or a container may have neither file; then the DNS is walked from its root.
dns::Settings dns_settings_of(const config::Config& config, io::Files& files) {
  dns::Settings settings;
  settings.forwarders = config.server.dns_servers;
  constexpr const char* resolv_conf = "/etc/resolv.conf";
  constexpr const char* hosts = "/etc/hosts";
  if (settings.forwarders.empty() && config.server.dns_from_system && files.info(resolv_conf)) {
    settings.resolv_conf_path = resolv_conf;
  }
  if (files.info(hosts)) settings.hosts_path = hosts;
  return settings;
}

base::Result<std::unique_ptr<SharedParts>> SharedParts::open(const config::Config& config,
                                                             io::Files& files, base::Time now,
                                                             std::unique_ptr<io::File> lock) {
  auto parts = std::make_unique<SharedParts>();
  parts->lock = std::move(lock);
  base::Result<> done;
  if (!parts->lock) done = take(parts->lock, lock_state(files, config));
  if (done) done = open_records(*parts, config, files, now);
  if (done) done = open_directory(*parts, config, files, now);
  if (done) {
    done =
        take(parts->state, policy::State::open(config.policy, *parts->events, parts->metrics, now));
  }
  if (done) done = open_flow(*parts, config, now);
  if (done) {
    parts->keys = std::make_unique<policy::KeyStore>(files, config.policy.signing.key_folder);
    parts->keys->load();
  }
  if (done) {
    done = take(parts->tokens,
                admin::Tokens::open(files, config.server.state_folder + "/api-tokens.json"));
  }
  if (done) {
    done = take(parts->factors, admin::SecondFactors::open(
                                    files, admin::second_factors_path(config.server.state_folder)));
    done = take(parts->idempotency_keys,
                sending::KeyBook::open(config.admin.idempotency_path,
                                       config.admin.api.idempotency_keys_max, now));
  }
  if (done) done = take(parts->webhook_store, webhooks::Store::open(config.admin.webhooks_path));
  if (done) done = take(parts->reports, report::Reports::open(config.report, *parts->events));
  if (done) parts->dmarc_line = std::make_unique<DmarcLine>(*parts->reports);
  if (done) done = take(parts->login_secret, server::login_secret(files, config));
  parts->challenges = io::TlsChallenges::make();
  if (done) {
    done = take(parts->certificate, load_certificate(files, config, now, parts->challenges));
  }
  if (done) parts->tls_server = std::make_shared<io::TlsSwitch>(parts->certificate.server);
  if (done) done = take(parts->tls_client, io::TlsClient::make(""));
  if (done) {
    parts->dns_settings = dns_settings_of(config, files);
    done = take(parts->dns, dns::UnboundEngine::start(parts->dns_settings));
  }
  if (!done) return std::unexpected(std::move(done.error()));
  return parts;
}

base::Result<> SharedParts::reload_directory() { return directory->publish(*admin_store); }

Shared SharedParts::shared() {
  return {.directory = *directory,
          .state = *state,
          .events = *events,
          .metrics = metrics,
          .tls_server = tls_server,
          .tls_client = tls_client,
          .ldap = ldap.get(),
          .check_elsewhere = {},
          .reports = reports.get(),
          .dmarc_observer = dmarc_line.get(),
          .login_secret = login_secret,
          .keys = keys.get(),
          .replayed = [book = idempotency_keys.get()](base::MessageId message) {
            book->replayed(message);
          }};
}

}  // namespace server
