// admin/doctor/catalogue.h: every check by its id: what it looks at, and why that matters.
//
// What:    the table that findings, the API and docs/doctor.md share.
// In/Out:  id → CheckInfo.
// Errors:  null for an id that no check has.
// Limits:  ids are for ever: people's monitors know them.
// Not here: the checks themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace doctor {

struct CheckInfo {
  std::string_view id;
  std::string_view title;
  std::string_view why;
};

// In the order in which they are shown.
[[nodiscard]] std::span<const CheckInfo> catalogue();
[[nodiscard]] const CheckInfo* info_of(std::string_view id);
// "docs/doctor.md#mx"
[[nodiscard]] std::string link_of(std::string_view id);

}  // namespace doctor
