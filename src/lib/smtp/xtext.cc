// See xtext.h.
#include "lib/smtp/xtext.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace smtp {
namespace {

bool is_xchar(char c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }

}  // namespace

std::string xtext(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_xchar(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "+{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::optional<std::string> parse_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_xchar(text[i])) {
      out += text[i];
      continue;
    }
    // RFC 3461 §4: upper case digits only.
    const std::string_view digits = text.substr(i + 1, 2);
    if (text[i] != '+' || digits.size() != 2 || base::upper(digits) != digits) return std::nullopt;
    const auto octet = base::unhex(digits);
    if (!octet) return std::nullopt;
    out += *octet;
    i += 2;
  }
  return out;
}

}  // namespace smtp
