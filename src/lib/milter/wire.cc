// See wire.h.
#include "lib/milter/wire.h"

#include <fmt/format.h>

#include <algorithm>

namespace milter {
namespace {

constexpr std::size_t number_bytes = 4;

std::uint32_t number_of(std::string_view octets) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < number_bytes; ++i) {
    out = (out << 8U) | static_cast<unsigned char>(octets[i]);
  }
  return out;
}

}  // namespace

void put_number(std::string& out, std::uint32_t number) {
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    out += static_cast<char>((number >> (shift - 8)) & 0xffU);
  }
}

void put_text(std::string& out, std::string_view text) {
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != '\0'; });
  out += '\0';
}

std::string packet(char letter, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + number_bytes + 1);
  put_number(out, static_cast<std::uint32_t>(payload.size() + 1));
  out += letter;
  out += payload;
  return out;
}

base::Result<std::optional<Packet>> PacketReader::next() {
  if (buffer_.size() < number_bytes) return std::nullopt;
  const std::uint32_t bytes = number_of(buffer_);
  if (bytes == 0) return base::fail(base::ErrorKind::invalid, "an empty packet");
  if (bytes > packet_bytes_max) {
    return base::fail(base::ErrorKind::limit, fmt::format("a packet of {} octets", bytes));
  }
  if (buffer_.size() - number_bytes < bytes) return std::nullopt;
  Packet out;
  out.letter = buffer_[number_bytes];
  out.payload = buffer_.substr(number_bytes + 1, bytes - 1);
  buffer_.erase(0, number_bytes + bytes);
  return out;
}

std::optional<std::uint32_t> PayloadReader::number() {
  if (rest_.size() < number_bytes) return std::nullopt;
  const std::uint32_t out = number_of(rest_);
  rest_.remove_prefix(number_bytes);
  return out;
}

std::optional<std::string_view> PayloadReader::text() {
  const std::size_t end = rest_.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view out = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return out;
}

}  // namespace milter
