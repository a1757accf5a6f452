// See machine.h.
#include "lib/io/real/machine.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace io::real {

base::Result<FileRights> HostMachine::rights(const std::string& path) const {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return base::fail_errno("stat " + path, errno);
  constexpr unsigned permission_bits = 07777;
  return FileRights{.mode = file.st_mode & permission_bits, .directory = S_ISDIR(file.st_mode)};
}

base::Result<std::uint64_t> HostMachine::total_bytes(const std::string& path) const {
  struct statvfs system = {};
  if (::statvfs(path.c_str(), &system) != 0) return base::fail_errno("statvfs " + path, errno);
  return static_cast<std::uint64_t>(system.f_blocks) * system.f_frsize;
}

// Without modes adjtimex only reads, which everybody may.
std::optional<ClockState> HostMachine::clock_state() const {
  struct timex state = {};
  const int status = ::adjtimex(&state);
  if (status < 0) return std::nullopt;
  return ClockState{.synchronised = status != TIME_ERROR && (state.status & STA_UNSYNC) == 0,
                    .error_max = std::chrono::microseconds(state.maxerror)};
}

bool HostMachine::program_replaced() const {
  std::array<char, 4096> target = {};
  const ssize_t bytes = ::readlink("/proc/self/exe", target.data(), target.size());
  if (bytes <= 0) return false;
  return std::string_view(target.data(), static_cast<std::size_t>(bytes)).ends_with(" (deleted)");
}

}  // namespace io::real
