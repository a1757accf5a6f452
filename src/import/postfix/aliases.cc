// See aliases.h.
#include "import/postfix/aliases.h"

#include "directory/alias_files/aliases_text.h"
#include "lib/base/text.h"

namespace postfix {

AliasesFile read_aliases(const Sources::Text& source, const Sources& sources) {
  directory::AliasesText read = directory::read_aliases_text(
      source.file, source.text, [&sources](const std::string& path) -> base::Result<std::string> {
        auto list = sources.read(path);
        if (!list) return std::unexpected(std::move(list.error()));
        return std::move(list->text);
      });
  const auto place_of = [&read](const directory::TextPlace& place) {
    return Place{.file = read.files.at(place.file), .line = place.line};
  };
  AliasesFile out;
  for (directory::TextAlias& one : read.aliases) {
    LocalAlias& alias = out.aliases.emplace_back();
    alias.name = base::lower(one.name);
    alias.place = place_of(one.place);
    for (directory::TextTarget& target : one.targets) {
      alias.targets.push_back(std::move(target.text));
    }
  }
  for (directory::TextRefusal& one : read.refused) {
    out.refused.push_back({.name = base::lower(one.name),
                           .value = std::move(one.value),
                           .why = std::move(one.why),
                           .place = place_of(one.place)});
  }
  return out;
}

}  // namespace postfix
