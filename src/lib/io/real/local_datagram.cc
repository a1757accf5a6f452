// See local_datagram.h.
#include "lib/io/real/local_datagram.h"

#include <fcntl.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstddef>

namespace io::real {
namespace {

// unix(7): an abstract name has a NUL in front, and ends where its length says.
base::Result<SocketAddress> address_of(const std::string& name) {
  if (!name.starts_with('@')) return SocketAddress::of_path(name);
  auto address = SocketAddress::of_path(name);
  if (!address) return address;
  reinterpret_cast<sockaddr_un*>(address->raw())->sun_path[0] = '\0';
  address->length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return address;
}

}  // namespace

base::Result<LocalDatagram> LocalDatagram::open(const std::string& name, base::Duration patience) {
  if (!name.starts_with('/') && !name.starts_with('@')) {
    return base::fail(base::ErrorKind::invalid,
                      "\"" + name + "\" is no unix socket; it begins with / or @");
  }
  auto to = address_of(name);
  if (!to) return std::unexpected(std::move(to.error()));
  const int mode = patience == base::Duration(0) ? SOCK_NONBLOCK : 0;
  Descriptor descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | mode, 0));
  if (!descriptor) return base::fail_errno("make a socket", errno);
  const timeval wait = {.tv_sec = patience / std::chrono::seconds(1),
                        .tv_usec = (patience % std::chrono::seconds(1)).count()};
  if (::setsockopt(descriptor.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0) {
    return base::fail_errno("limit how long a send may block", errno);
  }
  return LocalDatagram(std::move(descriptor), *to, name);
}

base::Result<LocalDatagram> LocalDatagram::over(int descriptor) {
  SocketAddress nowhere;
  nowhere.length = 0;
  int domain = 0;
  socklen_t length = sizeof(domain);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX ||
      ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return base::fail(base::ErrorKind::invalid,
                      "descriptor " + std::to_string(descriptor) + " is no unix socket");
  }
  return LocalDatagram(Descriptor(descriptor), nowhere, "the channel");
}

base::Result<> LocalDatagram::send(std::string_view bytes) const {
  const auto sent = retry([&] {
    return ::sendto(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                    to_.length == 0 ? nullptr : to_.raw(), to_.length);
  });
  if (sent >= 0) return {};
  const int error = errno;
  auto failure = base::fail_errno("send to " + name_, error);
  if (error == EAGAIN || error == ENOBUFS) failure.error().kind = base::ErrorKind::busy;
  if (error == EMSGSIZE) failure.error().kind = base::ErrorKind::limit;
  return failure;
}

}  // namespace io::real
