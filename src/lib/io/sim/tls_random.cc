// See tls_random.h.
// RAND_METHOD is called deprecated, but a provider of one's own would be its only successor.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "lib/io/sim/tls_random.h"

#include <openssl/rand.h>

#include <optional>
#include <span>

#include "lib/base/check.h"
#include "lib/io/sim/random.h"

namespace io::sim {
namespace {

// OpenSSL calls functions without a context; there is one simulated world at a time.
std::optional<SeededRandom>& source() {
  static std::optional<SeededRandom> random;
  return random;
}

int fill(unsigned char* into, int count) {
  if (count > 0) {
    source()->fill({reinterpret_cast<char*>(into), static_cast<std::size_t>(count)});
  }
  return 1;
}

int is_seeded() { return 1; }

const RAND_METHOD method = {.seed = nullptr,
                            .bytes = fill,
                            .cleanup = nullptr,
                            .add = nullptr,
                            .pseudorand = fill,
                            .status = is_seeded};

}  // namespace

TlsRandom::TlsRandom(std::uint64_t seed) {
  CHECK(!source().has_value(), "one seed at a time");
  source().emplace(seed);
  const int set = RAND_set_rand_method(&method);
  CHECK(set == 1, "OpenSSL takes a source of randomness");
}

TlsRandom::~TlsRandom() {
  (void)RAND_set_rand_method(RAND_OpenSSL());
  source().reset();
}

}  // namespace io::sim
