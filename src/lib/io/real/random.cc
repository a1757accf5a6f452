// See random.h.
#include "lib/io/real/random.h"

#include <sys/random.h>

#include <cerrno>

#include "lib/base/check.h"

namespace io::real {

void KernelRandom::fill(std::span<char> into) {
  while (!into.empty()) {
    const ssize_t got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0, "the kernel has no randomness");
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace io::real
