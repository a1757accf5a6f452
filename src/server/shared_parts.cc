// See shared_parts.h.
#include "server/shared_parts.h"

#include "server/home.h"

namespace server {
namespace {

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

// Opens `part` by `opened`, or hands its error on.
template <class T, class U>
base::Result<> take(T& part, base::Result<U> opened) {
  if (!opened) return std::unexpected(std::move(opened.error()));
  part = std::move(*opened);
  return {};
}

base::Result<> open_records(SharedParts& parts, const config::Config& config, io::Files& files) {
  if (auto done = take(parts.log, trace::Log::open(config.trace)); !done) return done;
  if (auto done = take(parts.trace, trace::TraceStore::open(files, config.trace)); !done) {
    return done;
  }
  parts.events = std::make_unique<trace::Tee>(
      std::vector<trace::RecordSink*>{parts.log.get(), parts.trace.get()});
  return {};
}

base::Result<> open_directory(SharedParts& parts, const config::Config& config) {
  const std::string& path = config.directory.database_path;
  if (auto done = take(parts.watch_store, directory::Store::open(path)); !done) return done;
  if (auto done = take(parts.admin_store, directory::Store::open(path)); !done) return done;
  parts.directory = std::make_unique<directory::LiveDirectory>(config.directory);
  return parts.directory->reload(*parts.watch_store);
}

}  // namespace

base::Result<std::unique_ptr<SharedParts>> SharedParts::open(const config::Config& config,
                                                             io::Files& files, base::Time now) {
  auto parts = std::make_unique<SharedParts>();
  base::Result<> done = take(parts->lock, lock_state(files, config));
  if (done) done = open_records(*parts, config, files);
  if (done) done = open_directory(*parts, config);
  if (done) done = take(parts->tls_server, make_tls_server(files, config, now));
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
          .events = *events,
          .metrics = metrics,
          .tls_server = tls_server,
          .tls_client = tls_client};
}

}  // namespace server
