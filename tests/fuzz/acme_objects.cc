// Fuzz target: whatever an authority answers, reading it never crashes, and tokens stay harmless.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/acme/problem.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)acme::read_directory(text);
  if (const auto order = acme::read_order(text)) {
    if (order->authorizations.size() > acme::items_max) __builtin_trap();
  }
  if (const auto authorization = acme::read_authorization(text)) {
    for (const acme::Challenge& challenge : authorization->challenges) {
      if (challenge.token.find_first_of("/.\" \r\n") != std::string::npos) __builtin_trap();
    }
  }
  if (const auto problem = acme::read_problem(text)) {
    const auto error = acme::error_of(*problem, "a.test", "http-01");
    if (error.detail.find('\n') != std::string::npos) __builtin_trap();
  }
  return 0;
}
