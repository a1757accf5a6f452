// lib/io/proxy_header.h: what a proxy says first about the connection that it relays (HAProxy's
// PROXY protocol, versions 1 and 2).
//
// What:    parse_proxy_header reads the beginning of a connection; a version 2 header is binary, a
//          version 1 header a line.
// In/Out:  the octets so far → more are needed, a header and how many octets it has, or why it is
//          none. It never looks beyond the header.
// Errors:  malformed, as soon as no octet that follows could mend it.
// Limits:  proxy_line_bytes_max (the specification's), proxy_header_bytes_max for version 2.
// Not here: who may send one (the caller), the connection (proxied_stream.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/io/address.h"

namespace io {

inline constexpr std::size_t proxy_line_bytes_max = 107;  // §2.1, CRLF included
// Proxies add a few hundred octets (TLVs), some a client's certificate; the format allows 64 KiB.
inline constexpr std::size_t proxy_header_bytes_max = 16UL * 1024;
// How version 2 begins (§2.2); no line of SMTP, HTTP or version 1 does.
inline constexpr std::string_view proxy_signature{"\r\n\r\n\0\r\nQUIT\n", 12};

struct ProxyHeader {
  enum class Client : std::uint8_t {
    relayed,  // it has these addresses
    none,     // LOCAL: the proxy itself, which looks whether we are there
    unknown,  // UNKNOWN, AF_UNSPEC, AF_UNIX: somebody whose address the proxy cannot tell
  };
  Client client = Client::unknown;
  Endpoint source;       // relayed: the client
  Endpoint destination;  // relayed: where it connected to
  bool operator==(const ProxyHeader&) const = default;
};

struct ProxyParse {
  enum class Status : std::uint8_t { need_more, done, malformed };
  Status status = Status::need_more;
  ProxyHeader header;     // done
  std::size_t bytes = 0;  // done: what follows is the client's
  std::string problem;    // malformed
};

[[nodiscard]] ProxyParse parse_proxy_header(std::string_view octets);

}  // namespace io
