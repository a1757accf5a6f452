// lib/io/sim/tls_random.h: OpenSSL's randomness from a seed.
//
// What:    while one lives, every key, nonce and signature of this process follows its seed, so
//          that a simulated conversation under TLS has the same lengths each time.
// In/Out:  nothing to call; the kernel's randomness is back when it ends.
// Errors:  a second one at the same time is a CHECK.
// Limits:  what OpenSSL takes from the clock (tickets) stays as it is. Not for secrets.
// Not here: randomness of our own code (random.h).
#pragma once

#include <cstdint>

namespace io::sim {

class TlsRandom {
 public:
  explicit TlsRandom(std::uint64_t seed);
  ~TlsRandom();
  TlsRandom(const TlsRandom&) = delete;
  TlsRandom& operator=(const TlsRandom&) = delete;
};

}  // namespace io::sim
