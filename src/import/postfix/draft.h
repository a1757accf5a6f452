// import/postfix/draft.h: stagepost.toml while it is being written.
//
// What:    takes settings one by one, checks each by the table of settings, writes the file.
// In/Out:  path and value → text that config::load accepts, each setting with where it came from.
// Errors:  set() and add() say what is wrong with a value, in the words of `stagepost check`.
// Limits:  those of the settings; half of config::file_bytes_max for all [[…]] together.
// Not here: what is set to what (take_*.cc).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/table.h"
#include "config/tree.h"
#include "lib/base/result.h"

namespace postfix {

[[nodiscard]] config::Value text_value(std::string_view text);
[[nodiscard]] config::Value number_value(std::uint64_t number);
[[nodiscard]] config::Value flag_value(bool flag);
[[nodiscard]] config::Value list_value(const std::vector<std::string>& texts);
// As it stands in the file.
[[nodiscard]] std::string written(const config::Value& value);

using Element = std::vector<std::pair<std::string, config::Value>>;

class Draft {
 public:
  Draft() : sections_(config::sections()) {}

  // Would set() take it?
  [[nodiscard]] base::Result<> check(std::string_view path, const config::Value& value) const;
  // "queue.expire_after"; a later one takes the place of an earlier one.
  [[nodiscard]] base::Result<> set(std::string_view path, const config::Value& value,
                                   std::string_view comment);
  // One more [[name]]; `exists` when there is one for the same address, zone or domain.
  [[nodiscard]] base::Result<> add(std::string_view name, const Element& element,
                                   std::string_view comment);
  [[nodiscard]] bool is_default(std::string_view path, const config::Value& value) const;
  [[nodiscard]] bool has(std::string_view path) const { return lines_.contains(path); }
  [[nodiscard]] bool has_section(std::string_view name) const { return elements_.contains(name); }

  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] const config::Section* section_of(std::string_view name) const;

  std::vector<config::Section> sections_;
  std::map<std::string, std::string, std::less<>> lines_;  // path → "key = value" and its comment
  std::map<std::string, std::string, std::less<>> elements_;  // section → all of its [[…]]
  std::size_t elements_bytes_ = 0;
  std::set<std::string> unique_;  // "listener 0.0.0.0:25", "list zen.example", "route *"
};

}  // namespace postfix
