// See table.h.
#include "import/postfix/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include "import/postfix/lines.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr auto indexed_types =
    std::to_array<std::string_view>({"hash", "btree", "dbm", "lmdb", "cdb", "sdbm", "texthash"});
constexpr auto database_types =
    std::to_array<std::string_view>({"mysql", "pgsql", "ldap", "sqlite", "mongodb", "memcache",
                                     "nis", "nisplus", "tcp", "socketmap"});

constexpr std::size_t alternatives_max = 1'000;  // of one pattern

bool is_one_of(std::string_view type, std::span<const std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

// "key  value"; the value may be empty. A key may be quoted.
Entry entry_of(const Line& line, const std::string& file) {
  const std::string_view text = base::trim(line.text);
  std::size_t end = text.find_first_of(" \t");
  std::string_view key = text.substr(0, end);
  if (text.starts_with('"')) {
    const std::size_t quote = text.find('"', 1);
    if (quote != std::string_view::npos) {
      key = text.substr(1, quote - 1);
      end = quote + 1;
    }
  }
  const std::string_view value = end == std::string_view::npos ? "" : text.substr(end);
  return {.key = std::string(key),
          .value = std::string(base::trim(value)),
          .place = {.file = file, .line = line.number}};
}

void read_indexed(const Sources::Text& source, Table& table) {
  for (const Line& line : logical_lines(source.text)) {
    if (table.entries.size() >= entries_max) {
      table.problem = fmt::format("has more than {} entries", entries_max);
      return;
    }
    table.entries.push_back(entry_of(line, source.file));
  }
}

// "/pattern/flags value": the index of the / that ends the pattern.
std::size_t pattern_end(std::string_view line) {
  const char delimiter = line.front();
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == delimiter) {
      return i;
    }
  }
  return std::string_view::npos;
}

// Does a value use what the pattern has in parentheses?
bool has_reference(std::string_view value) {
  for (std::size_t i = 0; i + 1 < value.size(); ++i) {
    if (value[i] != '$') continue;
    if (value[i + 1] == '$') {
      ++i;
    } else {
      return true;
    }
  }
  return false;
}

// "$1@new.example" of /^(.*)@old\.example$/ is Postfix's "@new.example" of "@old.example".
std::optional<std::string> value_of(std::string_view key, std::string_view value) {
  if (!has_reference(value)) return std::string(value);
  for (const std::string_view reference : {"$1", "${1}", "$(1)"}) {
    if (!value.starts_with(reference) || !key.starts_with('@')) continue;
    const std::string_view rest = value.substr(reference.size());
    if (rest.starts_with('@') && !has_reference(rest) && rest.find(' ') == std::string_view::npos) {
      return std::string(rest);
    }
  }
  return std::nullopt;
}

// "/^(info|sales)@x\\.example$/" stands for two addresses, whose name is $1 in the value: as many
// patterns, each with its value. A pattern without such a group stands for itself.
std::vector<std::pair<std::string, std::string>> alternatives_of(std::string_view pattern,
                                                                 std::string_view value) {
  constexpr std::string_view special = "^$*+?[]{}.\\(";
  const std::size_t open = pattern.find('(');
  const std::size_t close = pattern.find(')', open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return {{std::string(pattern), std::string(value)}};
  }
  const std::string_view group = pattern.substr(open + 1, close - open - 1);
  // "(.*)" and its kin are for read_pattern().
  if (group.empty() || group.find_first_of(special) != std::string_view::npos ||
      (open > 0 && pattern[open - 1] == '\\')) {
    return {{std::string(pattern), std::string(value)}};
  }
  std::vector<std::pair<std::string, std::string>> out;
  const auto words = base::split(group, '|');
  if (words.size() > alternatives_max) return {{std::string(pattern), std::string(value)}};
  for (const std::string_view word : words) {
    std::string meant(value);
    for (const std::string_view reference : {"${1}", "$(1)", "$1"}) {
      for (std::size_t at = meant.find(reference); at != std::string::npos;
           at = meant.find(reference, at + word.size())) {
        meant.replace(at, reference.size(), word);
      }
    }
    out.emplace_back(
        fmt::format("{}{}{}", pattern.substr(0, open), word, pattern.substr(close + 1)), meant);
  }
  return out;
}

void read_pattern_line(const Line& line, const std::string& file, Table& table) {
  const Place place{.file = file, .line = line.number};
  const std::string_view text = base::trim(line.text);
  const auto leave = [&](std::string_view why) {
    table.unread.push_back({.text = std::string(text), .why = std::string(why), .place = place});
  };
  if (text.starts_with("if ") || text.starts_with("endif") || text.starts_with('!')) {
    leave("a condition over other lines");
    return;
  }
  const std::size_t end = pattern_end(text);
  if (end == std::string_view::npos) {
    leave("its pattern has no end");
    return;
  }
  const std::size_t blank = std::min(text.find_first_of(" \t", end), text.size());
  const std::string_view value = base::trim(text.substr(blank));
  std::vector<Entry> entries;
  for (const auto& [pattern, its_value] : alternatives_of(text.substr(1, end - 1), value)) {
    const auto key = read_pattern(pattern);
    const auto meant = key ? value_of(*key, its_value) : std::nullopt;
    if (!meant) {
      leave("its pattern is more than some addresses or all of a domain");
      return;
    }
    entries.push_back({.key = *key, .value = *meant, .place = place});
  }
  std::ranges::move(entries, std::back_inserter(table.entries));
}

