// Fuzz target: tokens, key sets and introspection answers. Nothing forged is believed.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/sasl/jwt.h"

namespace {

// The key of RFC 8037 appendix A; its example is the only signature known.
constexpr std::string_view keys = R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1",)"
                                  R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto known = sasl::KeySet::parse(keys).value();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const base::Time now = base::Time(std::chrono::seconds(1'800'000'000));
  const sasl::TokenRules rules{.issuer = "i", .audience = "a"};
  CHECK(!sasl::verify_token(input, *known, rules, now), "nobody guesses a signature");
  if (const auto told = sasl::read_introspection(input, rules, now)) {
    CHECK(!told->user.empty(), "a good token has a user");
  }
  if (const auto set = sasl::KeySet::parse(input)) {
    CHECK((*set)->size() > 0 && (*set)->size() <= sasl::keys_max, "a set within its limit");
    const std::size_t dot = input.find('.');
    (void)(*set)->verify({}, input.substr(0, dot), input.substr(size / 2));
    (void)sasl::verify_token(input, **set, rules, now);
  }
  return 0;
}
