// See draft.h.
#include "import/postfix/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace postfix {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using config::Setting;
using config::Value;

constexpr std::size_t comment_bytes_max = 200;
constexpr std::size_t elements_bytes_max = config::file_bytes_max / 2;

const Setting* setting_of(const config::Section& section, std::string_view key) {
  const auto found = std::ranges::find(section.settings, key, &Setting::key);
  return found == section.settings.end() ? nullptr : &*found;
}

// TOML is UTF-8; the codecs look at the rest.
bool is_writable(const Value& value) {
  return message::is_utf8(value.text) && std::ranges::all_of(value.list, is_writable);
}

Result<> try_it(const Setting& setting, config::Config& scratch, const Value& value) {
  if (!is_writable(value)) return fail(ErrorKind::invalid, "is not UTF-8; write it anew");
  return setting.set(scratch, value);
}

// What there may be but one of: listener and milter have an address, a list its zone and what it
// lists, a route its domain and its senders.
std::string identity(std::string_view section, const Element& element) {
  std::string out(section);
  for (const auto& [key, value] : element) {
    if (key == "address" || key == "zone" || key == "of" || key == "domain") {
      out += " " + value.text;
    } else if (key == "senders") {
      out += " of " + written(value);
    }
  }
  return out;
}

std::string comment_line(std::string_view comment) {
  if (comment.empty()) return {};
  return fmt::format("# {}\n", base::printable(comment, comment_bytes_max));
}

std::pair<std::string_view, std::string_view> halves(std::string_view path) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

Value text_value(std::string_view text) {
  Value out;
  out.kind = Value::Kind::text;
  out.text = text;
  return out;
}

Value number_value(std::uint64_t number) {
  Value out;
  out.kind = Value::Kind::integer;
  out.integer = static_cast<std::int64_t>(
      std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max()));
  return out;
}

Value flag_value(bool flag) {
  Value out;
  out.kind = Value::Kind::boolean;
  out.boolean = flag;
  return out;
}

Value list_value(const std::vector<std::string>& texts) {
  Value out;
  out.kind = Value::Kind::list;
  for (const std::string& text : texts) out.list.push_back(text_value(text));
  return out;
}

std::string written(const Value& value) {
  switch (value.kind) {
    case Value::Kind::integer: return fmt::to_string(value.integer);
    case Value::Kind::boolean: return value.boolean ? "true" : "false";
    case Value::Kind::list: {
      std::string out;
      for (const Value& one : value.list) out += (out.empty() ? "" : ", ") + written(one);
      return fmt::format("[{}]", out);
    }
    default: return config::in_quotes(value.text);
  }
}

const config::Section* Draft::section_of(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &config::Section::name);
  return found == sections_.end() ? nullptr : &*found;
}

Result<> Draft::check(std::string_view path, const Value& value) const {
  const auto [name, key] = halves(path);
  const config::Section* section = section_of(name);
  const Setting* setting = section == nullptr ? nullptr : setting_of(*section, key);
  if (setting == nullptr) return fail(ErrorKind::unsupported, "there is no such setting");
  config::Config scratch;
  return try_it(*setting, scratch, value);
}

Result<> Draft::set(std::string_view path, const Value& value, std::string_view comment) {
  if (auto good = check(path, value); !good) return good;
  lines_[std::string(path)] =
      fmt::format("{}{} = {}\n", comment_line(comment), halves(path).second, written(value));
  return {};
}

Result<> Draft::add(std::string_view name, const Element& element, std::string_view comment) {
  const config::Section* section = section_of(name);
  if (section == nullptr || !section->repeated()) {
    return fail(ErrorKind::unsupported, "there is no such section");
  }
  config::Config scratch;
  section->begin(scratch);
  std::string text = fmt::format("{}[[{}]]\n", comment_line(comment), name);
  for (const auto& [key, value] : element) {
    const Setting* setting = setting_of(*section, key);
    if (setting == nullptr) return fail(ErrorKind::unsupported, "there is no such setting");
    if (auto good = try_it(*setting, scratch, value); !good) return good;
    text += fmt::format("{} = {}\n", key, written(value));
  }
  if (elements_bytes_ + text.size() > elements_bytes_max) {
    return fail(ErrorKind::limit, "the configuration would become too large");
  }
  if (!unique_.insert(identity(name, element)).second) {
    return fail(ErrorKind::exists, "there is one of it already, which counts");
  }
  elements_bytes_ += text.size();
  elements_[std::string(name)] += text + "\n";
  return {};
}

bool Draft::is_default(std::string_view path, const Value& value) const {
  const auto [name, key] = halves(path);
  const config::Section* section = section_of(name);
  const Setting* setting = section == nullptr ? nullptr : setting_of(*section, key);
  return setting != nullptr && setting->default_text == written(value);
}

std::string Draft::text() const {
  std::string out =
      "# Written by `stagepost import postfix`; all settings are described in docs/settings.md.\n"
      "# After a change: `stagepost reload`, which says what is wrong and what needs a "
      "restart.\n\n";
  for (const config::Section& section : sections_) {
    if (section.repeated()) {
      const auto found = elements_.find(section.name);
      if (found != elements_.end()) out += found->second;
      continue;
    }
    std::string lines;
    for (const Setting& one : section.settings) {
      const std::string path = section.name.empty() ? one.key : section.name + "." + one.key;
      const auto found = lines_.find(path);
      if (found != lines_.end()) lines += found->second;
    }
    if (lines.empty()) continue;
    if (!section.name.empty()) out += fmt::format("[{}]\n", section.name);
    out += lines + "\n";
  }
  return out;
}

}  // namespace postfix
