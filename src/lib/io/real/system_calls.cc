// See system_calls.h.
#include "lib/io/real/system_calls.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

namespace io::real {
namespace {

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

// Without a look at their arguments.
constexpr std::array plain_calls = std::to_array<const char*>({
    // Octets.
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "preadv2",
    "pwritev2",
    "lseek",
    "close",
    "close_range",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "fsync",
    "fdatasync",
    "syncfs",
    "sync_file_range",
    "fallocate",
    "ftruncate",
    "truncate",
    "fadvise64",
    "copy_file_range",
    "sendfile",
    // Names.
    "open",
    "openat",
    "openat2",
    "creat",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "fchownat",
    "utimensat",
    "umask",
    "flock",
    // Waiting.
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "pipe",
    "pipe2",
    // Sockets; socket() itself is below.
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "shutdown",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    // Memory; mmap and mprotect are below.
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "mlock",
    "mlock2",
    "munlock",
    "mincore",
    "membarrier",
    // Threads and signals; clone and kill are below.
    "futex",
    "futex_waitv",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "arch_prctl",
    "gettid",
    "getpid",
    "getppid",
    "exit",
    "exit_group",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "rt_sigpending",
    "rt_sigsuspend",
    "sigaltstack",
    // Time.
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "times",
    // Who and where we are.
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "getrandom",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getresuid",
    "getresgid",
    "getcpu",
});

base::Result<> trouble(const std::string& doing, int negative_errno) {
  return base::fail_errno("filter system calls: " + doing, -negative_errno);
}

// Collects the first thing that went wrong.
class Builder {
 public:
  explicit Builder(scmp_filter_ctx filter) : filter_(filter) {}

  template <class... Compare>
  void allow(const char* name, Compare... compare) {
    add(SCMP_ACT_ALLOW, name, compare...);
  }
  template <class... Compare>
  void add(std::uint32_t action, const char* name, Compare... compare) {
    const int number = seccomp_syscall_resolve_name(name);
    // This processor, or a libseccomp of that age, does not know it.
    if (number == __NR_SCMP_ERROR || number < 0) return;
    const std::array<scmp_arg_cmp, sizeof...(Compare)> all = {compare...};
    const int done = seccomp_rule_add_array(filter_, action, number, all.size(), all.data());
    if (done != 0 && result_) result_ = trouble(name, done);
  }
  [[nodiscard]] base::Result<> result() const { return result_; }

 private:
  scmp_filter_ctx filter_;
  base::Result<> result_;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

void allow_sockets(Builder& builder) {
  constexpr std::uint64_t type_mask = 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      builder.allow("socket", equals(0, static_cast<std::uint64_t>(family)),
                    bits(1, type_mask, static_cast<std::uint64_t>(type)));
    }
  }
  // NETLINK_ROUTE tells our own addresses; changing them needs rights that we do not have.
  builder.allow("socket", equals(0, AF_NETLINK), equals(2, 0));
  builder.allow("socketpair", equals(0, AF_UNIX));
}

// No memory is both written and executed, and none becomes executable; a library that is loaded
// late may be mapped.
void allow_memory(Builder& builder) {
  constexpr std::uint64_t writes = PROT_WRITE;
  constexpr std::uint64_t executes = PROT_EXEC;
  builder.allow("mmap", bits(2, executes, 0));
  builder.allow("mmap", bits(2, writes | executes, executes));
  builder.allow("mprotect", bits(2, executes, 0));
}

// Threads, and no process. glibc goes on with clone where clone3, whose flags lie in memory that a
// filter cannot look at, is not there.
void allow_threads(Builder& builder) {
  builder.allow("clone", bits(0, CLONE_THREAD, CLONE_THREAD));
  builder.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  const auto self = static_cast<std::uint64_t>(::getpid());
  builder.allow("kill", equals(0, self));
  builder.allow("tgkill", equals(0, self));
}

void allow_controls(Builder& builder) {
  for (const std::uint64_t request : {std::uint64_t{FIONREAD}, std::uint64_t{FIONBIO},
                                      std::uint64_t{TCGETS}, std::uint64_t{TIOCGWINSZ}}) {
    builder.allow("ioctl", equals(1, request));
  }
  builder.allow("prctl", equals(0, PR_SET_NAME));
  builder.allow("prctl", equals(0, PR_GET_NAME));
  builder.allow("prlimit64", equals(0, 0));  // of this process
}

}  // namespace

base::Result<> filter_system_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release);
  if (filter == nullptr) return trouble("begin", -ENOMEM);
  // All threads, should a library have made one; and no search: a tree over the numbers.
  for (const auto [attribute, value] :
       {std::pair{SCMP_FLTATR_CTL_TSYNC, 1U}, {SCMP_FLTATR_CTL_OPTIMIZE, 2U}}) {
    if (const int done = seccomp_attr_set(filter.get(), attribute, value); done != 0) {
      return trouble("set an attribute", done);
    }
  }
  Builder builder(filter.get());
  for (const char* name : plain_calls) builder.allow(name);
  allow_sockets(builder);
  allow_memory(builder);
  allow_threads(builder);
  allow_controls(builder);
  if (auto built = builder.result(); !built) return built;
  if (const int done = seccomp_load(filter.get()); done != 0) return trouble("load", done);
  return {};
}

}  // namespace io::real
