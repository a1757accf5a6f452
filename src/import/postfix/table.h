// import/postfix/table.h: look-up tables: hash:/etc/postfix/virtual and its kin.
//
// What:    reads a table by the text that it was made from; regexp and pcre tables where a pattern
//          stands for one address or for all of a domain.
// In/Out:  "type:name" and Sources → Table: entries with their line, and what could not be read.
// Errors:  `problem` says why nothing of it could be read; `unread` has single lines.
// Limits:  file_bytes_max (lines.h), entries_max.
// Not here: what the entries mean (take_*.cc), /etc/aliases (aliases.h).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/postfix/plan.h"
#include "lib/base/result.h"

namespace postfix {

inline constexpr std::size_t entries_max = 1'000'000;

// Where the texts are, by their names in Postfix's configuration.
class Sources {
 public:
  struct Text {
    std::string file;  // that was read
    std::string text;
  };
  Sources() = default;
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;
  virtual ~Sources() = default;
  [[nodiscard]] virtual base::Result<Text> read(const std::string& name) const = 0;
  // Why this certificate and its key cannot be shown by a server on this host; empty: they can.
  [[nodiscard]] virtual std::string key_problem(const std::string& certificate_path,
                                                const std::string& key_path) const = 0;
};

struct Entry {
  std::string key;  // regexp and pcre: "user@domain", "@domain", "domain"
  std::string value;
  Place place;
};

struct UnreadLine {
  std::string text;
  std::string why;
  Place place;
};

struct Table {
  std::string name;  // "hash:/etc/postfix/virtual"
  std::string problem;
  bool any_key = false;       // static: it has one value for every key
  bool has_patterns = false;  // regexp, pcre
  std::vector<Entry> entries;
  std::vector<UnreadLine> unread;

  [[nodiscard]] const Entry* find(std::string_view key) const;
};

[[nodiscard]] Table read_table(std::string_view name, const Sources& sources);
// All tables of a list: "hash:/a, regexp:/b".
[[nodiscard]] std::vector<Table> read_tables(std::string_view list, const Sources& sources);
// "hash:…" or "/file" rather than a plain name.
[[nodiscard]] bool is_table(std::string_view item);

// What a regular expression stands for, as a key; nothing when it is more than that.
[[nodiscard]] std::optional<std::string> read_pattern(std::string_view pattern);

}  // namespace postfix
