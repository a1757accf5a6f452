// lib/io/real/machine.h: the machine we run on.
//
// What:    io::Machine by stat, statvfs, adjtimex and /proc/self/exe.
// In/Out:  see lib/io/machine.h.
// Errors:  see there.
// Limits:  none.
// Not here: a machine for tests (lib/io/sim/machine.h).
#pragma once

#include "lib/io/machine.h"

namespace io::real {

class HostMachine final : public Machine {
 public:
  [[nodiscard]] base::Result<FileRights> rights(const std::string& path) const override;
  [[nodiscard]] base::Result<std::uint64_t> total_bytes(const std::string& path) const override;
  [[nodiscard]] std::optional<ClockState> clock_state() const override;
  [[nodiscard]] bool program_replaced() const override;
};

}  // namespace io::real
