// See utf8.h.
#include "lib/message/utf8.h"

#include <algorithm>
#include <cstddef>

namespace message {
namespace {

unsigned octet(char c) { return static_cast<unsigned char>(c); }

// How many octets the sequence that begins here has; 0 if it is none (RFC 3629 §4).
std::size_t sequence_bytes(std::string_view bytes) {
  const unsigned first = octet(bytes[0]);
  if (first < 0x80) return 1;
  const std::size_t count = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i) {
    if ((octet(bytes[i]) & 0xc0U) != 0x80) return 0;
  }
  const unsigned second = octet(bytes[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool too_high = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_high ? 0 : count;
}

}  // namespace

bool is_ascii(std::string_view bytes) {
  // Without an early way out, so that the compiler can look at many octets at once.
  // A whole vector of them: as unsigned it would be a quarter.
  unsigned char all = 0;
  for (const char c : bytes) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all < 0x80;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = sequence_bytes(bytes);
    if (count == 0) return false;
    bytes.remove_prefix(count);
  }
  return true;
}

}  // namespace message
