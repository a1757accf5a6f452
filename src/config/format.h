// config/format.h: the format of the configuration file.
//
// What:    the number that `format = 1` in stagepost.toml may say.
// In/Out:  a constant.
// Errors:  none.
// Limits:  raised when a file for it would be misread by an older program, not for a setting more:
//          an older program names the settings that it does not know.
// Not here: what is said of a newer one (load.cc).
#pragma once

namespace config {

inline constexpr unsigned format_version = 1;

}  // namespace config
