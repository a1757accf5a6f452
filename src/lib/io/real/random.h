// lib/io/real/random.h: the kernel's randomness.
//
// What:    io::Random by getrandom(2), a block at a time.
// In/Out:  see lib/io/random.h.
// Errors:  none; a kernel without randomness ends the program.
// Limits:  one per thread; block_bytes are read ahead, and forgotten as they are given out.
// Not here: number() and below() (lib/io/random.cc).
#pragma once

#include <array>
#include <cstddef>

#include "lib/io/random.h"

namespace io::real {

class KernelRandom final : public io::Random {
 public:
  void fill(std::span<char> into) override;

 private:
  // Every message asks for a few octets: without this each asking is a system call (1.3 µs).
  static constexpr std::size_t block_bytes = 512;
  std::array<char, block_bytes> block_ = {};
  std::size_t left_ = 0;  // unused octets, at the end of the block
};

}  // namespace io::real
