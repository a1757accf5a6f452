// See query.h.
#include "admin/query.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace admin {
namespace {

std::string_view value_of(const http::Request& request, std::string_view name) {
  const auto at = request.query.find(name);
  return at == request.query.end() ? std::string_view() : std::string_view(at->second);
}

std::unexpected<base::Error> wrong(std::string_view name, std::string_view value,
                                   std::string_view wanted) {
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("{}=\"{}\": write {}", name, base::printable(value, 40), wanted));
}

}  // namespace

base::Result<std::string> read_text(const http::Request& request, std::string_view name) {
  const std::string_view value = base::trim(value_of(request, name));
  if (value.size() <= text_bytes_max) return std::string(value);
  return wrong(name, value, fmt::format("at most {} octets", text_bytes_max));
}

base::Result<std::size_t> read_count(const http::Request& request, std::string_view name,
                                     std::size_t otherwise, std::size_t max) {
  const std::string_view value = value_of(request, name);
  if (value.empty()) return otherwise;
  const auto number = base::parse_number(value);
  if (number && *number >= 1 && *number <= max) return static_cast<std::size_t>(*number);
  return wrong(name, value, fmt::format("a number from 1 to {}", max));
}

base::Result<std::optional<base::Time>> read_time(const http::Request& request,
                                                  std::string_view name, base::Time now) {
  const std::string_view value = base::trim(value_of(request, name));
  if (value.empty()) return std::nullopt;
  constexpr std::string_view wanted =
      "a time such as 2026-11-23T14:00:00Z, a day such as 2026-11-23, or how long ago, such as 2h";
  if (value.size() > text_bytes_max) return wrong(name, value, wanted);
  if (const auto ago = base::parse_duration(value)) return now - *ago;
  std::string text(value);
  if (text.find('T') == std::string::npos) text += "T00:00:00Z";
  constexpr std::size_t bytes_without_fraction = 20;
  if (text.size() == bytes_without_fraction && text.ends_with('Z')) text.insert(19, ".000");
  const auto time = base::parse_time(text);
  if (!time) return wrong(name, value, wanted);
  return *time;
}

}  // namespace admin
