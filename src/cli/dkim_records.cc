// See dkim_records.h.
#include "cli/dkim_records.h"

#include <fmt/format.h>

#include "lib/mailauth/dkim_key.h"

namespace cli {

std::string dkim_record_table(std::string_view name, std::string_view record) {
  return fmt::format("  name   {}\n  type   TXT\n  value  {}\n", name, record);
}

std::string dkim_record_zone_text(std::string_view name, std::string_view record) {
  const auto strings = mailauth::split_txt(record);
  if (strings.size() == 1) {
    return fmt::format("{}. 3600 IN TXT \"{}\"\n", name, strings.front());
  }
  std::string out = fmt::format("{}. 3600 IN TXT (", name);
  for (const std::string& part : strings) out += fmt::format("\n    \"{}\"", part);
  return out + " )\n";
}

std::string dkim_revoked_record(std::string_view type) {
  return fmt::format("v=DKIM1; k={}; p=", type);
}

}  // namespace cli
