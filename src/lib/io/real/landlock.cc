// See landlock.h.
#include "lib/io/real/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lib/io/real/descriptor.h"

namespace io::real {
namespace {

// Debian 12's headers are those of Linux 6.1 and end at version 2; the kernel may know more.
constexpr std::uint64_t fs_refer = 1ULL << 13U;      // 2
constexpr std::uint64_t fs_truncate = 1ULL << 14U;   // 3
constexpr std::uint64_t fs_ioctl_dev = 1ULL << 15U;  // 5
constexpr std::uint64_t net_bind_tcp = 1ULL << 0U;   // 4
// Abstract sockets stay open: a service manager may listen at one.
constexpr std::uint64_t scope_signal = 1ULL << 1U;  // 6
constexpr int version_refer = 2;
constexpr int version_truncate = 3;
constexpr int version_ports = 4;
constexpr int version_ioctl = 5;
constexpr int version_scope = 6;
constexpr unsigned rule_net_port = 2;

struct Ruleset {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
struct PortRule {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};

constexpr std::uint64_t fs_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t fs_change = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK;
constexpr std::uint64_t fs_never = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                   LANDLOCK_ACCESS_FS_MAKE_SYM;
// What a rule about a file, rather than a folder, may name.
constexpr std::uint64_t fs_of_files =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | fs_truncate;

std::uint64_t changes_of(int version) {
  std::uint64_t rights = fs_change;
  if (version >= version_refer) rights |= fs_refer;
  if (version >= version_truncate) rights |= fs_truncate;
  return rights;
}

Ruleset ruleset_of(int version) {
  Ruleset set;
  set.handled_access_fs = fs_read | changes_of(version) | fs_never;
  if (version >= version_ioctl) set.handled_access_fs |= fs_ioctl_dev;
  if (version >= version_ports) set.handled_access_net = net_bind_tcp;
  if (version >= version_scope) set.scoped = scope_signal;
  return set;
}

// What an older kernel does not know of the struct it must not be given.
std::size_t ruleset_bytes(int version) {
  if (version >= version_scope) return sizeof(Ruleset);
  if (version >= version_ports) return 2 * sizeof(std::uint64_t);
  return sizeof(std::uint64_t);
}

base::Result<> allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return {};  // not there: stays outside
  struct stat what = {};
  if (::fstat(place.get(), &what) != 0) return base::fail_errno("look at " + path, errno);
  if (!S_ISDIR(what.st_mode)) rights &= fs_of_files;
  landlock_path_beneath_attr rule = {};
  rule.allowed_access = rights;
  rule.parent_fd = place.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) != 0) {
    return base::fail_errno("let the sandbox reach " + path, errno);
  }
  return {};
}

base::Result<> allow_ports(int ruleset, const Fence& fence) {
  for (const std::uint16_t port : fence.bound_ports) {
    const PortRule rule{.allowed_access = net_bind_tcp, .port = port};
    if (::syscall(SYS_landlock_add_rule, ruleset, rule_net_port, &rule, 0U) != 0) {
      return base::fail_errno("let the sandbox listen on port " + std::to_string(port), errno);
    }
  }
  return {};
}

}  // namespace

base::Result<> enter_landlock(const Fence& fence, SandboxReport& report) {
  const auto version = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0UL, LANDLOCK_CREATE_RULESET_VERSION));
  if (version <= 0) return {};  // not in this kernel, or switched off
  const Ruleset wanted = ruleset_of(version);
  const Descriptor ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &wanted, ruleset_bytes(version), 0U)));
  if (!ruleset) return base::fail_errno("make a Landlock ruleset", errno);
  const std::uint64_t change = fs_read | changes_of(version);
  for (const std::string& path : fence.readable) {
    if (auto done = allow(ruleset.get(), path, fs_read); !done) return done;
  }
  for (const std::string& path : fence.listed) {
    if (auto done = allow(ruleset.get(), path, LANDLOCK_ACCESS_FS_READ_DIR); !done) return done;
  }
  for (const std::string& path : fence.writable) {
    if (auto done = allow(ruleset.get(), path, change); !done) return done;
  }
  if (version >= version_ports) {
    if (auto done = allow_ports(ruleset.get(), fence); !done) return done;
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) != 0) {
    return base::fail_errno("enter the Landlock sandbox", errno);
  }
  report.landlock = version;
  report.ports = version >= version_ports;
  report.signals = version >= version_scope;
  return {};
}

}  // namespace io::real