// "{ {key = value}, {key = value} }"
void read_inline(std::string_view text, Table& table) {
  for (const std::string& item : list_of(without_braces(text))) {
    const std::string_view pair = without_braces(item);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    table.entries.push_back({.key = std::string(base::trim(pair.substr(0, equals))),
                             .value = std::string(base::trim(pair.substr(equals + 1))),
                             .place = {}});
  }
}

void read_file_table(std::string_view type, const std::string& name, const Sources& sources,
                     Table& table) {
  const auto source = sources.read(name);
  if (!source) {
    table.problem =
        fmt::format("its text cannot be read ({}); copy it there, or write it with `postmap -s {}`",
                    source.error().detail, table.name);
  } else if (type == "regexp" || type == "pcre") {
    table.has_patterns = true;
    for (const Line& line : logical_lines(source->text)) {
      read_pattern_line(line, source->file, table);
    }
  } else {
    read_indexed(*source, table);
  }
}

// The literal text of a pattern without its anchors; nothing when a character means more.
std::optional<std::string> unescape(std::string_view pattern) {
  constexpr std::string_view special = "^$*+?()[]{}|.\\";
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size() && !base::is_alpha(pattern[i + 1]) &&
        !base::is_digit(pattern[i + 1])) {
      out += pattern[++i];
    } else if (special.find(pattern[i]) != std::string_view::npos) {
      return std::nullopt;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

}  // namespace

const Entry* Table::find(std::string_view key) const {
  const auto found = std::ranges::find_if(
      entries, [&](const Entry& entry) { return base::iequals(entry.key, key); });
  return found == entries.end() ? nullptr : &*found;
}

std::optional<std::string> read_pattern(std::string_view pattern) {
  if (!pattern.ends_with('$') || pattern.ends_with("\\$")) return std::nullopt;
  pattern.remove_suffix(1);
  constexpr auto any_local = std::to_array<std::string_view>(
      {"^(.*)@", "^(.+)@", "^.*@", "^.+@", "^([^@]*)@", "^([^@]+)@"});
  for (const std::string_view any : any_local) {
    if (!pattern.starts_with(any)) continue;
    const auto domain = unescape(pattern.substr(any.size()));
    if (!domain || domain->empty()) return std::nullopt;
    return "@" + *domain;
  }
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  auto text = unescape(pattern);
  if (!text || text->empty()) return std::nullopt;
  // Without ^ anything may stand in front: right for what begins with @, and for subdomains.
  if (!anchored && !text->starts_with('@') && !text->starts_with('.')) return std::nullopt;
  return text;
}

bool is_table(std::string_view item) {
  if (item.starts_with('/')) return true;
  const std::size_t colon = item.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view type = item.substr(0, colon);
  return std::ranges::all_of(type, [](char c) { return base::is_alpha(c) || c == '_'; });
}

Table read_table(std::string_view written, const Sources& sources) {
  Table table;
  table.name = written;
  if (written.starts_with("proxy:")) written.remove_prefix(6);
  const std::size_t colon = written.find(':');
  const std::string_view type = written.substr(0, colon);
  const std::string name(colon == std::string_view::npos ? "" : written.substr(colon + 1));
  if (type == "static") {
    table.any_key = true;
    table.entries.push_back({.key = {}, .value = std::string(without_braces(name)), .place = {}});
  } else if (type == "inline") {
    read_inline(name, table);
  } else if (is_one_of(type, indexed_types) || type == "cidr" || type == "regexp" ||
             type == "pcre") {
    read_file_table(type, name, sources, table);
  } else if (is_one_of(type, database_types)) {
    table.problem = fmt::format(
        "is asked of a database ({}), which is not read; write what it holds to a file of lines "
        "\"key value\" and name that as hash:FILE",
        type);
  } else if (type == "unionmap" || type == "pipemap" || type == "randmap") {
    table.problem = fmt::format("{} joins tables, which has no equal here", type);
  } else {
    table.problem = fmt::format("tables of type \"{}\" cannot be read", base::printable(type, 40));
  }
  return table;
}

std::vector<Table> read_tables(std::string_view list, const Sources& sources) {
  std::vector<Table> out;
  for (const std::string& item : list_of(list)) {
    if (is_table(item) && !item.starts_with('/')) out.push_back(read_table(item, sources));
  }
  return out;
}

}  // namespace postfix
