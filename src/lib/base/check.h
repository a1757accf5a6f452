// lib/base/check.h: CHECK(condition, why), on in every build.
//
// What:    states an invariant of our own; when it does not hold the program ends with file, line
//          and reason.
// In/Out:  a condition → nothing, or an abort with a line on stderr.
// Errors:  never used on a peer's bytes, a file's content or anything else from outside.
// Limits:  none.
// Not here: results of operations that can fail (result.h).
#pragma once

namespace base {
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);
}

#define CHECK(condition, why)                                    \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::base::check_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
