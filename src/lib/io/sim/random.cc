// See random.h.
#include "lib/io/sim/random.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace io::sim {

namespace {

// splitmix64 (Steele, Lea, Flood 2014): fills a state of any size from one word.
std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace

std::uint64_t mix(std::uint64_t value) { return split_mix(value); }

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = split_mix(seed);
}

// xoshiro256** 1.0 (Blackman, Vigna 2018).
std::uint64_t SeededRandom::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(std::span<char> into) {
  while (!into.empty()) {
    const std::uint64_t word = next();
    const std::size_t count = std::min(into.size(), sizeof word);
    std::memcpy(into.data(), &word, count);
    into = into.subspan(count);
  }
}

bool SeededRandom::chance(double probability) {
  // The upper 53 bits are a fraction in [0, 1) that a double holds exactly.
  return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
}

}  // namespace io::sim
