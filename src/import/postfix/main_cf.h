// import/postfix/main_cf.h: main.cf: parameters, their defaults, $name in their values.
//
// What:    reads `name = value`, the last of each name counting; expands $name, ${name},
//          ${name?text}, ${name:text}, ${name?{a}:{b}} and ${{a} == {b} ? {c} : {d}}.
// In/Out:  text of the file → MainCf; name → value as Postfix would have it.
// Errors:  lines that are no parameter are kept in broken().
// Limits:  expansion_depth_max, expansion_steps_max, value_bytes_max: beyond them a value ends.
// Not here: what parameters mean (take_*.cc, words.h).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postfix {

inline constexpr int expansion_depth_max = 20;
inline constexpr std::size_t expansion_steps_max = 10'000;  // of names in names
inline constexpr std::size_t value_bytes_max = 1UL << 20U;

struct Parameter {
  std::string name;
  std::string raw;  // as written
  int line = 0;
};

class MainCf {
 public:
  [[nodiscard]] static MainCf read(std::string_view text);

  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  // Earlier settings of a name that is set again, with the line that counts.
  [[nodiscard]] const std::vector<std::pair<Parameter, int>>& overridden() const {
    return overridden_;
  }
  [[nodiscard]] const std::vector<Parameter>& broken() const { return broken_; }

  [[nodiscard]] const Parameter* find(std::string_view name) const;
  // Expanded; the default of Postfix when it is not set, empty when there is none.
  [[nodiscard]] std::string value(std::string_view name) const;
  [[nodiscard]] std::string expand(std::string_view raw) const;
  // As written, or the default, $names and all.
  [[nodiscard]] std::string_view raw(std::string_view name) const;
  // A value that Postfix takes from the system: myhostname.
  void set_default(const std::string& name, std::string value);

  // Is `$name` in the value of a parameter?
  [[nodiscard]] bool is_used(std::string_view name) const;

 private:
  std::vector<Parameter> parameters_;
  std::vector<std::pair<Parameter, int>> overridden_;
  std::vector<Parameter> broken_;
  std::map<std::string, std::string, std::less<>> defaults_;
};

// "y", "yes", "true" as Postfix reads them.
[[nodiscard]] bool is_yes(std::string_view value);

}  // namespace postfix
