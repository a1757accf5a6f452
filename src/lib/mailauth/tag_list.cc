// See tag_list.h.
#include "lib/mailauth/tag_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace mailauth {
namespace {

using base::ErrorKind;

constexpr std::size_t shown_bytes_max = 40;
constexpr std::size_t tag_name_bytes_max = 64;  // those that exist have five at most

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

// tag-name = ALPHA *ALNUMPUNC
bool is_tag_name(std::string_view name) {
  return !name.empty() && name.size() <= tag_name_bytes_max && base::is_alpha(name.front()) &&
         std::ranges::all_of(
             name, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; });
}

// VALCHAR and folding white space; UTF-8 as RFC 8616 §3 lets it stand in values.
bool is_tag_value(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (is_line_end(c)) {
      // CRLF, or a lone LF of a message that never went over SMTP, and then white space.
      const std::size_t next = i + (value.substr(i).starts_with("\r\n") ? 2 : 1);
      if (c == '\r' && next == i + 1) return false;
      if (next < value.size() && !base::is_space(value[next])) return false;
      i = next - 1;
    } else if ((c < ' ' && c != '\t' && (c & 0x80) == 0) || c == '\x7f') {
      return false;
    }
  }
  return message::is_utf8(value);
}

}  // namespace

base::Result<TagList> TagList::parse(std::string_view text, TagLimits limits) {
  if (text.size() > limits.list_bytes_max) {
    return base::fail(ErrorKind::limit,
                      fmt::format("longer than {} octets", limits.list_bytes_max));
  }
  TagList list;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::string_view spec = text.substr(at, end - at);
    at = end + 1;
    if (base::trim(spec).empty()) {
      if (end == text.size() && !list.tags_.empty()) break;  // after the last ";"
      return base::fail(ErrorKind::invalid, "an empty tag");
    }
    const std::size_t equals = spec.find('=');
    const std::string_view name = base::trim(spec.substr(0, equals));
    if (equals == std::string_view::npos || !is_tag_name(name)) {
      return base::fail(ErrorKind::invalid,
                        fmt::format("\"{}\" is no tag", base::printable(name, shown_bytes_max)));
    }
    const std::string_view raw = spec.substr(equals + 1);
    if (!is_tag_value(raw)) {
      return base::fail(ErrorKind::invalid, fmt::format("the value of {}= is malformed", name));
    }
    if (list.has(name)) {  // "Tags with duplicate names MUST NOT occur"
      return base::fail(ErrorKind::invalid, fmt::format("{}= twice", name));
    }
    if (list.tags_.size() >= limits.tags_max) {
      return base::fail(ErrorKind::limit, fmt::format("more than {} tags", limits.tags_max));
    }
    list.tags_.push_back({.name = name, .value = base::trim(raw), .raw = raw});
  }
  return list;
}

const Tag* TagList::find(std::string_view name) const {
  const auto found = std::ranges::find_if(tags_, [&](const Tag& tag) { return tag.name == name; });
  return found == tags_.end() ? nullptr : &*found;
}

std::optional<std::string_view> TagList::value(std::string_view name) const {
  const Tag* const tag = find(name);
  return tag == nullptr ? std::nullopt : std::optional(tag->value);
}

std::string without_fws(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!base::is_space(c) && !is_line_end(c)) out += c;
  }
  return out;
}

std::optional<std::string> unbase64_folded(std::string_view text) {
  std::string packed = without_fws(text);
  constexpr std::size_t quartet = 4;
  while (!packed.empty() && packed.size() % quartet != 0 && !packed.ends_with("==")) packed += '=';
  auto octets = base::unbase64(packed);
  if (octets && octets->empty()) return std::nullopt;
  return octets;
}

std::vector<std::string_view> split_folded(std::string_view text, char separator) {
  std::vector<std::string_view> parts = base::split(text, separator);
  for (std::string_view& part : parts) part = base::trim(part);
  return parts;
}

bool lists(std::string_view text, std::string_view wanted) {
  return std::ranges::any_of(split_folded(text, ':'),
                             [&](std::string_view part) { return part == wanted; });
}

}  // namespace mailauth
