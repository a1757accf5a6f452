// lib/io/real/system_calls.h: the system calls that a server needs, and no other (seccomp(2)).
//
// What:    a filter over all threads. What is not listed fails with EPERM, and says nothing: a
//          library that tries something optional goes on without it.
// In/Out:  – → nothing; from then on it holds.
// Errors:  when libseccomp or the kernel refuses the filter.
// Limits:  calls whose arguments are looked at cost some 50 ns; those of the mail's way are not
//          looked at, and the kernel answers them from a bitmap.
// Not here: files and ports (landlock.h).
#pragma once

#include "lib/base/result.h"

namespace io::real {

[[nodiscard]] base::Result<> filter_system_calls();

}  // namespace io::real
