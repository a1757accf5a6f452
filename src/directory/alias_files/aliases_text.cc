// See aliases_text.h.
#include "directory/alias_files/aliases_text.h"

#include <fmt/format.h>

#include "lib/base/logical_lines.h"
#include "lib/base/text.h"

namespace directory {
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

// Where the name ends: at the first colon that is in no quotes.
std::size_t name_end(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ':' && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(const ReadList& read_list) : read_list_(read_list) {}

  AliasesText run(const std::string& file, std::string_view text) {
    out_.files.push_back(file);
    for (const base::Line& line : base::logical_lines(text)) read_line(line);
    return std::move(out_);
  }

 private:
  // A part of a logical line, and the file that it is of.
  struct Part {
    const base::Line& line;
    std::size_t from;
    std::size_t file;
    int depth;
  };

  void read_line(const base::Line& line) {
    const std::size_t colon = name_end(line.text);
    TextAlias alias{.name = {}, .targets = {}, .place = {.file = 0, .line = line.number}};
    if (colon != std::string::npos) {
      alias.name = unquoted(base::trim(std::string_view(line.text).substr(0, colon)));
    }
    if (alias.name.empty()) {
      refuse({}, std::string(base::trim(line.text)), "is not of the form \"name: value\"",
             alias.place);
      return;
    }
    values(alias, {.line = line, .from = colon + 1, .file = 0, .depth = 0});
    if (!alias.targets.empty()) out_.aliases.push_back(std::move(alias));
  }

  void values(TextAlias& alias, const Part& part) {
    const std::string_view text = std::string_view(part.line.text).substr(part.from);
    for (const base::Word& word : base::words_of(text, ", \t")) {
      const TextPlace place{.file = part.file,
                            .line = part.line.number_at(part.from + word.offset)};
      const std::string value = unquoted(word.text);
      if (alias.targets.size() >= alias_values_max) {
        refuse(alias.name, value, fmt::format("there are {} targets already", alias_values_max),
               place);
        return;
      }
      if (value.starts_with('|')) {
        refuse(alias.name, value,
               "no program is run on mail here; let it read a mailbox, or use Sieve in Dovecot",
               place);
      } else if (value.starts_with('/')) {
        refuse(alias.name, value, "mail goes into mailboxes, not into files; make a mailbox for it",
               place);
      } else if (base::istarts_with(value, include)) {
        included(alias, value, place, part.depth);
      } else if (!value.empty()) {
        alias.targets.push_back(
            {.text = value.starts_with('\\') ? value.substr(1) : value, .place = place});
      }
    }
  }

  void included(TextAlias& alias, const std::string& value, const TextPlace& place, int depth) {
    if (depth >= include_depth_max || ++includes_ > includes_max) {
      refuse(alias.name, value, "lists include each other, or there are too many of them", place);
      return;
    }
    const std::string path = value.substr(include.size());
    const auto list = read_list_(path);
    if (!list) {
      refuse(alias.name, value, fmt::format("the list cannot be read: {}", list.error().detail),
             place);
      return;
    }
    out_.files.push_back(path);
    const std::size_t file = out_.files.size() - 1;
    for (const base::Line& line : base::logical_lines(*list)) {
      values(alias, {.line = line, .from = 0, .file = file, .depth = depth + 1});
    }
  }

  void refuse(std::string name, std::string value, std::string why, const TextPlace& place) {
    out_.refused.push_back({.name = std::move(name),
                            .value = std::move(value),
                            .why = std::move(why),
                            .place = place});
  }

  const ReadList& read_list_;
  std::size_t includes_ = 0;
  AliasesText out_;
};

}  // namespace

std::string AliasesText::text_of(const TextPlace& place) const {
  return fmt::format("{}:{}", place.file < files.size() ? files[place.file] : std::string("?"),
                     place.line);
}

AliasesText read_aliases_text(const std::string& file, std::string_view text,
                              const ReadList& read_list) {
  return Reader(read_list).run(file, text);
}

}  // namespace directory
