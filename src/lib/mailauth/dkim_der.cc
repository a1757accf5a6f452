// See dkim_der.h.
#include "lib/mailauth/dkim_der.h"

#include <cstddef>

namespace mailauth {
namespace {

constexpr char tag_integer = 0x02;
constexpr char tag_bit_string = 0x03;
constexpr char tag_sequence = 0x30;

// rsaEncryption, 1.2.840.113549.1.1.1, with and without its NULL (RFC 3279 §2.3.1).
constexpr std::string_view rsa_with_null("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
                                         13);
constexpr std::string_view rsa_alone = rsa_with_null.substr(0, 11);

// Takes one element off the front: its content, or nullopt.
std::optional<std::string_view> take(std::string_view& der, char tag) {
  constexpr std::size_t head_bytes = 2;
  constexpr unsigned long_form = 0x80;
  constexpr unsigned octet_bits = 8;
  if (der.size() < head_bytes || der.front() != tag) return std::nullopt;
  std::size_t length = static_cast<unsigned char>(der[1]);
  std::size_t head = head_bytes;
  if (length >= long_form) {
    const std::size_t more = length - long_form;
    if (more == 0 || more > 2 || der.size() < head + more) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < more; ++i) {
      length = length << octet_bits | static_cast<unsigned char>(der[head + i]);
    }
    head += more;
  }
  if (der.size() - head < length) return std::nullopt;
  const std::string_view content = der.substr(head, length);
  der.remove_prefix(head + length);
  return content;
}

// A number that is not negative.
std::optional<std::string_view> take_number(std::string_view& der) {
  const auto number = take(der, tag_integer);
  if (!number || number->empty() || (number->front() & 0x80) != 0) return std::nullopt;
  return number;
}

std::optional<RsaNumbers> read_numbers(std::string_view content) {
  const auto modulus = take_number(content);
  const auto exponent = modulus ? take_number(content) : std::nullopt;
  if (!exponent || !content.empty()) return std::nullopt;
  return RsaNumbers{.modulus = *modulus, .exponent = *exponent};
}

}  // namespace

std::optional<RsaNumbers> read_rsa_key(std::string_view der) {
  auto outer = take(der, tag_sequence);
  if (!outer || !der.empty()) return std::nullopt;
  if (auto numbers = read_numbers(*outer)) return numbers;  // RSAPublicKey
  const auto algorithm = take(*outer, tag_sequence);
  if (algorithm != rsa_with_null && algorithm != rsa_alone) return std::nullopt;
  auto bits = take(*outer, tag_bit_string);
  if (!bits || !bits->starts_with('\0') || !outer->empty()) return std::nullopt;
  bits->remove_prefix(1);  // no unused bits
  const auto inner = take(*bits, tag_sequence);
  return inner && bits->empty() ? read_numbers(*inner) : std::nullopt;
}

}  // namespace mailauth
