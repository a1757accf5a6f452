// lib/io/machine.h: the door to what the machine says of itself.
//
// What:    who may read a file, how large a disk is, whether the clock is kept right, whether the
//          program was replaced on disk since it was started.
// In/Out:  paths → FileRights, octets; the rest has no input. Calls are short and do not wait.
// Errors:  not_found, denied … of the file system; nullopt where the system does not say.
// Limits:  none.
// Not here: reading and writing files (files.h), the time itself (clock.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io {

struct FileRights {
  unsigned mode = 0;  // the permission bits, such as 0640
  bool directory = false;
};

struct ClockState {
  bool synchronised = false;    // something (NTP, the host of a virtual machine) keeps it right
  base::Duration error_max{0};  // how far off it may be, as the kernel knows
};

class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  [[nodiscard]] virtual base::Result<FileRights> rights(const std::string& path) const = 0;
  // Of the file system that the path lies on.
  [[nodiscard]] virtual base::Result<std::uint64_t> total_bytes(const std::string& path) const = 0;
  [[nodiscard]] virtual std::optional<ClockState> clock_state() const = 0;
  // Is the running program another one than the file of its name, as after an upgrade?
  [[nodiscard]] virtual bool program_replaced() const = 0;
};

}  // namespace io
