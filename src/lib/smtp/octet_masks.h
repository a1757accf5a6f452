// lib/smtp/octet_masks.h: where CR, LF, dot and NUL stand in a block of 64 octets.
//
// What:    one bit per octet and kind; the DATA reader and writer look at 64 octets at a time.
// In/Out:  up to 64 octets → four masks; bit i is octet i.
// Errors:  none.
// Limits:  block_bytes.
// Not here: what the bits mean (data_reader.cc, data_writer.cc).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace smtp {

inline constexpr std::size_t block_bytes = 64;

struct OctetMasks {
  std::uint64_t cr = 0;
  std::uint64_t lf = 0;
  std::uint64_t dot = 0;
  std::uint64_t nul = 0;

  bool operator==(const OctetMasks&) const = default;
};

// All 64 octets at `at`.
[[nodiscard]] OctetMasks block_masks(const char* at);
// The same on processors that lack AVX2; for its test.
[[nodiscard]] OctetMasks narrow_block_masks(const char* at);

// The lowest `count` bits, 1 to 64.
[[nodiscard]] constexpr std::uint64_t low_bits(std::size_t count) {
  return ~std::uint64_t{0} >> (block_bytes - count);
}

// The first `count` octets at `at`, 1 to 64; no octet beyond them is read.
[[nodiscard]] inline OctetMasks octet_masks(const char* at, std::size_t count) {
  if (count == block_bytes) return block_masks(at);
  std::array<char, block_bytes> block;  // NOLINT: what is not filled is masked below
  block.fill(' ');
  std::memcpy(block.data(), at, count);
  return block_masks(block.data());
}

}  // namespace smtp
