// Fuzz target: a scenario of `stagepost simulate`. Any text is a scenario or a list of mistakes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "tools/simulate/domains.h"
#include "tools/simulate/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto scenario = simulate::read_scenario(text, "fuzz.toml");
  if (!scenario) {
    CHECK(scenario.error().detail.starts_with("fuzz.toml"), "a mistake names its file");
    return 0;
  }
  // What was let through can be used; a million domains would only take time.
  constexpr unsigned domains_fuzzed_max = 1'000;
  scenario->mail.domains = std::min(scenario->mail.domains, domains_fuzzed_max);
  const simulate::Domains domains(*scenario);
  CHECK(domains.domains().size() == scenario->mail.domains, "every domain belongs to a provider");
  return 0;
}
