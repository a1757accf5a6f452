// See config.h: reading the file.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/check.h"
#include "config/config.h"
#include "config/format.h"
#include "config/suggest.h"
#include "config/table.h"
#include "config/tree.h"
#include "lib/base/format_version.h"
#include "lib/base/text.h"

namespace config {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

std::string shown_key(std::string_view key) { return base::printable(key, 100); }

class Loader {
 public:
  Loader() : sections_(sections()) {
    for (const Section& section : sections_) {
      for (const Setting& one : section.settings) paths_.push_back(path_of(section, one.key));
      if (!section.name.empty()) names_.push_back(section.name);
    }
  }

  void read(const Value& root) {
    // In the order of the table, not of the file: relay_host comes after every [[route]].
    for (const Section& section : sections_) read_section(section, root);
    for (const Entry& entry : root.entries) {
      if (!is_known_at_top(entry)) unknown_at_top(entry);
    }
  }

  Config finish(const std::string& home) {
    for (const Section& section : sections_) {
      for (const Setting& one : section.settings) {
        if (one.finish) one.finish(config_, home);
      }
    }
    for (auto& listener : config_.session.listeners) {
      if (listener.name.empty()) listener.name = listener.place();
    }
    for (Problem& one : check(config_, lines_)) problems_.push_back(std::move(one));
    return std::move(config_);
  }

  std::vector<Problem>& problems() { return problems_; }

 private:
  void read_section(const Section& section, const Value& root) {
    if (section.name.empty()) {
      read_settings(section, root, {});
      return;
    }
    for (const Entry& entry : root.entries) {
      if (entry.key != section.name) continue;
      lines_.emplace(section.name, entry.line);
      if (!section.repeated()) {
        if (entry.value.kind == Value::Kind::table) {
          read_settings(section, entry.value, section.name);
        } else {
          problem(entry.line, section.name,
                  fmt::format("is not a section; write [{0}] on a line of its own, once",
                              section.name));
        }
      } else if (entry.value.kind == Value::Kind::list) {
        read_elements(section, entry.value);
      } else {
        problem(entry.line, section.name,
                fmt::format("there may be several of these; write [[{0}]] with two brackets",
                            section.name));
      }
    }
  }

  void read_elements(const Section& section, const Value& list) {
    for (std::size_t i = 0; i < list.list.size(); ++i) {
      const Value& element = list.list[i];
      const std::string name = fmt::format("{}[{}]", section.name, i + 1);
      lines_.emplace(name, element.line);
      if (element.kind != Value::Kind::table) {
        problem(element.line, name, fmt::format("is not a section; write [[{}]]", section.name));
        continue;
      }
      section.begin(config_);
      read_settings(section, element, name);
    }
  }

  // `prefix`: what the section is called in messages, "listener[2]".
  void read_settings(const Section& section, const Value& table, const std::string& prefix) {
    for (const Entry& entry : table.entries) {
      const std::string path = prefix.empty() ? entry.key : prefix + "." + shown_key(entry.key);
      const auto one = std::ranges::find(section.settings, entry.key, &Setting::key);
      if (one == section.settings.end()) {
        if (!prefix.empty()) unknown(entry.line, path, path_of(section, entry.key));
        continue;
      }
      lines_.emplace(path, entry.line);
      auto set = one->set(config_, entry.value);
      if (!set) problem(entry.line, path, set.error().detail);
    }
  }

  [[nodiscard]] bool is_known_at_top(const Entry& entry) const {
    return std::ranges::find(names_, entry.key) != names_.end() ||
           std::ranges::find(paths_, entry.key) != paths_.end();
  }

  void unknown_at_top(const Entry& entry) {
    const bool section = entry.value.kind == Value::Kind::table ||
                         (entry.value.kind == Value::Kind::list && !entry.value.list.empty() &&
                          entry.value.list.front().kind == Value::Kind::table);
    if (!section) {
      unknown(entry.line, shown_key(entry.key), entry.key);
      return;
    }
    const std::string meant = nearest(entry.key, names_);
    problem(entry.line, shown_key(entry.key),
            meant.empty() ? "there is no such section; remove it, or see docs/settings.md"
                          : fmt::format("there is no such section; did you mean [{}]?", meant));
  }

  void unknown(int line, const std::string& path, std::string_view table_path) {
    const std::string meant = nearest(table_path, paths_);
    problem(line, path,
            meant.empty() ? "there is no such setting; remove it, or see docs/settings.md"
                          : fmt::format("there is no such setting; did you mean {}?", meant));
  }

  void problem(int line, std::string key, std::string words) {
    problems_.push_back({.line = line, .key = std::move(key), .words = std::move(words)});
  }

  std::vector<Section> sections_;
  std::vector<std::string> paths_;  // "queue.retry_after"
  std::vector<std::string> names_;  // of sections
  Config config_;
  Lines lines_;
  std::vector<Problem> problems_;
};

// One line per problem, in the order of the file; those without a line (something is missing) last.
std::string report(std::vector<Problem>& problems, std::string_view file_name) {
  std::ranges::sort(problems, [](const Problem& a, const Problem& b) {
    return std::tuple(a.line == 0, a.line, a.key) < std::tuple(b.line == 0, b.line, b.key);
  });
  std::string out;
  for (std::size_t i = 0; i < problems.size() && i < errors_max; ++i) {
    const Problem& one = problems[i];
    if (!out.empty()) out += '\n';
    out += file_name;
    if (one.line > 0) out += fmt::format(":{}", one.line);
    out += ": ";
    if (!one.key.empty()) out += one.key + ": ";
    out += one.words;
  }
  if (problems.size() > errors_max) {
    out += fmt::format("\n{}: and {} more", file_name, problems.size() - errors_max);
  }
  return out;
}

// Before anything else is complained about: in a newer format it may be right.
Result<> check_format(const Value& root, std::string_view file_name) {
  const auto format = std::ranges::find(root.entries, "format", &Entry::key);
  if (format == root.entries.end() || format->value.kind != Value::Kind::integer ||
      format->value.integer <= format_version) {
    return {};
  }
  return base::newer_format(fmt::format("{}:{}: the configuration", file_name, format->line),
                            format->value.integer, format_version);
}

}  // namespace

Result<Config> load(std::string_view text, std::string_view file_name, std::string_view home) {
  if (text.size() > file_bytes_max) {
    return fail(ErrorKind::limit, fmt::format("{}: is larger than {} octets; is it the right file?",
                                              file_name, file_bytes_max));
  }
  const auto root = parse(text);
  if (!root) {
    return fail(ErrorKind::invalid,
                fmt::format("{}:{}: this is not TOML: {} (column {})", file_name, root.error().line,
                            root.error().words, root.error().column));
  }
  if (auto known = check_format(*root, file_name); !known) return std::unexpected(known.error());
  Loader loader;
  loader.read(*root);
  Config config = loader.finish(std::string(home));
  if (!loader.problems().empty()) {
    return fail(ErrorKind::invalid, report(loader.problems(), file_name));
  }
  return config;
}

}  // namespace config
