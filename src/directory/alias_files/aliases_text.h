// directory/alias_files/aliases_text.h: the form of /etc/aliases (aliases(5)).
//
// What:    reads `name: value, value` with quotes, continuation lines and :include: lists.
// In/Out:  text, and what reads a list → aliases with their targets, and what is no target.
// Errors:  `refused` has commands, files, lists and lines that cannot be read, each with its line
//          and the remedy.
// Limits:  alias_values_max per name; includes_max lists, include_depth_max deep; file_bytes_max
//          each, which is for the reader to hold.
// Not here: which domain the names belong to, and files (alias_files.h; import/ and cli/).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace directory {

inline constexpr std::size_t alias_values_max = 10'000;
inline constexpr int include_depth_max = 5;
inline constexpr std::size_t includes_max = 1'000;
inline constexpr std::size_t alias_file_bytes_max = 64UL << 20U;

// Where something stands: a file of AliasesText::files, and its line from 1.
struct TextPlace {
  std::size_t file = 0;
  int line = 0;
};

struct TextTarget {
  std::string text;  // "jane", "jane@example.org", "\"jane doe\"@example.org"
  TextPlace place;
};

struct TextAlias {
  std::string name;  // "postmaster", as it is written, without its quotes
  std::vector<TextTarget> targets;
  TextPlace place;
};

struct TextRefusal {
  std::string name;  // of the alias; empty: nobody can say of which
  std::string value;
  std::string why;
  TextPlace place;
};

struct AliasesText {
  std::vector<std::string> files;  // the file itself, then the lists
  std::vector<TextAlias> aliases;
  std::vector<TextRefusal> refused;

  [[nodiscard]] std::string text_of(const TextPlace& place) const;  // "/etc/aliases:12"
};

// The text of an :include: list, by the path that stands there; or why it cannot be read.
using ReadList = std::function<base::Result<std::string>(const std::string& path)>;

[[nodiscard]] AliasesText read_aliases_text(const std::string& file, std::string_view text,
                                            const ReadList& read_list);

}  // namespace directory
