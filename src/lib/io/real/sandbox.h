// lib/io/real/sandbox.h: what this process may still do, from now on and for good.
//
// What:    Landlock (which files, which ports), a seccomp filter (which system calls), no new
//          rights by files that it executes, no core dumps. Whoever takes over the process by a
//          hole in a parser can do no more than this.
// In/Out:  Fence → SandboxReport: what the kernel has put up.
// Errors:  when the kernel refuses what it says it can do; the caller must then end. A kernel that
//          has no Landlock is told in the report.
// Limits:  cannot be undone or widened; call it while there is one thread.
// Not here: which files a server needs (server/confinement.h), what it tries on itself to prove it
//           (sandbox_trial.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace io::real {

// Files, or folders with all that is below. What is not there when the fence is put up stays
// outside, even if somebody makes it later.
struct Fence {
  std::vector<std::string> readable;
  std::vector<std::string> writable;       // readable, too
  std::vector<std::string> listed;         // names may be seen and synced, no file is read
  std::vector<std::uint16_t> bound_ports;  // TCP ports that may be listened on
};

struct SandboxReport {
  int landlock = 0;      // version of its interface; 0: this kernel has none, and files stay open
  bool ports = false;    // Landlock holds the ports (from version 4)
  bool signals = false;  // no signal leaves (from version 6)
  bool system_calls = false;  // the filter is there; not in builds with sanitizers

  [[nodiscard]] std::string text() const;
};

[[nodiscard]] base::Result<SandboxReport> enter_sandbox(const Fence& fence);

// Those of `wanted` that `fence` keeps out: a process inside needs a restart to reach them.
[[nodiscard]] std::vector<std::string> outside(const Fence& fence, const Fence& wanted);

// Where a path leads when all links are followed; itself when it leads nowhere.
[[nodiscard]] std::string link_target(const std::string& path);
// Where the links in this folder, and in the folders in it, lead.
[[nodiscard]] std::vector<std::string> link_targets_in(const std::string& folder);

}  // namespace io::real
