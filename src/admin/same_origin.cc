// See same_origin.h.
#include "admin/same_origin.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace admin {
namespace {

std::string_view value_of(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string_view() : *value;
}

// RFC 6454 §6.2: scheme, host, and the port when it is not the scheme's own; as Host has it.
bool is_own(const http::Request& request, std::string_view origin) {
  return base::iequals(
      origin, fmt::format("{}://{}", request.tls ? "https" : "http", value_of(request, "Host")));
}

}  // namespace

bool comes_from_another_site(const http::Request& request) {
  const std::string_view site = value_of(request, "Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  const std::string_view origin = value_of(request, "Origin");
  return !origin.empty() && !is_own(request, origin);
}

bool proves_same_origin(const http::Request& request) {
  if (comes_from_another_site(request)) return false;
  return value_of(request, "Sec-Fetch-Site") == "same-origin" ||
         !value_of(request, "Origin").empty();
}

}  // namespace admin
