// See home.h.
#include "server/home.h"

#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/owner.h"
#include "lib/io/real/random.h"
#include "server/certificate/load.h"

namespace server {
namespace {

constexpr std::uint64_t secret_bytes_max = 1024;
base::Result<std::string> kept_secret(io::Files& files, const std::string& path) {
  constexpr std::size_t secret_bytes = 32;
  auto kept = io::read_file(files, path, secret_bytes_max);
  if (kept && kept->size() == secret_bytes) return kept;
  std::string fresh(secret_bytes, '\0');
  io::real::KernelRandom().fill(fresh);
  if (auto done = io::write_file(files, path, fresh, 0600); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return fresh;
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

base::Result<std::string> login_secret(io::Files& files, const config::Config& config) {
  return kept_secret(files, config.server.state_folder + "/login.secret");
}

base::Result<std::string> privacy_key(io::Files& files, const config::Config& config) {
  return kept_secret(files, config.server.state_folder + "/privacy.key");
}

base::Result<> check_keys(const config::Config& config) {
  if (config.session.certificate_path.empty()) return {};
  io::real::PosixFiles files;
  // The wall clock does not matter: whether it is valid now is told by the server.
  const auto loaded = load_certificate(files, config, base::Time(), nullptr);
  if (!loaded) return std::unexpected(loaded.error());
  return {};
}

}  // namespace server
