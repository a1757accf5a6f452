// See sandbox_trial.h.
#include "lib/io/real/sandbox_trial.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "lib/io/real/descriptor.h"

namespace io::real {
namespace {

// errno of a call that returned a negative number, else 0.
int error_of(long result) { return result < 0 ? errno : 0; }

int close_after(int descriptor) {
  const int error = error_of(descriptor);
  const Descriptor closes(descriptor);
  return error;
}

int run_a_program() {
  const std::array<char*, 1> none = {nullptr};
  return error_of(::execve("/bin/true", none.data(), none.data()));
}

int make_a_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  const int error = error_of(child);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return error;
}

int map_code(int protection) {
  constexpr std::size_t page = 4096;
  void* at = ::mmap(nullptr, page, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return errno;
  const int error =
      (protection & PROT_EXEC) != 0 ? 0 : error_of(::mprotect(at, page, PROT_READ | PROT_EXEC));
  ::munmap(at, page);
  return error;
}

int make_a_file(const char* path) {
  const int error = close_after(::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (error == 0) ::unlink(path);
  return error;
}

int read_parents_memory() {
  std::array<char, 16> here = {};
  const iovec local = {.iov_base = here.data(), .iov_len = here.size()};
  const iovec remote = {.iov_base = here.data(), .iov_len = here.size()};
  return error_of(::process_vm_readv(::getppid(), &local, 1, &remote, 1, 0));
}

int trace_the_parent() {
  const int error = error_of(::ptrace(PTRACE_SEIZE, ::getppid(), nullptr, nullptr));
  if (error == 0) ::ptrace(PTRACE_DETACH, ::getppid(), nullptr, nullptr);
  return error;
}

int listen_on(std::uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Two structs of one shape: the socket interface wants it so.
  return error_of(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof(at)));
}

int watch_the_kernel() {
  perf_event_attr what = {};
  what.type = PERF_TYPE_SOFTWARE;
  what.size = sizeof(what);
  what.config = PERF_COUNT_SW_CPU_CLOCK;
  return close_after(static_cast<int>(::syscall(SYS_perf_event_open, &what, -1, 0, -1, 0UL)));
}

int dump_memory() {
  rlimit now = {};
  if (::getrlimit(RLIMIT_CORE, &now) != 0) return errno;
  return now.rlim_max == 0 ? EPERM : 0;
}

struct Try {
  const char* what;
  int (*run)();
};

// Each gives 0, or the errno of what stopped it.
constexpr std::array tries = std::to_array<Try>({
    {"run a program", run_a_program},
    {"make another process", make_a_process},
    {"make memory that is written and executed", [] { return map_code(PROT_WRITE | PROT_EXEC); }},
    {"make written memory executable", [] { return map_code(PROT_READ | PROT_WRITE); }},
    {"read the system's password hashes",
     [] { return close_after(::open("/etc/shadow", O_RDONLY | O_CLOEXEC)); }},
    {"look into people's homes",
     [] { return close_after(::open("/home", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }},
    {"look into root's home",
     [] { return close_after(::open("/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }},
    {"leave a file in /tmp", [] { return make_a_file("/tmp/stagepost-trial"); }},
    {"leave a job for cron", [] { return make_a_file("/etc/cron.d/stagepost-trial"); }},
    {"read other processes", [] { return close_after(::open("/proc/1/status", O_RDONLY)); }},
    {"read the memory of the parent", read_parents_memory},
    {"trace the parent", trace_the_parent},
    {"signal the parent", [] { return error_of(::kill(::getppid(), 0)); }},
    {"listen on a port that is not ours", [] { return listen_on(4'444); }},
    {"read all packets of the host",
     [] { return close_after(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)); }},
    {"send packets of its own making",
     [] { return close_after(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)); }},
    {"mount a file system", [] { return error_of(::mount("none", "/mnt", "tmpfs", 0, nullptr)); }},
    {"enter a namespace of its own", [] { return error_of(::unshare(CLONE_NEWUSER)); }},
    {"become root", [] { return error_of(::setuid(0)); }},
    {"watch the kernel (perf)", watch_the_kernel},
    {"load a program into the kernel (bpf)",
     [] { return close_after(static_cast<int>(::syscall(SYS_bpf, 0, nullptr, 0U))); }},
    {"use io_uring",
     [] { return close_after(static_cast<int>(::syscall(SYS_io_uring_setup, 0U, nullptr))); }},
    {"handle faults of memory itself (userfaultfd)",
     [] { return close_after(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC))); }},
    {"read the kernel's keys",
     [] { return error_of(::syscall(SYS_keyctl, 0, -3, 0UL, 0UL, 0UL)); }},
    {"dump its memory, with the keys in it", dump_memory},
});

bool is_refusal(int error) { return error == EPERM || error == EACCES || error == ENOSYS; }

}  // namespace

std::vector<Trial> try_everything() {
  std::vector<Trial> out;
  out.reserve(tries.size());
  for (const Try& one : tries) {
    const int error = one.run();
    std::array<char, 128> words = {};
    out.push_back(
        {.what = one.what,
         .outcome = error == 0 ? "it worked" : ::strerror_r(error, words.data(), words.size()),
         .refused = is_refusal(error)});
  }
  return out;
}

}  // namespace io::real
