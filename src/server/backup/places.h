// server/backup/places.h: where the files of a server are, and where a backup has them.
//
// What:    every path of a configuration; names of members; the same configuration in another
//          folder.
// In/Out:  paths_of(Config) → the paths; name_of() and place_of() turn one into the other:
//          "stagepost.toml" the configuration, "home/…" what lies in the home folder, "outside/…"
//          what lies elsewhere, by its whole path.
// Errors:  none: what is no name of a backup has no place.
// Limits:  none.
// Not here: which of them are copied (contents.h), what the settings mean (config/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace backup {

inline constexpr std::string_view config_name = "stagepost.toml";
inline constexpr std::string_view outside_folder = "outside";

// tree: ours, with all that is below; file: one that is read; passing: a socket, a log: nothing
// that is worth keeping.
enum class PathKind : std::uint8_t { tree, journal, mail, file, passing };

struct PathUse {
  const char* setting;  // "queue.journal_folder"
  PathKind kind;
  std::string* path;
};
// Those that are set; they point into `config`.
[[nodiscard]] std::vector<PathUse> paths_of(config::Config& config);

// `path` and `home` are whole paths.
[[nodiscard]] std::string name_of(std::string_view path, std::string_view home);
// Below `home`, where outside/ is, too.
[[nodiscard]] std::optional<std::string> place_of(std::string_view name, std::string_view home);
[[nodiscard]] bool lies_in(std::string_view path, std::string_view folder);

// As it was read for `old_home`, with every path where place_of() has put it in `home`.
[[nodiscard]] config::Config moved(config::Config config, std::string_view old_home,
                                   const std::string& home);
// Nothing outside of its folders: no log, and no group that may not be here. Who else would be
// asked (LDAP, a certificate authority) is not, where no server is started.
void cut_off(config::Config& config);

}  // namespace backup
