// See filter.h.
#include "directory/ldap/filter.h"

#include <fmt/format.h>

namespace directory {
namespace {

std::string joined(char how, std::span<const std::string> filters) {
  if (filters.size() == 1) return filters.front();
  std::string out = fmt::format("({}", how);
  for (const std::string& filter : filters) out += filter;
  return out + ")";
}

}  // namespace

std::string escape_filter_value(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = octet > 0x20 && octet < 0x7f && c != '(' && c != ')' && c != '*' &&
                       c != '\\';  // RFC 4515 §3
    if (plain) {
      out += c;
    } else {
      out += fmt::format("\\{:02x}", octet);
    }
  }
  return out;
}

std::string equals_filter(std::string_view attribute, std::string_view value) {
  return fmt::format("({}={})", attribute, escape_filter_value(value));
}

std::string all_of_filter(std::span<const std::string> filters) { return joined('&', filters); }
std::string any_of_filter(std::span<const std::string> filters) { return joined('|', filters); }

}  // namespace directory
