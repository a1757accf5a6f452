// See poller.h.
#include "lib/io/real/poller.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>

#include "lib/io/real/socket_address.h"

namespace io::real {
namespace {

constexpr std::size_t pieces_per_call_max = 64;
constexpr int backlog = 4096;

base::Result<Descriptor> make_socket(int family, int flags) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!socket) return base::fail_errno("make a socket", errno);
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return socket;
}

base::Result<std::optional<std::size_t>> outcome(ssize_t count, std::string_view doing) {
  if (count >= 0) return std::optional(static_cast<std::size_t>(count));
  if (errno == EAGAIN) return std::nullopt;
  return base::fail_errno(doing, errno);
}

}  // namespace

base::Result<Poller> Poller::make() {
  Poller out;
  out.epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  out.bell_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!out.epoll_ || !out.bell_) return base::fail_errno("make an epoll descriptor", errno);
  if (auto added = out.add(out.bell_, nullptr); !added) return std::unexpected(added.error());
  return out;
}

base::Result<> Poller::add(const Descriptor& socket, void* tag) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = tag;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event) == 0) return {};
  return base::fail_errno("watch a socket", errno);
}

std::size_t Poller::wait(std::span<void*> tags) {
  std::array<epoll_event, events_max> events;
  const auto room = static_cast<int>(std::min(tags.size(), events.size()));
  const int count = retry([&] { return ::epoll_wait(epoll_.get(), events.data(), room, -1); });
  std::size_t used = 0;
  for (int i = 0; i < count; ++i) {
    void* const tag = events[static_cast<std::size_t>(i)].data.ptr;
    if (tag != nullptr) tags[used++] = tag;
  }
  return used;
}

void Poller::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(bell_.get(), &one, sizeof(one));  // fails only when it rings already
}

base::Result<Descriptor> listen_socket(const Endpoint& at, bool share_port) {
  const SocketAddress address = SocketAddress::of(at);
  auto socket = make_socket(address.family(), SOCK_NONBLOCK);
  if (!socket) return socket;
  const int on = 1;
  ::setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (share_port) ::setsockopt(socket->get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  // "[::]" and "0.0.0.0" can be bound side by side.
  if (at.address.is_v6()) ::setsockopt(socket->get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(socket->get(), address.raw(), address.length) != 0 ||
      ::listen(socket->get(), backlog) != 0) {
    return base::fail_errno("listen at " + at.text(), errno);
  }
  return socket;
}

Descriptor accept_socket(const Descriptor& listening) {
  return Descriptor(retry(
      [&] { return ::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }));
}

base::Result<Descriptor> connect_socket(const Endpoint& to) {
  const SocketAddress address = SocketAddress::of(to);
  auto socket = make_socket(address.family(), SOCK_NONBLOCK);
  if (!socket) return socket;
  if (::connect(socket->get(), address.raw(), address.length) != 0 && errno != EINPROGRESS) {
    return base::fail_errno("connect to " + to.text(), errno);
  }
  return socket;
}

base::Result<SocketPair> loopback_pair() {
  SocketAddress address = SocketAddress::of({IpAddress::v4({127, 0, 0, 1}), 0});
  auto listening = make_socket(AF_INET, 0);
  if (!listening) return std::unexpected(listening.error());
  auto one = make_socket(AF_INET, 0);
  if (!one) return std::unexpected(one.error());
  if (::bind(listening->get(), address.raw(), address.length) != 0 ||
      ::listen(listening->get(), 1) != 0 ||
      ::getsockname(listening->get(), address.raw(), &address.length) != 0 ||
      ::connect(one->get(), address.raw(), address.length) != 0) {
    return base::fail_errno("connect over loopback", errno);
  }
  Descriptor other(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!other) return base::fail_errno("connect over loopback", errno);
  const int on = 1;
  ::setsockopt(other.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return SocketPair{std::move(*one), std::move(other)};
}

base::Result<std::optional<std::size_t>> receive(const Descriptor& socket, std::span<char> into) {
  const ssize_t got = retry([&] { return ::recv(socket.get(), into.data(), into.size(), 0); });
  if (got == 0) return base::fail(base::ErrorKind::closed, "read from a socket");
  return outcome(got, "read from a socket");
}

base::Result<std::optional<std::size_t>> send_pieces(const Descriptor& socket,
                                                     std::span<const std::string_view> pieces) {
  std::array<iovec, pieces_per_call_max> vectors;
  std::size_t count = 0;
  for (const std::string_view piece : pieces.first(std::min(pieces.size(), vectors.size()))) {
    vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  msghdr message = {};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  return outcome(retry([&] { return ::sendmsg(socket.get(), &message, MSG_NOSIGNAL); }),
                 "write to a socket");
}

}  // namespace io::real
