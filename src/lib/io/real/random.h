// lib/io/real/random.h: the kernel's randomness.
//
// What:    io::Random by getrandom(2).
// In/Out:  see lib/io/random.h.
// Errors:  none; a kernel without randomness ends the program.
// Limits:  none.
// Not here: number() and below() (lib/io/random.cc).
#pragma once

#include "lib/io/random.h"

namespace io::real {

class KernelRandom final : public io::Random {
 public:
  void fill(std::span<char> into) override;
};

}  // namespace io::real
