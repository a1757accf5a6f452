// lib/dns/packet.h: numbers and names in DNS messages (RFC 1035 §4); used only by lib/dns.
//
// What:    put16 and others append; PacketReader takes, one after the other, and follows pointers.
// In/Out:  values ↔ octets.
// Errors:  nullopt at the end of the packet or for a name that is none; put_name says false.
// Limits:  pointers_max in a name, name_bytes_max octets of it.
// Not here: whole messages (wire.h, update.h), record data (rdata.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dns {

inline constexpr unsigned pointers_max = 32;     // of one name: a loop ends there
inline constexpr std::size_t header_bytes = 12;  // RFC 1035 §4.1.1
inline constexpr std::uint16_t class_in = 1;
inline constexpr std::uint16_t flag_reply = 0x8000;
inline constexpr std::uint16_t rcode_mask = 0x000f;

void put16(std::string& out, std::uint16_t number);
void put32(std::string& out, std::uint32_t number);
// Without pointers; "" is the root. False: it is no name, and `out` holds half of it.
[[nodiscard]] bool put_name(std::string& out, std::string_view name);
// The two octets must be there.
[[nodiscard]] std::uint16_t number16(std::string_view bytes, std::size_t at);

// The packet, and how far it has been read.
class PacketReader {
 public:
  explicit PacketReader(std::string_view packet) : packet_(packet) {}

  std::optional<std::uint16_t> take16();
  // The name in wire form, its pointers followed (RFC 1035 §4.1.4).
  std::optional<std::string> take_name();
  std::optional<std::string_view> take(std::size_t bytes);
  [[nodiscard]] std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }

 private:
  std::string_view packet_;
  std::size_t at_ = 0;
};

}  // namespace dns
