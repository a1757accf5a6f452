// See random.h.
#include "lib/io/random.h"

#include <limits>

#include "lib/base/check.h"

namespace io {

std::uint64_t Random::number() {
  std::uint64_t value = 0;
  fill({reinterpret_cast<char*>(&value), sizeof value});
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0, "a number below nothing");
  // The numbers from `even` on would make the small remainders likelier: draw again.
  constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t even = max - max % bound;
  std::uint64_t value = number();
  while (value >= even) value = number();
  return value % bound;
}

}  // namespace io
