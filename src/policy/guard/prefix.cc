// See prefix.h.
#include "policy/guard/prefix.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace policy {
namespace {

constexpr unsigned octet_bits = 8;

// The octets with everything behind the prefix set to zero.
template <std::size_t N>
std::array<std::uint8_t, N> cut_octets(std::string_view from, unsigned bits) {
  std::array<std::uint8_t, N> out{};
  for (std::size_t i = 0; i < N; ++i) {
    const auto begin = static_cast<unsigned>(i) * octet_bits;
    if (bits <= begin) break;
    const unsigned kept = std::min(bits - begin, octet_bits);
    const unsigned mask = (0xffU << (octet_bits - kept)) & 0xffU;
    out.at(i) = static_cast<std::uint8_t>(static_cast<std::uint8_t>(from[i]) & mask);
  }
  return out;
}

}  // namespace

io::IpNetwork cut(const io::IpAddress& address, unsigned bits) {
  const io::IpAddress first = address.is_v6()
                                  ? io::IpAddress::v6(cut_octets<16>(address.bytes(), bits))
                                  : io::IpAddress::v4(cut_octets<4>(address.bytes(), bits));
  return {.address = first, .prefix_bits = bits};
}

io::IpNetwork unit_of(const io::IpAddress& address) {
  return cut(address, address.is_v6() ? 64 : 32);
}

io::IpNetwork network_of(const io::IpAddress& address) {
  return cut(address, address.is_v6() ? 48 : 24);
}

bool is_unit(const io::IpNetwork& network) {
  return network.prefix_bits >= (network.address.is_v6() ? 64U : 32U);
}

bool within(const io::IpNetwork& inner, const io::IpNetwork& outer) {
  return inner.prefix_bits >= outer.prefix_bits && outer.contains(inner.address);
}

std::size_t NetworkHash::operator()(const io::IpNetwork& network) const {
  const std::size_t hash = std::hash<std::string_view>{}(network.address.bytes());
  return hash ^ (network.prefix_bits * 0x9e3779b97f4a7c15ULL);  // 2^64 by the golden ratio
}

}  // namespace policy
