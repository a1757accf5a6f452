// See random.h.
#include "lib/io/real/random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/check.h"

namespace io::real {
namespace {

void from_kernel(std::span<char> into) {
  while (!into.empty()) {
    const ssize_t got = ::getrandom(into.data(), into.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0, "the kernel has no randomness");
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

void KernelRandom::fill(std::span<char> into) {
  if (into.empty()) return;
  if (into.size() > block_bytes) return from_kernel(into);
  if (left_ < into.size()) {
    from_kernel(block_);
    left_ = block_bytes;
  }
  char* const from = block_.data() + (block_bytes - left_);
  std::memcpy(into.data(), from, into.size());
  std::memset(from, 0, into.size());  // nobody finds a secret here that was given out
  left_ -= into.size();
}

}  // namespace io::real
