// import/postfix/aliases.h: the form of /etc/aliases (aliases(5)).
//
// What:    reads `name: value, value` with quotes, continuation lines and :include: files.
// In/Out:  text and Sources → aliases with their targets, and what no target of ours can be.
// Errors:  `refused` has commands, files and lines that cannot be read, each with its reason.
// Limits:  alias_values_max per name; includes_max lists, include_depth_max deep.
// Not here: which domain the names belong to (take_aliases.cc, cli).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "import/postfix/plan.h"
#include "import/postfix/table.h"

namespace postfix {

inline constexpr std::size_t alias_values_max = 10'000;
inline constexpr int include_depth_max = 5;
inline constexpr std::size_t includes_max = 1'000;

struct LocalAlias {
  std::string name;                  // "postmaster", in lower case
  std::vector<std::string> targets;  // "jane" or "jane@example.org"
  Place place;
};

struct RefusedValue {
  std::string name;
  std::string value;
  std::string why;
  Place place;
};

struct AliasesFile {
  std::vector<LocalAlias> aliases;
  std::vector<RefusedValue> refused;
};

[[nodiscard]] AliasesFile read_aliases(const Sources::Text& source, const Sources& sources);

}  // namespace postfix
