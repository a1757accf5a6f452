// admin/doctor/zone_text.h: records as text to paste into a zone file.
//
// What:    zone_line for any record, zone_txt for TXT, whose strings have their limit.
// In/Out:  name and data → "example.org. 3600 IN MX 10 mail.example.org."
// Errors:  none.
// Limits:  strings of 255 octets (RFC 1035 §3.3).
// Not here: what to publish (the checks).
#pragma once

#include <string>
#include <string_view>

namespace doctor {

[[nodiscard]] std::string zone_line(std::string_view name, std::string_view type,
                                    std::string_view data);
[[nodiscard]] std::string zone_txt(std::string_view name, std::string_view text);

}  // namespace doctor
