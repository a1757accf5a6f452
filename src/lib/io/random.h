// lib/io/random.h: the door to randomness.
//
// What:    unpredictable octets (kernel) or a seeded sequence (simulation).
// In/Out:  fill(), number(), below(n).
// Errors:  none: a kernel without randomness is a bug (CHECK).
// Limits:  none.
// Not here: OpenSSL's own generator, which the simulation seeds.
#pragma once

#include <cstdint>
#include <span>

namespace io {

class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;

  virtual void fill(std::span<char> into) = 0;
  [[nodiscard]] std::uint64_t number();
  // Evenly in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

}  // namespace io
