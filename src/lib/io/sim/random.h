// lib/io/sim/random.h: a seeded sequence of numbers.
//
// What:    xoshiro256**, filled from the seed by splitmix64; the same seed gives the same sequence.
// In/Out:  io::Random, and chance(p) for fault plans; fork() starts an independent sequence.
// Errors:  none.
// Limits:  not for secrets.
// Not here: the kernel's randomness (real/).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lib/io/random.h"

namespace io::sim {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);

  void fill(std::span<char> into) override;
  [[nodiscard]] std::uint64_t next();
  // True with this probability; 0 is never, 1 is always.
  [[nodiscard]] bool chance(double probability);
  // The seed for another sequence, which does not depend on how often this one is used later.
  [[nodiscard]] std::uint64_t fork() { return next(); }

 private:
  std::array<std::uint64_t, 4> state_ = {};
};

// A well mixed 64-bit number from another one; for hashes of traces.
[[nodiscard]] std::uint64_t mix(std::uint64_t value);

}  // namespace io::sim
