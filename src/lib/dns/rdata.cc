// See rdata.h.
#include "lib/dns/rdata.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "lib/base/text.h"

namespace dns {
namespace {

std::uint16_t number16(std::string_view bytes) {
  const auto octet = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
  };
  return static_cast<std::uint16_t>(octet(0) << 8U | octet(1));
}

void append_label(std::string& text, std::string_view label) {
  for (const char c : label) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= ' ' || octet >= 0x7f || c == '.' || c == '\\') {
      text += fmt::format("\\{:03}", octet);
    } else {
      text += base::to_lower(c);
    }
  }
}

std::optional<Record> read_text(std::string_view data) {
  Record record;
  if (data.empty()) return std::nullopt;  // RFC 1035 §3.3.14: one or more strings
  while (!data.empty()) {
    const std::size_t length = static_cast<unsigned char>(data[0]);
    if (data.size() < 1 + length) return std::nullopt;
    record.data += data.substr(1, length);
    data.remove_prefix(1 + length);
  }
  return record;
}

std::optional<Record> read_address(Type type, std::string_view data) {
  Record record;
  if (type == Type::a) {
    std::array<std::uint8_t, 4> bytes = {};
    if (data.size() != bytes.size()) return std::nullopt;
    std::memcpy(bytes.data(), data.data(), bytes.size());
    record.address = io::IpAddress::v4(bytes);
  } else {
    std::array<std::uint8_t, 16> bytes = {};
    if (data.size() != bytes.size()) return std::nullopt;
    std::memcpy(bytes.data(), data.data(), bytes.size());
    record.address = io::IpAddress::v6(bytes);
  }
  return record;
}

std::optional<Record> read_service(std::string_view data) {
  if (data.size() < 6) return std::nullopt;
  Record record;
  record.data =
      fmt::format("{} {} {} ", number16(data), number16(data.substr(2)), number16(data.substr(4)));
  data.remove_prefix(6);
  const auto target = read_name(data);
  if (!target || !data.empty()) return std::nullopt;
  record.data += *target;
  return record;
}

}  // namespace

std::optional<std::string> read_name(std::string_view& data) {
  std::string text;
  std::size_t bytes = 0;
  while (!data.empty()) {
    const std::size_t length = static_cast<unsigned char>(data[0]);
    bytes += 1 + length;
    // Above 63 it would be a compression pointer, which libunbound has already resolved.
    if (length > 63 || bytes > name_bytes_max || data.size() < 1 + length) return std::nullopt;
    const std::string_view label = data.substr(1, length);
    data.remove_prefix(1 + length);
    if (length == 0) return text;
    if (!text.empty()) text += '.';
    append_label(text, label);
  }
  return std::nullopt;
}

std::optional<Record> read_record(Type type, std::string_view data) {
  Record record;
  switch (type) {
    case Type::a:
    case Type::aaaa: return read_address(type, data);
    case Type::txt: return read_text(data);
    case Type::srv: return read_service(data);
    case Type::cname:
    case Type::ns:
    case Type::ptr: {
      auto name = read_name(data);
      if (!name || !data.empty()) return std::nullopt;
      record.data = std::move(*name);
      return record;
    }
    case Type::mx: {
      if (data.size() < 3) return std::nullopt;
      record.mx.preference = number16(data);
      data.remove_prefix(2);
      auto name = read_name(data);
      if (!name || !data.empty()) return std::nullopt;
      record.mx.exchange = std::move(*name);
      return record;
    }
    case Type::tlsa: {
      if (data.size() < 4) return std::nullopt;
      record.tlsa = {static_cast<std::uint8_t>(data[0]), static_cast<std::uint8_t>(data[1]),
                     static_cast<std::uint8_t>(data[2]), std::string(data.substr(3))};
      return record;
    }
  }
  return std::nullopt;
}

}  // namespace dns
