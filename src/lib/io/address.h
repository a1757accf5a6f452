// lib/io/address.h: IP addresses, networks and endpoints as values.
//
// What:    IpAddress (v4 or v6), Network prefix with contains(), Endpoint = address and port.
// In/Out:  parse ↔ text: "192.0.2.1", "2001:db8::1", "10.0.0.0/8", "127.0.0.1:25", "[::1]:25".
// Errors:  parse returns nullopt for anything else.
// Limits:  none.
// Not here: names and look-ups (lib/dns), sockets (network.h).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace io {

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  [[nodiscard]] static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  [[nodiscard]] static IpAddress v6(std::array<std::uint8_t, 16> bytes);  // v4-mapped becomes v4
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v6() const { return is_v6_; }
  // 4 octets of a v4 address or 16 of a v6 address.
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), is_v6_ ? 16U : 4U};
  }
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_private() const;      // RFC 1918, 4193, 6598, link-local, loopback
  [[nodiscard]] bool is_unspecified() const;  // 0.0.0.0 and ::
  [[nodiscard]] std::string text() const;
  // RFC 5321 §4.1.3 address literal: "[192.0.2.1]", "[IPv6:2001:db8::1]".
  [[nodiscard]] std::string literal() const;
  // "1.2.0.192.in-addr.arpa" or the ip6.arpa form.
  [[nodiscard]] std::string reverse_name() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  bool is_v6_ = false;
  std::array<std::uint8_t, 16> bytes_ = {};
};

struct IpNetwork {
  IpAddress address;
  unsigned prefix_bits = 0;
  [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);  // a bare address too
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] std::string text() const;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace io
