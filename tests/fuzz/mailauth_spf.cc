// Fuzz target: SPF records and explanations; the first line is the record, the second a macro text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/mailauth/spf_macro.h"
#include "lib/mailauth/spf_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view first = text.substr(0, text.find('\n'));
  if (mailauth::is_spf_record(first)) (void)mailauth::parse_spf(first);
  const std::string_view second = text.substr(std::min(first.size() + 1, text.size()));
  const mailauth::SpfFacts facts{.ip = {},
                                 .local = "l",
                                 .sender_domain = "example.org",
                                 .domain = "example.org",
                                 .helo = "h.example.org",
                                 .validated = "unknown",
                                 .receiver = "r.example",
                                 .now = {}};
  constexpr auto use = mailauth::MacroUse::explanation;
  const bool well_formed = mailauth::is_macro_string(second, use);
  const auto expanded = mailauth::expand_macros(second, facts, use);
  CHECK(well_formed || !expanded, "what is malformed does not expand");
  return 0;
}
