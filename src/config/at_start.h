// config/at_start.h: settings that count from a start of the server only.
//
// What:    which they are, and which of them a reload has read and could not put in force.
// In/Out:  "api.addresses" → yes or no; the Config of the start and the one read since → names.
// Errors:  none.
// Limits:  none.
// Not here: the reload (server/serve.cc), what the sandbox has closed (server/confinement.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace config {

// Sections and single settings, as the table has them.
[[nodiscard]] std::vector<std::string_view> names_at_start();
// As path_of() writes it: "api.addresses", "listener[].address", "hostname".
[[nodiscard]] bool counts_at_start(std::string_view path);
// "privacy.local_parts", "[[listener]]"; in the order of the file.
[[nodiscard]] std::vector<std::string> waiting_settings(const Config& started, const Config& read);

}  // namespace config
