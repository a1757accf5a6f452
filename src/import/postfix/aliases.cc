// See aliases.h.
#include "import/postfix/aliases.h"

#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/lines.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr std::string_view include = ":include:";

// A value without its quotes: "|/bin/cmd arg" or "jane doe"@example.org stay readable.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const Sources& sources) : sources_(sources) {}

  AliasesFile run(const Sources::Text& source) {
    for (const Line& line : logical_lines(source.text)) {
      read_line(line, {.file = source.file, .line = line.number});
    }
    return std::move(out_);
  }

 private:
  void read_line(const Line& line, const Place& place) {
    const std::size_t colon = line.text.find(
        ':', line.text.starts_with('"') ? line.text.find('"', 1) : std::string::npos);
    const std::size_t at = colon == std::string::npos ? line.text.find(':') : colon;
    LocalAlias alias{.name = {}, .targets = {}, .place = place};
    alias.name = base::lower(unquoted(base::trim(line.text.substr(0, at))));
    if (at == std::string::npos || alias.name.empty()) {
      refuse(alias, std::string(base::trim(line.text)), "is not of the form \"name: value\"");
      return;
    }
    values(alias, std::string_view(line.text).substr(at + 1), 0);
    if (!alias.targets.empty()) out_.aliases.push_back(std::move(alias));
  }

  void values(LocalAlias& alias, std::string_view text, int depth) {
    for (const Word& word : words_of(text, ", \t")) {
      const std::string value = unquoted(word.text);
      if (alias.targets.size() >= alias_values_max) {
        refuse(alias, value, fmt::format("there are {} targets already", alias_values_max));
        return;
      }
      if (value.starts_with('|')) {
        refuse(alias, value,
               "no program is run on mail here; let it read a mailbox, or use Sieve in Dovecot");
      } else if (value.starts_with('/')) {
        refuse(alias, value, "mail goes into mailboxes, not into files; make a mailbox for it");
      } else if (base::istarts_with(value, include)) {
        included(alias, value, depth);
      } else if (!value.empty()) {
        alias.targets.push_back(value.starts_with('\\') ? value.substr(1) : value);
      }
    }
  }

  void included(LocalAlias& alias, const std::string& value, int depth) {
    if (depth >= include_depth_max || ++includes_ > includes_max) {
      refuse(alias, value, "lists include each other, or there are too many of them");
      return;
    }
    const auto list = sources_.read(value.substr(include.size()));
    if (!list) {
      refuse(alias, value, fmt::format("the list cannot be read: {}", list.error().detail));
    } else {
      for (const Line& line : logical_lines(list->text)) values(alias, line.text, depth + 1);
    }
  }

  void refuse(const LocalAlias& alias, std::string value, std::string why) {
    out_.refused.push_back({.name = alias.name,
                            .value = std::move(value),
                            .why = std::move(why),
                            .place = alias.place});
  }

  const Sources& sources_;
  std::size_t includes_ = 0;
  AliasesFile out_;
};

}  // namespace

AliasesFile read_aliases(const Sources::Text& source, const Sources& sources) {
  return Reader(sources).run(source);
}

}  // namespace postfix
