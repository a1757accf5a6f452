// config/tree.h: TOML text as a tree of values that know their line.
//
// What:    parse() reads TOML 1.0 by toml++, which is included in tree.cc only: it is heavy.
// In/Out:  text → Value (a table); or the first syntax error with its line.
// Errors:  SyntaxError: TOML cannot be read on after a mistake, so there is one.
// Limits:  nesting as toml++ bounds it; the caller bounds the size.
// Not here: which keys there are (table.h).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace config {

struct Entry;

struct Value {
  enum class Kind : std::uint8_t { text, integer, real, boolean, date, list, table };

  Kind kind = Kind::table;
  int line = 0;
  std::string text;  // text: as written between the quotes
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<Value> list;
  std::vector<Entry> entries;  // of a table, in the order of their lines
};

struct Entry {
  std::string key;
  int line = 0;
  Value value;
};

struct SyntaxError {
  int line = 0;
  int column = 0;
  std::string words;
};

[[nodiscard]] std::expected<Value, SyntaxError> parse(std::string_view text);

// "text", "a number", "a list": for messages.
[[nodiscard]] std::string_view kind_name(Value::Kind kind);

}  // namespace config
