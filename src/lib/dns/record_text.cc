// See record_text.h.
#include "lib/dns/record_text.h"

#include <fmt/format.h>

#include <optional>

#include "lib/base/text.h"
#include "lib/dns/packet.h"

namespace dns {
namespace {

constexpr std::size_t string_bytes_max = 255;

std::vector<std::string_view> strings_of(std::string_view text) {
  std::vector<std::string_view> out;
  do {
    out.push_back(text.substr(0, string_bytes_max));
    text.remove_prefix(out.back().size());
  } while (!text.empty());
  return out;
}

// RFC 1035 §5.1: a quote and a backslash are escaped, other odd octets are \DDD.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < ' ' || octet >= 0x7f) {
      out += fmt::format("\\{:03}", octet);
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Service {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;  // "": the root
};

// "0 1 465 mail.example.org", as rdata.h reads it; "." or nothing is the root.
std::optional<Service> service_of(const std::string& data) {
  constexpr std::uint64_t number_max = 65'535;
  const auto words = base::words(data);
  if (words.size() < 3 || words.size() > 4) return std::nullopt;
  std::uint16_t numbers[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = base::parse_number(words[i]);
    if (!number || *number > number_max) return std::nullopt;
    numbers[i] = static_cast<std::uint16_t>(*number);
  }
  Service out{.priority = numbers[0], .weight = numbers[1], .port = numbers[2], .target = {}};
  if (words.size() == 4 && words[3] != ".") out.target = words[3];
  return out;
}

bool put_service(std::string& out, const std::string& data) {
  const auto service = service_of(data);
  if (!service) return false;
  put16(out, service->priority);
  put16(out, service->weight);
  put16(out, service->port);
  return put_name(out, service->target);
}

void put_text(std::string& out, std::string_view text) {
  for (const std::string_view part : strings_of(text)) {
    out += static_cast<char>(part.size());
    out += part;
  }
}

bool put_address(std::string& out, Type type, const io::IpAddress& address) {
  if (address.is_v6() != (type == Type::aaaa)) return false;
  out += address.bytes();
  return true;
}

}  // namespace

std::string data_text(Type type, const Record& record) {
  switch (type) {
    case Type::a:
    case Type::aaaa: return record.address.text();
    case Type::ns:
    case Type::cname:
    case Type::ptr: return record.data + '.';
    case Type::mx: return fmt::format("{} {}.", record.mx.preference, record.mx.exchange);
    case Type::txt: {
      std::string out;
      for (const std::string_view part : strings_of(record.data)) {
        out += (out.empty() ? "" : " ") + quoted(part);
      }
      return out;
    }
    case Type::srv: {
      const auto service = service_of(record.data);
      if (!service) return record.data;
      return fmt::format("{} {} {} {}.", service->priority, service->weight, service->port,
                         service->target);
    }
    case Type::tlsa:
      return fmt::format("{} {} {} {}", record.tlsa.usage, record.tlsa.selector,
                         record.tlsa.matching, base::hex(record.tlsa.data));
  }
  return {};
}

bool put_data(std::string& out, Type type, const Record& record) {
  switch (type) {
    case Type::a:
    case Type::aaaa: return put_address(out, type, record.address);
    case Type::ns:
    case Type::cname:
    case Type::ptr: return put_name(out, record.data);
    case Type::mx: put16(out, record.mx.preference); return put_name(out, record.mx.exchange);
    case Type::txt: put_text(out, record.data); return true;
    case Type::srv: return put_service(out, record.data);
    case Type::tlsa:
      for (const std::uint8_t octet :
           {record.tlsa.usage, record.tlsa.selector, record.tlsa.matching}) {
        out += static_cast<char>(octet);
      }
      out += record.tlsa.data;
      return true;
  }
  return false;
}

std::string zone_line(std::string_view name, Type type, const Record& record,
                      std::uint32_t ttl_seconds) {
  return fmt::format("{}. {} IN {} {}", name, ttl_seconds, to_string(type),
                     data_text(type, record));
}

}  // namespace dns
