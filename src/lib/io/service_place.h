// lib/io/service_place.h: where a service beside us listens: a unix socket, or a host and a port.
//
// What:    parse and text of "unix:/run/dovecot/lmtp", "127.0.0.1:24", "[::1]:24", "mail.inner:24".
// In/Out:  text ↔ ServicePlace.
// Errors:  parse returns nullopt for anything else; a unix path must begin with '/'.
// Limits:  unix_path_bytes_max, the kernel's; host_bytes_max.
// Not here: connecting (network.h), looking names up (lib/dns).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/io/address.h"

namespace io {

inline constexpr std::size_t unix_path_bytes_max = 107;  // sun_path less its zero

struct ServicePlace {
  static constexpr std::size_t host_bytes_max = 255;

  std::string path;  // of a unix socket; empty: host and port
  std::string host;  // a name or an IP address without brackets; empty: no place at all
  std::uint16_t port = 0;

  [[nodiscard]] static std::optional<ServicePlace> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool empty() const { return path.empty() && host.empty(); }
  // The address when the host is one.
  [[nodiscard]] std::optional<IpAddress> address() const { return IpAddress::parse(host); }

  bool operator==(const ServicePlace&) const = default;
};

}  // namespace io
