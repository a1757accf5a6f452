// server/home.h: the configuration file and the state folder.
//
// What:    reads stagepost.toml, makes the state folder, takes its lock.
// In/Out:  --home and --config → config::Config; Config → the lock.
// Errors:  the configuration's mistakes with line, key and remedy; `busy` when a server has the
//          state.
// Limits:  config::file_bytes_max.
// Not here: what the settings mean (config/), `init` (cli/), the certificate (certificate/load.h).
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/files.h"

namespace server {

// Where the server of the whole machine is, as a package installs it: its configuration is apart.
inline constexpr const char* system_home = "/var/lib/stagepost";
inline constexpr const char* system_config = "/etc/stagepost/stagepost.toml";

// The file's path when `config_path` is empty: home + "/stagepost.toml", or system_config.
[[nodiscard]] std::string config_path_of(const std::string& home, const std::string& config_path);
[[nodiscard]] base::Result<config::Config> load_config(const std::string& home,
                                                       const std::string& config_path);

// Before the state is worked on without a server: root goes on as the user whose folder it is, for
// the server must be able to read what is made. Only then may a thread touch the state.
[[nodiscard]] base::Result<> work_as_owner(const config::Config& config);

// Makes the state folder and takes its lock, which the returned File holds.
[[nodiscard]] base::Result<std::unique_ptr<io::File>> lock_state(io::Files& files,
                                                                 const config::Config& config);

// 32 octets that are kept in the state folder: what unknown log-ins are answered from, the same
// after a restart.
[[nodiscard]] base::Result<std::string> login_secret(io::Files& files,
                                                     const config::Config& config);
// The key of the pseudonyms in log and traces (trace/redact.h), kept in the same way.
[[nodiscard]] base::Result<std::string> privacy_key(io::Files& files, const config::Config& config);

// Can the files of [tls] be read, and do they belong together?
[[nodiscard]] base::Result<> check_keys(const config::Config& config);

}  // namespace server
