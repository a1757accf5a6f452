// See proxy_header.h. Sections are those of haproxy.org's doc/proxy-protocol.txt.
#include "lib/io/proxy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/text.h"

namespace io {
namespace {

using Client = ProxyHeader::Client;
using Status = ProxyParse::Status;

constexpr std::string_view line_start = "PROXY ";
constexpr std::size_t fixed_bytes = 16;  // of version 2: signature, version, family, length
constexpr std::size_t v4_block_bytes = 12;
constexpr std::size_t v6_block_bytes = 36;

ProxyParse malformed(std::string problem) {
  return {.status = Status::malformed, .header = {}, .bytes = 0, .problem = std::move(problem)};
}

ProxyParse done(ProxyHeader header, std::size_t bytes) {
  return {.status = Status::done, .header = header, .bytes = bytes, .problem = {}};
}

// §2.1: decimal, without leading zeros.
std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto number = base::parse_number(text);
  if (!number || *number > 65'535 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

// The colon and nothing else tells the two families' texts apart.
std::optional<Endpoint> endpoint_of(std::string_view address, std::string_view port, bool v6) {
  if (address.contains(':') != v6) return std::nullopt;
  const auto parsed = IpAddress::parse(address);
  const auto number = port_of(port);
  if (!parsed || !number) return std::nullopt;
  return Endpoint{.address = *parsed, .port = *number};
}

ProxyParse parse_line(std::string_view octets) {
  const std::size_t end = octets.substr(0, proxy_line_bytes_max).find("\r\n");
  if (end == std::string_view::npos) {
    const std::string_view seen = octets.substr(0, proxy_line_bytes_max);
    const bool printable =
        std::ranges::all_of(seen, [](char c) { return (c >= ' ' && c <= '~') || c == '\r'; });
    if (!printable) return malformed("a PROXY line with control characters");
    if (octets.size() >= proxy_line_bytes_max) {
      return malformed(fmt::format("a PROXY line over {} octets", proxy_line_bytes_max));
    }
    return {};
  }
  const std::string_view line = octets.substr(0, end);
  const std::size_t bytes = end + 2;
  const auto words = base::split(line.substr(line_start.size()), ' ');
  // §2.1: what follows UNKNOWN is not to be looked at.
  if (words.front() == "UNKNOWN") {
    return done({.client = Client::unknown, .source = {}, .destination = {}}, bytes);
  }
  const bool v6 = words.front() == "TCP6";
  if (!v6 && words.front() != "TCP4") {
    return malformed("a PROXY line of neither TCP4 nor TCP6 nor UNKNOWN");
  }
  if (words.size() != 5) return malformed("a PROXY line without two addresses and two ports");
  const auto source = endpoint_of(words[1], words[3], v6);
  const auto destination = endpoint_of(words[2], words[4], v6);
  if (!source || !destination) return malformed("a PROXY line with a malformed address or port");
  return done({.client = Client::relayed, .source = *source, .destination = *destination}, bytes);
}

std::uint8_t octet(std::string_view octets, std::size_t at) {
  return static_cast<std::uint8_t>(octets[at]);
}

std::uint16_t number16(std::string_view octets, std::size_t at) {
  return static_cast<std::uint16_t>(octet(octets, at) << 8U | octet(octets, at + 1));
}

IpAddress address_at(std::string_view octets, std::size_t at, bool v6) {
  std::array<std::uint8_t, 4> four{};
  std::array<std::uint8_t, 16> six{};
  for (std::size_t i = 0; i < (v6 ? six.size() : four.size()); ++i) {
    (v6 ? six[i] : four[i]) = octet(octets, at + i);
  }
  return v6 ? IpAddress::v6(six) : IpAddress::v4(four);
}

// §2.2: the addresses, then the ports. TLVs follow, which we have no use for.
ProxyHeader addresses_of(std::string_view block, bool v6) {
  const std::size_t bytes = v6 ? 16 : 4;
  return {.client = Client::relayed,
          .source = {.address = address_at(block, 0, v6), .port = number16(block, 2 * bytes)},
          .destination = {.address = address_at(block, bytes, v6),
                          .port = number16(block, 2 * bytes + 2)}};
}

ProxyParse parse_block(std::string_view octets) {
  const std::uint8_t command = octet(octets, 12);
  const std::uint8_t family = octet(octets, 13);
  const std::size_t length = number16(octets, 14);
  const std::size_t bytes = fixed_bytes + length;
  if (command >> 4U != 2) {
    return malformed(fmt::format("a PROXY header of version {}", command >> 4U));
  }
  const bool local = (command & 0xfU) == 0;
  if ((command & 0xfU) > 1) return malformed("a PROXY header with an unknown command");
  if (bytes > proxy_header_bytes_max) {
    return malformed(
        fmt::format("a PROXY header of {} octets; we take {}", bytes, proxy_header_bytes_max));
  }
  constexpr std::uint8_t tcp4 = 0x11;
  constexpr std::uint8_t tcp6 = 0x21;
  constexpr std::uint8_t unspecified = 0x00;
  constexpr std::uint8_t unix_stream = 0x31;
  const bool relayed = !local && (family == tcp4 || family == tcp6);
  const bool unknown = !local && (family == unspecified || family == unix_stream);
  // §2.2: of LOCAL the rest is not to be looked at.
  if (!local && !relayed && !unknown) {
    return malformed(fmt::format("a PROXY header of family and protocol {:#04x}", family));
  }
  if (relayed && length < (family == tcp6 ? v6_block_bytes : v4_block_bytes)) {
    return malformed("a PROXY header too short for its addresses");
  }
  if (octets.size() < bytes) return {};
  if (relayed) return done(addresses_of(octets.substr(fixed_bytes, length), family == tcp6), bytes);
  return done({.client = local ? Client::none : Client::unknown, .source = {}, .destination = {}},
              bytes);
}

}  // namespace

ProxyParse parse_proxy_header(std::string_view octets) {
  const auto begins_like = [octets](std::string_view start) {
    const std::size_t common = std::min(octets.size(), start.size());
    return octets.substr(0, common) == start.substr(0, common);
  };
  if (begins_like(line_start)) {
    return octets.size() < line_start.size() ? ProxyParse{} : parse_line(octets);
  }
  if (!begins_like(proxy_signature)) return malformed("no PROXY header");
  return octets.size() < fixed_bytes ? ProxyParse{} : parse_block(octets);
}

}  // namespace io
