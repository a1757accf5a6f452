// lib/io/sim/machine.h: a machine that says what a test wants.
//
// What:    io::Machine made of fields.
// In/Out:  a test sets the fields.
// Errors:  not_found for the rights of a path that nobody set.
// Limits:  none.
// Not here: the machine's disk, network and clock (host.h).
#pragma once

#include <map>

#include "lib/io/machine.h"

namespace io::sim {

class Machine final : public io::Machine {
 public:
  std::map<std::string, FileRights> files;
  std::uint64_t disk_bytes = 100ULL << 30U;
  std::optional<ClockState> clock = ClockState{.synchronised = true, .error_max = {}};
  bool replaced = false;

  [[nodiscard]] base::Result<FileRights> rights(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return base::fail(base::ErrorKind::not_found, "stat " + path);
    return found->second;
  }
  [[nodiscard]] base::Result<std::uint64_t> total_bytes(
      const std::string& /*path*/) const override {
    return disk_bytes;
  }
  [[nodiscard]] std::optional<ClockState> clock_state() const override { return clock; }
  [[nodiscard]] bool program_replaced() const override { return replaced; }
};

}  // namespace io::sim
