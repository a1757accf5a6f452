// See utf8_address.h.
#include "lib/smtp/utf8_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "lib/message/utf8.h"

namespace smtp {
namespace {

constexpr char32_t code_point_max = 0x10ffff;

bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// RFC 6533 §3 QCHAR: printable, and none of space, "+", "=" and "\".
bool is_qchar(char c) { return c > ' ' && c <= '~' && c != '+' && c != '=' && c != '\\'; }

// The code point of the UTF-8 sequence that `text` begins with, and takes it off. It is valid.
char32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  constexpr std::array<unsigned, 5> mask = {0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t point = first & mask[count];
  for (std::size_t i = 1; i < count; ++i) {
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(count);
  return point;
}

void append_utf8(std::string& out, char32_t point) {
  const auto add = [&out](char32_t octet) { out += static_cast<char>(octet); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0U | (point >> 6U));
  } else if (point < 0x10000) {
    add(0xe0U | (point >> 12U));
    add(0x80U | ((point >> 6U) & 0x3fU));
  } else {
    add(0xf0U | (point >> 18U));
    add(0x80U | ((point >> 12U) & 0x3fU));
    add(0x80U | ((point >> 6U) & 0x3fU));
  }
  add(0x80U | (point & 0x3fU));
}

// RFC 6533 §3 HEXPOINT: what must be written so, without zeros in front. Controls are no part of
// an address.
std::optional<char32_t> hex_point(std::string_view digits) {
  if (digits.size() < 2 || digits.size() > 6 || digits.front() == '0') return std::nullopt;
  std::uint32_t point = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  const bool ascii_needs_it = point == ' ' || point == '+' || point == '=' || point == '\\';
  if (point < 0x80 && !ascii_needs_it) return std::nullopt;
  if (point > code_point_max || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
  return point;
}

}  // namespace

std::string utf8_address(std::string_view text, Utf8Form form) {
  std::string out;
  while (!text.empty()) {
    const bool as_it_is = is_qchar(text[0]) || (is_high(text[0]) && form == Utf8Form::unitext);
    if (as_it_is) {
      out += text[0];
      text.remove_prefix(1);
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{{{:02X}}}",
                     static_cast<std::uint32_t>(take_code_point(text)));
    }
  }
  return out;
}

std::optional<std::string> parse_utf8_address(std::string_view text, Utf8Form form) {
  if (form == Utf8Form::xtext ? !message::is_ascii(text) : !message::is_utf8(text)) {
    return std::nullopt;
  }
  std::string out;
  while (!text.empty()) {
    if (is_qchar(text[0]) || is_high(text[0])) {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (!text.starts_with("\\x{") || end == std::string_view::npos) return std::nullopt;
    const auto point = hex_point(text.substr(3, end - 3));
    if (!point) return std::nullopt;
    append_utf8(out, *point);
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace smtp
