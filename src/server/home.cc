// See home.h.
#include "server/home.h"

#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/owner.h"
#include "lib/io/real/random.h"

namespace server {
namespace {

constexpr std::uint64_t key_bytes_max = 256 * 1024;
constexpr int self_signed_days = 3650;  // nobody verifies it; a real one is in [tls]

base::Result<io::TlsIdentity> self_signed(io::Files& files, const config::Config& config,
                                          base::Time now) {
  const std::string certificate_path = config.server.state_folder + "/self-signed.crt";
  const std::string key_path = config.server.state_folder + "/self-signed.key";
  auto certificate = io::read_file(files, certificate_path, key_bytes_max);
  auto key = io::read_file(files, key_path, key_bytes_max);
  if (certificate && key) {
    return io::TlsIdentity{.names = {}, .certificate_pem = *certificate, .key_pem = *key};
  }
  auto made = io::make_self_signed({config.session.hostname}, now, self_signed_days);
  if (!made) return made;
  if (auto done = io::write_file(files, key_path, made->key_pem, 0600); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = io::write_file(files, certificate_path, made->certificate_pem, 0644); !done) {
    return std::unexpected(done.error());
  }
  return made;
}

base::Result<std::shared_ptr<io::TlsServer>> from_files(io::Files& files,
                                                        const config::Config& config) {
  const auto trouble = [](std::string_view key, const base::Error& error) {
    return base::fail(error.kind, std::string(key) + " in [tls]: " + error.detail +
                                      "; name a PEM file that this user can read");
  };
  auto certificate = io::read_file(files, config.session.certificate_path, key_bytes_max);
  if (!certificate) return trouble("certificate", certificate.error());
  auto key = io::read_file(files, config.session.key_path, key_bytes_max);
  if (!key) return trouble("key", key.error());
  return io::TlsServer::make(
      {io::TlsIdentity{.names = {}, .certificate_pem = *certificate, .key_pem = *key}});
}

}  // namespace

std::string config_path_of(const std::string& home, const std::string& config_path) {
  if (!config_path.empty()) return config_path;
  return home == system_home ? std::string(system_config) : home + "/stagepost.toml";
}

base::Result<> work_as_owner(const config::Config& config) {
  return io::real::become_owner(config.server.state_folder);
}

base::Result<config::Config> load_config(const std::string& home, const std::string& config_path) {
  const std::string path = config_path_of(home, config_path);
  io::real::PosixFiles files;
  auto text = io::read_file(files, path, config::file_bytes_max);
  if (!text) {
    return base::fail(text.error().kind, "cannot read the configuration: " + text.error().detail +
                                             ". `stagepost init DOMAIN --home " + home +
                                             "` makes one");
  }
  auto config = config::load(*text, path, home);
  if (config) {
    config->server.home = home;
    config->server.config_path = path;
  }
  return config;
}

base::Result<std::unique_ptr<io::File>> lock_state(io::Files& files, const config::Config& config) {
  const std::string& folder = config.server.state_folder;
  if (auto made = files.make_directories(folder); !made) return std::unexpected(made.error());
  auto lock = files.lock(folder + "/lock");
  if (!lock && lock.error().kind == base::ErrorKind::busy) {
    return base::fail(base::ErrorKind::busy,
                      "another stagepost has the state folder " + folder +
                          " in use; stop it first, or ask it with the same --home");
  }
  return lock;
}

base::Result<std::shared_ptr<io::TlsServer>> make_tls_server(io::Files& files,
                                                             const config::Config& config,
                                                             base::Time now) {
  if (config.session.certificate_path.empty()) {
    auto identity = self_signed(files, config, now);
    if (!identity) return std::unexpected(identity.error());
    return io::TlsServer::make({*identity});
  }
  return from_files(files, config);
}

base::Result<std::string> login_secret(io::Files& files, const config::Config& config) {
  constexpr std::size_t secret_bytes = 32;
  const std::string path = config.server.state_folder + "/login.secret";
  auto kept = io::read_file(files, path, key_bytes_max);
  if (kept && kept->size() == secret_bytes) return kept;
  std::string fresh(secret_bytes, '\0');
  io::real::KernelRandom().fill(fresh);
  if (auto done = io::write_file(files, path, fresh, 0600); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return fresh;
}

base::Result<> check_keys(const config::Config& config) {
  if (config.session.certificate_path.empty()) return {};
  io::real::PosixFiles files;
  if (auto made = from_files(files, config); !made) return std::unexpected(made.error());
  return {};
}

}  // namespace server
