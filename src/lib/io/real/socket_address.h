// lib/io/real/socket_address.h: endpoints as the kernel wants them.
//
// What:    SocketAddress is a sockaddr of any family; conversions to and from Endpoint and paths.
// In/Out:  Endpoint or unix path ↔ sockaddr.
// Errors:  a unix path that is empty or too long is `invalid`.
// Limits:  unix paths: 107 octets (sun_path).
// Not here: text forms (lib/io/address.h).
#pragma once

#include <sys/socket.h>

#include <string>

#include "lib/base/result.h"
#include "lib/io/address.h"

namespace io::real {

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(sockaddr_storage);

  [[nodiscard]] static SocketAddress of(const Endpoint& endpoint);
  [[nodiscard]] static base::Result<SocketAddress> of_path(const std::string& path);

  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // An all-zero Endpoint for families other than IPv4 and IPv6.
  [[nodiscard]] Endpoint endpoint() const;
};

// The address inside a sockaddr_in or sockaddr_in6; 0.0.0.0 for other families.
[[nodiscard]] IpAddress ip_of(const sockaddr& address);

}  // namespace io::real
