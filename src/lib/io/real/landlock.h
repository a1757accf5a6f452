// lib/io/real/landlock.h: files and ports that stay open to this process (landlock(7)).
//
// What:    turns a Fence into a Landlock ruleset and puts this thread, and those it makes, under
//          it.
// In/Out:  Fence → the fields of SandboxReport that are Landlock's.
// Errors:  when the kernel refuses a rule or the whole; nothing is half in force then.
// Limits:  as the kernel's version allows: 1 files, 2 renames, 3 truncation, 4 TCP ports,
//          5 devices, 6 signals.
// Not here: system calls (system_calls.h).
#pragma once

#include "lib/io/real/sandbox.h"

namespace io::real {

[[nodiscard]] base::Result<> enter_landlock(const Fence& fence, SandboxReport& report);

}  // namespace io::real
