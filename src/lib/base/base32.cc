// See base32.h.
#include "lib/base/base32.h"

#include <cstdint>

#include "lib/base/text.h"

namespace base {
namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint32_t kept_bits = 0xfff;  // up to four are left over, eight come

int value_of(char c) {
  const char low = to_lower(c);
  if (low >= 'a' && low <= 'z') return low - 'a';
  return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

}  // namespace

std::string base32(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<unsigned char>(c)) & kept_bits;
    for (count += 8; count >= 5;) {
      count -= 5;
      out += letters[bits >> count & 31U];
    }
  }
  if (count > 0) out += letters[bits << (5 - count) & 31U];
  return out;
}

std::optional<std::string> unbase32(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 5 / 8);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 5U | static_cast<std::uint32_t>(value)) & kept_bits;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 255U);
  }
  const bool left_over = (bits & ((1U << count) - 1)) != 0;
  if (count >= 5 || left_over) return std::nullopt;
  return out;
}

}  // namespace base
