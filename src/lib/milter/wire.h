// lib/milter/wire.h: packets of the milter protocol: length, one letter, payload.
//
// What:    packet() writes one; PacketReader cuts what has come into packets; PayloadReader takes
//          numbers and texts off a payload.
// In/Out:  octets ↔ Packet.
// Errors:  limit or invalid, after which the connection is of no more use.
// Limits:  packet_bytes_max.
// Not here: what the letters mean (command.h, reply.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace milter {

// A filter's largest packet is a chunk of a body or a header field with all its folds.
inline constexpr std::size_t packet_bytes_max = 256UL * 1024;

struct Packet {
  char letter = 0;
  std::string payload;

  bool operator==(const Packet&) const = default;
};

// As it goes over the wire.
[[nodiscard]] std::string packet(char letter, std::string_view payload);

void put_number(std::string& out, std::uint32_t number);
// A text and its NUL. NULs inside, which would begin another text, are left out.
void put_text(std::string& out, std::string_view text);

class PacketReader {
 public:
  void feed(std::string_view octets) { buffer_ += octets; }
  // The next whole packet; nullopt: more octets are needed.
  [[nodiscard]] base::Result<std::optional<Packet>> next();
  [[nodiscard]] bool empty() const { return buffer_.empty(); }

 private:
  std::string buffer_;
};

class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}
  [[nodiscard]] std::optional<std::uint32_t> number();
  // Up to its NUL, which must be there.
  [[nodiscard]] std::optional<std::string_view> text();
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace milter
