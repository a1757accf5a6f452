// See codec.h.
#include "queue/journal/codec.h"

namespace queue::journal {

void Writer::fixed(std::uint64_t value, unsigned octets) {
  char bytes[8];
  for (unsigned i = 0; i < octets; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  out_.append(bytes, octets);
}

void Writer::varint(std::uint64_t value) {
  while (value >= 0x80) {
    u8(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7U;
  }
  u8(static_cast<std::uint8_t>(value));
}

void Writer::text(std::string_view value) {
  varint(value.size());
  out_.append(value);
}

void Reader::fail() {
  ok_ = false;
  bytes_ = {};
}

std::uint64_t Reader::fixed(unsigned octets) {
  if (bytes_.size() < octets) {
    fail();
    return 0;
  }
  std::uint64_t value = 0;
  for (unsigned i = 0; i < octets; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
  }
  bytes_.remove_prefix(octets);
  return value;
}

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t octet = u8();
    // The tenth octet holds the last bit of 64.
    if (!ok_ || (shift == 63 && octet > 1)) break;
    value |= (octet & 0x7fU) << shift;
    if (octet < 0x80) return value;
  }
  fail();
  return 0;
}

std::string_view Reader::raw(std::size_t octets) {
  if (bytes_.size() < octets) {
    fail();
    return {};
  }
  const std::string_view taken = bytes_.substr(0, octets);
  bytes_.remove_prefix(octets);
  return taken;
}

std::string_view Reader::text() {
  const std::uint64_t octets = varint();
  return ok_ ? raw(octets) : std::string_view{};
}

std::size_t Reader::count(std::size_t octets_min) {
  const std::uint64_t number = varint();
  if (ok_ && number <= bytes_.size() / octets_min) return number;
  fail();
  return 0;
}

}  // namespace queue::journal
