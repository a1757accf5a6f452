// See waiting.h.
#include "lib/io/real/waiting.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <vector>

#include "lib/io/files.h"
#include "lib/io/real/local_socket.h"
#include "lib/io/real/socket_address.h"

namespace io::real {
namespace {

constexpr int backlog = 8;

bool limit_waits(const Descriptor& connection) {
  const timeval wait = {.tv_sec = 1, .tv_usec = 0};
  return ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
         ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0;
}

}  // namespace

base::Instant monotonic_now() {
  using std::chrono::steady_clock;
  return base::Instant(
      std::chrono::duration_cast<base::Duration>(steady_clock::now().time_since_epoch()));
}

void wait_ready(std::span<const int> descriptors, base::Duration patience) {
  std::vector<pollfd> asked;
  asked.reserve(descriptors.size());
  for (const int number : descriptors)
    asked.push_back({.fd = number, .events = POLLIN, .revents = 0});
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  (void)::poll(asked.data(), asked.size(), static_cast<int>(std::max(0L, milliseconds)));
}

base::Result<SignalQueue> SignalQueue::open(std::initializer_list<int> signal_numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signal_numbers) sigaddset(&set, number);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return base::fail_errno("block signals", errno);
  Descriptor queue(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!queue) return base::fail_errno("wait for signals", errno);
  return SignalQueue(std::move(queue));
}

std::optional<int> SignalQueue::take() {
  signalfd_siginfo what = {};
  if (::read(queue_.get(), &what, sizeof(what)) != sizeof(what)) return std::nullopt;
  return static_cast<int>(what.ssi_signo);
}

base::Result<LocalDoor> LocalDoor::open(const std::string& path) {
  constexpr mode_t owner_only = 0600;
  auto listening = listen_at(path, owner_only, backlog);
  if (!listening) return std::unexpected(std::move(listening.error()));
  struct stat folder = {};
  if (::stat(folder_of(path).c_str(), &folder) != 0) {
    return base::fail_errno("listen at " + path, errno);
  }
  if (::geteuid() == 0 && ::lchown(path.c_str(), folder.st_uid, folder.st_gid) != 0) {
    return base::fail_errno("give " + path + " to the owner of its folder", errno);
  }
  return LocalDoor(std::move(*listening), path);
}

LocalDoor::~LocalDoor() {
  if (!listening_) return;
  // Best effort: the next to open it replaces what stays.
  [[maybe_unused]] const auto removed = remove_socket(path_);
}

std::optional<LocalDoor::Caller> LocalDoor::accept() {
  Descriptor connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection || !limit_waits(connection)) return std::nullopt;
  std::array<char, request_bytes_max> bytes;
  const auto got = retry([&] { return ::recv(connection.get(), bytes.data(), bytes.size(), 0); });
  if (got <= 0) return std::nullopt;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
  return Caller{.connection = std::move(connection),
                .request = std::string(text.substr(0, text.find('\n')))};
}

bool say(const Descriptor& connection, std::string_view text) {
  const auto sent =
      retry([&] { return ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL); });
  return sent == static_cast<ssize_t>(text.size());
}

base::Result<> call_local(const std::string& path, std::string_view request,
                          const std::function<void(std::string_view)>& heard) {
  const auto address = SocketAddress::of_path(path);
  if (!address) return std::unexpected(address.error());
  const Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!connection) return base::fail_errno("make a socket", errno);
  if (::connect(connection.get(), address->raw(), address->length) != 0) {
    return base::fail_errno("connect to " + path, errno);
  }
  if (!say(connection, request)) return base::fail_errno("ask at " + path, errno);
  std::array<char, 4096> bytes;
  for (;;) {
    const auto got = retry([&] { return ::recv(connection.get(), bytes.data(), bytes.size(), 0); });
    if (got < 0) return base::fail_errno("read the answer from " + path, errno);
    if (got == 0) return {};
    heard(std::string_view(bytes.data(), static_cast<std::size_t>(got)));
  }
}

}  // namespace io::real
