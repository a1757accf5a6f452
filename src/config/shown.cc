// See shown.h.
#include "config/shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/table.h"

namespace config {
namespace {

// What a file that sets nothing makes of them, with this home; "": the usual state folder.
Config unset(const std::vector<Section>& all, const std::string& home, std::string state_folder) {
  Config out;
  out.server.state_folder = std::move(state_folder);
  for (const Section& section : all) {
    if (section.repeated()) continue;
    for (const Setting& one : section.settings) {
      if (one.finish) one.finish(out, home);
    }
  }
  return out;
}

class Shower {
 public:
  explicit Shower(const Config& config)
      : config_(config),
        sections_(sections()),
        unset_(unset(sections_, config.server.home, {})),
        // Another state folder alone changes no path below it.
        unset_here_(unset(sections_, config.server.home, config.server.state_folder)) {}

  std::vector<ShownSetting> all() {
    for (const Section& section : sections_) {
      if (section.repeated()) {
        show_elements(section);
        continue;
      }
      for (const Setting& one : section.settings) {
        const std::string value = one.show(config_);
        const bool below_state = one.default_text.starts_with("\"STATE/");
        add(section.name, one, value, value != one.show(below_state ? unset_here_ : unset_));
      }
    }
    return std::move(out_);
  }

 private:
  // A setting of a [[section]] works on the last element, so each is made the last: from the end
  // on, because one copy of a configuration with hundreds of elements is enough.
  void show_elements(const Section& section) {
    Config upto = config_;
    std::vector<std::vector<std::string>> values(section.size(config_));
    for (std::size_t i = values.size(); i > 0; --i) {
      section.keep(upto, i);
      for (const Setting& one : section.settings) values[i - 1].push_back(one.show(upto));
    }
    std::vector<std::string> usual;
    usual.reserve(section.settings.size());
    for (const Setting& one : section.settings) usual.push_back(one.show(defaults()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string name = fmt::format("{}[{}]", section.name, i + 1);
      for (std::size_t key = 0; key < section.settings.size(); ++key) {
        const std::string& value = values[i][key];
        add(name, section.settings[key], value, value != usual[key]);
      }
    }
  }

  void add(const std::string& section, const Setting& one, const std::string& value, bool changed) {
    const bool secret = is_secret(one.key);
    out_.push_back({.name = section.empty() ? one.key : section + "." + one.key,
                    .section = section,
                    .kind = one.kind,
                    .value = secret ? std::string() : without_logins(value),
                    .default_text = one.default_text,
                    .text = one.text,
                    .changed = changed,
                    .secret = secret});
  }

  const Config& config_;
  const std::vector<Section> sections_;
  const Config unset_;
  const Config unset_here_;
  std::vector<ShownSetting> out_;
};

}  // namespace

std::string_view unit_of(std::string_view kind) {
  if (kind.starts_with("size")) return "octets";
  if (kind.starts_with("duration")) return "time";
  return {};
}

bool is_secret(std::string_view key) {
  if (key == "headers") return true;  // of [otel]: "Authorization: Bearer …"
  constexpr std::array<std::string_view, 4> words = {"password", "secret", "token", "passphrase"};
  return std::ranges::any_of(words, [key](std::string_view word) {
    return key == word || (key.ends_with(word) && key[key.size() - word.size() - 1] == '_');
  });
}

std::string without_logins(std::string text) {
  constexpr std::string_view scheme_end = "://";
  for (std::size_t at = 0; (at = text.find(scheme_end, at)) != std::string::npos;) {
    at += scheme_end.size();
    const std::size_t end = text.find_first_of("/?#\" ,]", at);
    const std::size_t sign = text.rfind('@', end == std::string::npos ? end : end - 1);
    if (sign == std::string::npos || sign < at) continue;
    text.replace(at, sign - at, "…");
  }
  return text;
}

std::vector<ShownSetting> shown_settings(const Config& config) { return Shower(config).all(); }

}  // namespace config
