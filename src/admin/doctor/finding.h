// admin/doctor/finding.h: what one check found, as a value.
//
// What:    Severity and Finding.
// In/Out:  checks → Doctor → JSON, text, history.
// Errors:  none: a value.
// Limits:  none.
// Not here: what a check is about and why it matters (catalogue.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doctor {

// What weighs more comes later.
enum class Severity : std::uint8_t {
  ok,
  note,     // could be better; nothing is lost
  unknown,  // cannot be seen from here: never counted as wrong
  warning,  // will cost mail before long, or costs some now
  mend,     // costs mail, or lets others do harm
};
[[nodiscard]] std::string_view to_string(Severity severity);
[[nodiscard]] std::optional<Severity> severity_of(std::string_view word);
[[nodiscard]] constexpr bool is_trouble(Severity severity) { return severity >= Severity::warning; }

struct Finding {
  std::string_view id;  // of the catalogue, a literal
  std::string about;    // a domain, an address, a path; "": this server
  Severity severity = Severity::ok;
  std::string what;
  std::string remedy = {};  // what to do, in words; empty: nothing
  std::string paste = {};   // and the text to paste: records, commands, settings
};
using Findings = std::vector<Finding>;

}  // namespace doctor
