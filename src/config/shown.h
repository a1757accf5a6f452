// config/shown.h: the settings in force, for people to look at.
//
// What:    each setting with its value, its default, and whether they differ.
// In/Out:  Config → ShownSetting per setting; of a [[section]] per element.
// Errors:  none.
// Limits:  a secret is never shown, nor is what stands before the @ of a URL.
// Not here: reading the file (load.cc), docs/settings.md (docs.cc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace config {

struct ShownSetting {
  std::string name;     // "queue.retry_after", "listener[2].address", "hostname"
  std::string section;  // "queue", "listener[2]", ""
  std::string kind;
  std::string value;         // as it is written in the file; empty of a secret
  std::string default_text;  // likewise
  std::string text;
  bool changed = false;  // it is not the default
  bool secret = false;
};

[[nodiscard]] std::vector<ShownSetting> shown_settings(const Config& config);

// "octets" for a size, "time" for a duration; empty: none, or the text names it.
[[nodiscard]] std::string_view unit_of(std::string_view kind);
// Of a name: is its value nobody's business?
[[nodiscard]] bool is_secret(std::string_view key);
// "http://user:word@host/" → "http://…@host/".
[[nodiscard]] std::string without_logins(std::string text);

}  // namespace config
