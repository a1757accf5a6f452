// See socket_address.h.
#include "lib/io/real/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace io::real {

SocketAddress SocketAddress::of(const Endpoint& endpoint) {
  SocketAddress out;
  const std::string_view bytes = endpoint.address.bytes();
  if (endpoint.address.is_v6()) {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&out.storage, &address, sizeof(address));
    out.length = sizeof(address);
  } else {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&out.storage, &address, sizeof(address));
    out.length = sizeof(address);
  }
  return out;
}

base::Result<SocketAddress> SocketAddress::of_path(const std::string& path) {
  sockaddr_un address = {};
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return base::fail(base::ErrorKind::invalid, "socket path is empty or longer than 107: " + path);
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof(address));
  out.length = sizeof(address);
  return out;
}

Endpoint SocketAddress::endpoint() const {
  Endpoint out;
  out.address = ip_of(*raw());
  if (family() == AF_INET) out.port = ntohs(reinterpret_cast<const sockaddr_in*>(raw())->sin_port);
  if (family() == AF_INET6) {
    out.port = ntohs(reinterpret_cast<const sockaddr_in6*>(raw())->sin6_port);
  }
  return out;
}

IpAddress ip_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes = {};
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  if (address.sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> bytes = {};
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return {};
}

}  // namespace io::real
