// See service_place.h.
#include "lib/io/service_place.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace io {
namespace {

constexpr std::string_view unix_scheme = "unix:";

bool is_host_octet(char c) {
  return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= ServicePlace::host_bytes_max && text.front() != '.' &&
         text.front() != '-' && std::ranges::all_of(text, is_host_octet) &&
         std::ranges::any_of(text, base::is_alpha);
}

}  // namespace

std::optional<ServicePlace> ServicePlace::parse(std::string_view text) {
  if (text.starts_with(unix_scheme)) {
    text.remove_prefix(unix_scheme.size());
    const bool fits = text.starts_with('/') && text.size() <= unix_path_bytes_max &&
                      text.find('\0') == std::string_view::npos;
    if (!fits) return std::nullopt;
    return ServicePlace{.path = std::string(text), .host = {}, .port = 0};
  }
  if (const auto at = Endpoint::parse(text)) {
    if (at->port == 0) return std::nullopt;
    return ServicePlace{.path = {}, .host = at->address.text(), .port = at->port};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_name(text.substr(0, colon))) return std::nullopt;
  const auto port = base::parse_number(text.substr(colon + 1));
  if (!port || *port == 0 || *port > UINT16_MAX) return std::nullopt;
  return ServicePlace{.path = {},
                      .host = base::lower(text.substr(0, colon)),
                      .port = static_cast<std::uint16_t>(*port)};
}

std::string ServicePlace::text() const {
  if (!path.empty()) return fmt::format("{}{}", unix_scheme, path);
  if (host.empty()) return {};
  if (const auto ip = address()) return Endpoint{*ip, port}.text();
  return fmt::format("{}:{}", host, port);
}

}  // namespace io
