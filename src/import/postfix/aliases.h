// import/postfix/aliases.h: a file in the form of /etc/aliases, of Postfix's alias_maps.
//
// What:    what directory/alias_files reads, with the places of this import.
// In/Out:  text and Sources → aliases with their targets, and what no target of ours can be.
// Errors:  `refused` has commands, files and lines that cannot be read, each with its reason.
// Limits:  those of aliases_text.h.
// Not here: the form itself (directory/alias_files/aliases_text.h), which domain the names belong
//           to (take_aliases.cc, cli).
#pragma once

#include <string>
#include <vector>

#include "import/postfix/plan.h"
#include "import/postfix/table.h"

namespace postfix {

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
