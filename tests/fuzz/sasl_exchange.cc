// Fuzz target: SASL responses of all mechanisms. No proof fits; claims are within their limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/sasl/engine.h"

// The first octet chooses the mechanism and what the connection has; \n ends a response.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = std::move(*sasl::Engine::make());
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  sasl::Context context;
  context.credential = [](std::string_view user) {
    CHECK(!user.empty() && user.size() <= 4 * sasl::name_bytes_max, "a name within its limit");
    return sasl::made_up_credential("secret", user, 4'096);
  };
  context.binding.tls_exporter = "exporter";
  if ((data[0] & 0x80U) != 0) context.binding.tls_unique = "unique";
  context.plus_offered = (data[0] & 0x40U) != 0;
  const auto exchange = engine->begin(
      sasl::mechanisms[(data[0] & 0x3fU) % std::size(sasl::mechanisms)], std::move(context));
  for (;;) {
    const std::size_t end = input.find('\n');
    const sasl::Step step = exchange->step(input.substr(0, end));
    if (step.kind == sasl::Step::Kind::claim) {
      CHECK(!step.claim.proven, "nobody guesses a proof");
      CHECK(step.challenge.empty(), "without proof no signature");
      CHECK(step.claim.kind == sasl::Claim::Kind::token || !step.claim.user.empty(), "who?");
    }
    if (step.kind != sasl::Step::Kind::challenge || end == std::string_view::npos) break;
    input.remove_prefix(end + 1);
  }
  return 0;
}
