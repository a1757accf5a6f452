// See packet.h.
#include "lib/dns/packet.h"

#include "lib/base/text.h"
#include "lib/dns/rdata.h"

namespace dns {

void put16(std::string& out, std::uint16_t number) {
  out += static_cast<char>(number >> 8U);
  out += static_cast<char>(number & 0xffU);
}

void put32(std::string& out, std::uint32_t number) {
  put16(out, static_cast<std::uint16_t>(number >> 16U));
  put16(out, static_cast<std::uint16_t>(number & 0xffffU));
}

bool put_name(std::string& out, std::string_view name) {
  constexpr std::size_t label_bytes_max = 63;
  std::size_t bytes = 1;
  for (const std::string_view label : base::split(name, '.')) {
    if (name.empty()) break;
    bytes += label.size() + 1;
    if (label.empty() || label.size() > label_bytes_max || bytes > name_bytes_max) return false;
    out += static_cast<char>(label.size());
    out += label;
  }
  out += '\0';
  return true;
}

std::uint16_t number16(std::string_view bytes, std::size_t at) {
  const auto octet = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
  };
  return static_cast<std::uint16_t>(octet(at) << 8U | octet(at + 1));
}

std::optional<std::uint16_t> PacketReader::take16() {
  if (packet_.size() - at_ < 2) return std::nullopt;
  const std::uint16_t number = number16(packet_, at_);
  at_ += 2;
  return number;
}

std::optional<std::string_view> PacketReader::take(std::size_t bytes) {
  if (packet_.size() - at_ < bytes) return std::nullopt;
  const std::string_view out = packet_.substr(at_, bytes);
  at_ += bytes;
  return out;
}

std::optional<std::string> PacketReader::take_name() {
  std::string name;
  std::optional<std::size_t> resume;  // behind the first pointer
  unsigned pointers = 0;
  for (std::size_t at = at_; at < packet_.size();) {
    const unsigned length = static_cast<unsigned char>(packet_[at]);
    if ((length & 0xc0U) == 0xc0U) {
      if (packet_.size() - at < 2 || ++pointers > pointers_max) return std::nullopt;
      if (!resume) resume = at + 2;
      at = number16(packet_, at) & 0x3fffU;
      continue;
    }
    if (length > 63 || packet_.size() - at < 1 + length) return std::nullopt;
    name += packet_.substr(at, 1 + length);
    at += 1 + length;
    if (name.size() > name_bytes_max) return std::nullopt;
    if (length == 0) {
      at_ = resume.value_or(at);
      return name;
    }
  }
  return std::nullopt;
}
}  // namespace dns
