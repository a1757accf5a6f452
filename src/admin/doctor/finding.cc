// See finding.h.
#include "admin/doctor/finding.h"

#include <array>
#include <utility>

namespace doctor {
namespace {

constexpr std::array<std::pair<Severity, std::string_view>, 5> words = {
    {{Severity::ok, "ok"},
     {Severity::note, "note"},
     {Severity::unknown, "unknown"},
     {Severity::warning, "warning"},
     {Severity::mend, "mend"}}};

}  // namespace

std::string_view to_string(Severity severity) {
  for (const auto& [one, word] : words) {
    if (one == severity) return word;
  }
  return "unknown";
}

std::optional<Severity> severity_of(std::string_view word) {
  for (const auto& [severity, one] : words) {
    if (one == word) return severity;
  }
  return std::nullopt;
}

}  // namespace doctor
