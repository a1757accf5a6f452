// See zone_text.h.
#include "admin/doctor/zone_text.h"

#include <fmt/format.h>

#include "lib/mailauth/dkim_key.h"

namespace doctor {

std::string zone_line(std::string_view name, std::string_view type, std::string_view data) {
  return fmt::format("{}. 3600 IN {} {}", name, type, data);
}

std::string zone_txt(std::string_view name, std::string_view text) {
  std::string strings;
  for (const std::string& part : mailauth::split_txt(text)) {
    strings += fmt::format("{}\"{}\"", strings.empty() ? "" : " ", part);
  }
  return zone_line(name, "TXT", strings);
}

}  // namespace doctor
