// See address.h.
#include "lib/io/address.h"

#include <arpa/inet.h>
#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "lib/base/text.h"

namespace io {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpNetwork network(std::string_view text) { return IpNetwork::parse(text).value(); }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = base::parse_number(text);
  if (!number || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> bytes) {
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin())) {
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  IpAddress address;
  address.is_v6_ = true;
  address.bytes_ = bytes;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton wants a terminated string; the longest address has 45 characters.
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), buffer.begin());
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, buffer.data(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> six{};
  if (inet_pton(AF_INET6, buffer.data(), six.data()) == 1) return v6(six);
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  static const IpNetwork four = network("127.0.0.0/8");
  static const IpNetwork six = network("::1/128");
  return four.contains(*this) || six.contains(*this);
}

bool IpAddress::is_private() const {
  static const std::array<IpNetwork, 8> networks = {
      network("10.0.0.0/8"),     network("172.16.0.0/12"), network("192.168.0.0/16"),  // RFC 1918
      network("100.64.0.0/10"),                                                        // RFC 6598
      network("169.254.0.0/16"), network("fe80::/10"),                                 // link-local
      network("fc00::/7"),                                                             // RFC 4193
      network("127.0.0.0/8")};
  return is_loopback() || std::any_of(networks.begin(), networks.end(),
                                      [this](const IpNetwork& n) { return n.contains(*this); });
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

std::string IpAddress::text() const {
  if (!is_v6_) {  // inet_ntop does it by snprintf
    return fmt::format(FMT_COMPILE("{}.{}.{}.{}"), bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
  }
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::string IpAddress::literal() const {
  return is_v6_ ? fmt::format("[IPv6:{}]", text()) : fmt::format("[{}]", text());
}

std::string IpAddress::reverse_name() const {
  if (!is_v6_) {
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", bytes_[3], bytes_[2], bytes_[1], bytes_[0]);
  }
  std::string name;
  for (auto byte = bytes_.rbegin(); byte != bytes_.rend(); ++byte) {
    name += fmt::format("{:x}.{:x}.", *byte & 0x0fU, *byte >> 4U);  // RFC 3596 §2.5
  }
  return name + "ip6.arpa";
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned bits_max = address->is_v6() ? 128 : 32;
  if (slash == std::string_view::npos) return IpNetwork{*address, bits_max};
  const auto bits = base::parse_number(text.substr(slash + 1));
  if (!bits || *bits > bits_max) return std::nullopt;
  return IpNetwork{*address, static_cast<unsigned>(*bits)};
}

bool IpNetwork::contains(const IpAddress& other) const {
  const std::string_view ours = address.bytes();
  const std::string_view theirs = other.bytes();
  if (ours.size() != theirs.size()) return false;
  const std::size_t whole = prefix_bits / 8;
  if (ours.substr(0, whole) != theirs.substr(0, whole)) return false;
  const unsigned rest = prefix_bits % 8;
  if (rest == 0) return true;
  const unsigned difference =
      static_cast<unsigned char>(ours[whole]) ^ static_cast<unsigned char>(theirs[whole]);
  return (difference >> (8 - rest)) == 0;
}

std::string IpNetwork::text() const { return fmt::format("{}/{}", address.text(), prefix_bits); }

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  // Without brackets nobody can tell where a v6 address ends.
  if (!port || !address || bracketed != (host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  return Endpoint{*address, *port};
}

std::string Endpoint::text() const {
  return address.is_v6() ? fmt::format(FMT_COMPILE("[{}]:{}"), address.text(), port)
                         : fmt::format(FMT_COMPILE("{}:{}"), address.text(), port);
}

}  // namespace io
