// See network.h.
#include "lib/io/real/network.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "lib/io/real/descriptor.h"
#include "lib/io/real/handed_sockets.h"
#include "lib/io/real/listener.h"
#include "lib/io/real/local_socket.h"
#include "lib/io/real/socket_address.h"
#include "lib/io/real/stream.h"

namespace io::real {
namespace {

base::Result<Descriptor> make_socket(int family) {
  Descriptor descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor) return base::fail_errno("make a socket", errno);
  return descriptor;
}

void set_option(const Descriptor& descriptor, int level, int name, int value) {
  const int result = ::setsockopt(descriptor.get(), level, name, &value, sizeof(value));
  CHECK(result == 0, "socket options of ours are known to the kernel");
}

base::Result<> bind_source(const Descriptor& descriptor, const IpAddress& source) {
  // Without this the kernel would look for a port that is free towards everybody.
  set_option(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const SocketAddress from = SocketAddress::of({source, 0});
  if (::bind(descriptor.get(), from.raw(), from.length) != 0) {
    return base::fail_errno("connect from " + source.text(), errno);
  }
  return {};
}

}  // namespace

Task<Network::StreamResult> SocketNetwork::connect(Endpoint to, std::optional<IpAddress> source) {
  const SocketAddress address = SocketAddress::of(to);
  auto descriptor = make_socket(address.family());
  if (!descriptor) co_return std::unexpected(std::move(descriptor.error()));
  if (source && source->is_v6() != to.address.is_v6()) {
    co_return base::fail(base::ErrorKind::invalid,
                         "connect to " + to.text() + " from " + source->text());
  }
  if (source) {
    auto bound = bind_source(*descriptor, *source);
    if (!bound) co_return std::unexpected(std::move(bound.error()));
  }
  set_option(*descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  const int result = ::connect(descriptor->get(), address.raw(), address.length);
  const int error = result == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS && error != EINTR) {
    co_return base::fail_errno("connect to " + to.text(), error);
  }
  auto stream = SocketStream::make(context_, std::move(*descriptor), address);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  if (error != 0) {
    auto connected = co_await (*stream)->wait_connected();
    if (!connected) co_return std::unexpected(std::move(connected.error()));
  }
  co_return std::move(*stream);
}

Task<Network::StreamResult> SocketNetwork::connect_unix(std::string path) {
  const auto address = SocketAddress::of_path(path);
  if (!address) co_return std::unexpected(address.error());
  auto descriptor = make_socket(AF_UNIX);
  if (!descriptor) co_return std::unexpected(std::move(descriptor.error()));
  // Ends at once: connected, or refused, or EAGAIN (busy) when the other side's backlog is full.
  const int result =
      retry([&] { return ::connect(descriptor->get(), address->raw(), address->length); });
  if (result != 0) co_return base::fail_errno("connect to " + path, errno);
  auto stream = SocketStream::make(context_, std::move(*descriptor), *address);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  co_return std::move(*stream);
}

Network::ListenerResult SocketNetwork::listen(Endpoint at, ListenOptions options) {
  if (handed_ != nullptr) {
    auto handed = handed_->duplicate(at);
    if (!handed) return std::unexpected(std::move(handed.error()));
    if (*handed) return adopt((*handed)->release());
  }
  const SocketAddress address = SocketAddress::of(at);
  auto descriptor = make_socket(address.family());
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  set_option(*descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.share_port) set_option(*descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  // "[::]" and "0.0.0.0" can be bound side by side.
  if (at.address.is_v6()) set_option(*descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  // Linux hands it on to the accepted sockets, which saves a call for each.
  set_option(*descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (::bind(descriptor->get(), address.raw(), address.length) != 0 ||
      ::listen(descriptor->get(), options.backlog) != 0) {
    return base::fail_errno("listen at " + at.text(), errno);
  }
  return SocketListener::make(context_, std::move(*descriptor), {});
}

Network::ListenerResult SocketNetwork::listen_unix(std::string path, unsigned mode) {
  auto descriptor = listen_at(path, mode, SOMAXCONN);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  return SocketListener::make(context_, std::move(*descriptor), std::move(path));
}

Network::ListenerResult SocketNetwork::adopt(int descriptor) {
  Descriptor owned(descriptor);
  int listening = 0;
  socklen_t length = sizeof(listening);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0) {
    return base::fail_errno("adopt a listening socket", errno);
  }
  if (listening == 0) {
    return base::fail(base::ErrorKind::invalid, "the socket to adopt does not listen");
  }
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return base::fail_errno("adopt a listening socket", errno);
  }
  const int on = 1;  // fails for a unix socket, which has no such thing
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return SocketListener::make(context_, std::move(owned), {});
}

std::vector<IpAddress> SocketNetwork::own_addresses() const {
  std::vector<IpAddress> out;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return out;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) out.push_back(ip_of(*entry->ifa_addr));
  }
  ::freeifaddrs(first);
  return out;
}

}  // namespace io::real
