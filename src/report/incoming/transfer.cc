// See transfer.h.
#include "report/incoming/transfer.h"

#include <cstdint>
#include <optional>

#include "lib/base/text.h"

namespace report {
namespace {

std::optional<std::uint32_t> digit(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (base::is_digit(c)) return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned count = 0;  // digits in bits
  const auto flush = [&] {
    // Two digits hold one octet, three hold two.
    if (count >= 2) out += static_cast<char>(bits << (6U * (4 - count)) >> 16U & 0xffU);
    if (count >= 3) out += static_cast<char>(bits << (6U * (4 - count)) >> 8U & 0xffU);
    if (count == 4) out += static_cast<char>(bits & 0xffU);
    bits = 0;
    count = 0;
  };
  for (const char c : text) {
    if (c == '=') {
      flush();  // some write several padded pieces one after another
    } else if (const auto value = digit(c)) {
      bits = bits << 6U | *value;
      if (++count == 4) flush();
    }
  }
  flush();
  return out;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    // RFC 2045 §6.7 (5): a soft line break, perhaps with spaces that a relay added.
    std::size_t next = i + 1;
    while (next < text.size() && base::is_space(text[next])) ++next;
    if (next < text.size() && text[next] == '\r') ++next;
    if (next < text.size() && text[next] == '\n') {
      i = next;
      continue;
    }
    const auto octet = base::unhex(text.substr(i + 1, 2));
    if (octet && octet->size() == 1) {
      out += *octet;
      i += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

std::string decode_transfer(std::string_view encoding, std::string octets) {
  if (encoding == "base64") return decode_base64(octets);
  if (encoding == "quoted-printable") return decode_quoted_printable(octets);
  return octets;
}

}  // namespace report
