// See check.h.
#include "lib/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace base {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "CHECK failed at %s:%d: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace base
