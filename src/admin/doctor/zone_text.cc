// See zone_text.h.
#include "admin/doctor/zone_text.h"

#include <fmt/format.h>

#include "lib/dns/record_text.h"

namespace doctor {

std::string zone_line(std::string_view name, std::string_view type, std::string_view data) {
  return fmt::format("{}. 3600 IN {} {}", name, type, data);
}

std::string zone_txt(std::string_view name, std::string_view text) {
  dns::Record record;
  record.data = text;
  return dns::zone_line(name, dns::Type::txt, record);
}

}  // namespace doctor
