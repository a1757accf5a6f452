// See cookie.h.
#include "lib/http/cookie.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace http {

std::optional<std::string> cookie_of(const Headers& headers, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [field, value] : headers) {
    if (!base::iequals(field, "Cookie")) continue;
    // RFC 6265 §4.2.1: pairs of name=value, separated by "; ".
    for (const std::string_view part : base::split(value, ';')) {
      const std::string_view pair = base::trim(part);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      if (found) return std::nullopt;
      found = std::string(pair.substr(equals + 1));
    }
  }
  return found;
}

std::string set_cookie(std::string_view name, std::string_view value, bool secure) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}", name, value,
                     secure ? "; Secure" : "");
}

std::string end_cookie(std::string_view name, bool secure) {
  return set_cookie(name, "", secure) + "; Max-Age=0";
}

}  // namespace http
