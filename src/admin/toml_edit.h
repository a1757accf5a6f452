// admin/toml_edit.h: sets one key in the text of a configuration file, leaving the rest as it is.
//
// What:    replaces the line of the key in its table, or puts one behind the table's head, or adds
//          the table.
// In/Out:  text, table, key, value as written → text.
// Errors:  none: whether the text is right is for config::load.
// Limits:  keys of one line; a value over several lines is replaced up to its closing bracket.
// Not here: reading configuration (config/), writing the file (its callers).
#pragma once

#include <string>
#include <string_view>

namespace admin {

struct TomlKey {
  std::string_view table;  // "delivery"
  std::string_view key;
};

[[nodiscard]] std::string with_setting(std::string text, TomlKey where, std::string_view value);

}  // namespace admin
