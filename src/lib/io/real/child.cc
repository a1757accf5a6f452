// See child.h.
#include "lib/io/real/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/limits.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 does not say so itself
}

#include <array>
#include <csignal>
#include <cstdlib>

#include "lib/io/real/owner.h"

namespace io::real {
namespace {

constexpr int first_handed = 3;  // SD_LISTEN_FDS_START
constexpr int exit_not_started = 127;

// What a child uses, above the numbers that it gives to its sockets.
struct Handed {
  std::vector<Descriptor> sockets;
  Descriptor channel;
  Descriptor program;
  Descriptor trouble;  // a pipe: the error when it could not be started
  pid_t parent = 0;
};

base::Result<Descriptor> copy_above(const Descriptor& from, int least) {
  Descriptor copy(::fcntl(from.get(), F_DUPFD_CLOEXEC, least));
  if (!copy) return base::fail_errno("duplicate a descriptor for a child", errno);
  return copy;
}

int channel_number(const ChildPlan& plan) {
  return first_handed + static_cast<int>(plan.listening.size());
}

base::Result<Handed> gather(const ChildPlan& plan, const Descriptor& program,
                            const Descriptor& channel, const Descriptor& trouble) {
  const int least = channel_number(plan) + 1;
  Handed out;
  out.parent = ::getpid();
  for (const Descriptor* socket : plan.listening) {
    auto copy = copy_above(*socket, least);
    if (!copy) return std::unexpected(std::move(copy.error()));
    out.sockets.push_back(std::move(*copy));
  }
  const std::array<std::pair<const Descriptor*, Descriptor*>, 3> others = {
      {{&program, &out.program}, {&channel, &out.channel}, {&trouble, &out.trouble}}};
  for (const auto& [from, to] : others) {
    auto copy = copy_above(*from, least);
    if (!copy) return std::unexpected(std::move(copy.error()));
    *to = std::move(*copy);
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ":") + name;
  return out;
}

void set_environment(const ChildPlan& plan) {
  for (const auto& [name, value] : plan.environment) ::setenv(name.c_str(), value.c_str(), 1);
  ::setenv(keeper_variable, std::to_string(channel_number(plan)).c_str(), 1);
  if (plan.listening.empty()) return;
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(plan.listening.size()).c_str(), 1);
  ::setenv("LISTEN_FDNAMES", joined(plan.listening_names).c_str(), 1);
}

// In the child. A copy by dup2 outlives exec, the originals do not.
bool take_places(const Handed& handed) {
  int number = first_handed;
  for (const Descriptor& socket : handed.sockets) {
    if (::dup2(socket.get(), number++) < 0) return false;
  }
  return ::dup2(handed.channel.get(), number) >= 0;
}

// In the child. After the change of user, which would forget the signal of the parent's death.
bool tie_to_parent(pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0 &&
         ::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && ::getppid() == parent;
}

// In the child: comes back only when it did not work, with errno.
void become_program(const ChildPlan& plan, const Handed& handed) {
  if (!plan.works_as_owner_of.empty() && !become_owner(plan.works_as_owner_of)) return;
  if (!take_places(handed) || !tie_to_parent(handed.parent)) return;
  set_environment(plan);
  std::vector<char*> arguments;
  arguments.reserve(plan.arguments.size() + 1);
  for (const std::string& argument : plan.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  ::execveat(handed.program.get(), "", arguments.data(), environ, AT_EMPTY_PATH);
}

struct Ends {
  Descriptor ours;
  Descriptor childs;
};

base::Result<Ends> make_channel() {
  std::array<int, 2> ends = {};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return base::fail_errno("make a channel to a child", errno);
  }
  return Ends{.ours = Descriptor(ends[0]), .childs = Descriptor(ends[1])};
}

base::Result<Ends> make_trouble_pipe() {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::fail_errno("make a pipe", errno);
  return Ends{.ours = Descriptor(ends[0]), .childs = Descriptor(ends[1])};
}

}  // namespace

std::string Ending::text() const {
  return fmt::format("{} {}", by_signal ? "by signal" : "with code", number);
}

base::Result<Child> Child::start(const Descriptor& program, const ChildPlan& plan) {
  auto channel = make_channel();
  if (!channel) return std::unexpected(std::move(channel.error()));
  auto trouble = make_trouble_pipe();
  if (!trouble) return std::unexpected(std::move(trouble.error()));
  auto handed = gather(plan, program, channel->childs, trouble->childs);
  if (!handed) return std::unexpected(std::move(handed.error()));
  const pid_t process_id = ::fork();
  if (process_id < 0) return base::fail_errno("start a child", errno);
  if (process_id == 0) {
    become_program(plan, *handed);
    const int error = errno;
    (void)!::write(handed->trouble.get(), &error, sizeof(error));
    ::_exit(exit_not_started);
  }
  *handed = {};
  trouble->childs = {};
  channel->childs = {};
  Child child(process_id, Descriptor(::pidfd_open(process_id, 0)), std::move(channel->ours));
  int error = 0;
  const auto told = retry([&] { return ::read(trouble->ours.get(), &error, sizeof(error)); });
  if (told == 0 && child.life_) return child;
  if (told == 0) error = errno;
  ::kill(process_id, SIGKILL);
  ::waitpid(process_id, nullptr, 0);
  return base::fail_errno("start a child", error);
}

void Child::send(int signal_number) const {
  (void)::pidfd_send_signal(life_.get(), signal_number, nullptr, 0);
}

std::string Child::hear() {
  std::array<char, said_bytes_max> lines;
  const auto got =
      retry([&] { return ::recv(channel_.get(), lines.data(), lines.size(), MSG_DONTWAIT); });
  if (got == 0) channel_ = {};  // closed at its end: it would have news for ever
  return got <= 0 ? std::string() : std::string(lines.data(), static_cast<std::size_t>(got));
}

std::optional<Ending> Child::ended() {
  siginfo_t what = {};
  const int result = ::waitid(P_PIDFD, static_cast<id_t>(life_.get()), &what, WEXITED | WNOHANG);
  if (result != 0 || what.si_pid == 0) return std::nullopt;
  return Ending{.by_signal = what.si_code != CLD_EXITED, .number = what.si_status};
}

base::Result<Descriptor> open_program(const std::string& path) {
  Descriptor program(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!program) return base::fail_errno("open " + path, errno);
  return program;
}

base::Result<std::string> own_program() {
  std::array<char, PATH_MAX> path;
  const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length < 0) return base::fail_errno("find the program of this process", errno);
  return std::string(path.data(), static_cast<std::size_t>(length));
}

}  // namespace io::real
