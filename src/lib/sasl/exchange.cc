// See exchange.h.
#include "lib/sasl/exchange.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace sasl {
namespace {

constexpr std::size_t hash_bytes = 32;  // SHA-256
constexpr std::size_t salt_bytes = 16;  // as real ones have

std::string hmac(std::string_view key, std::string_view text) {
  std::string out(hash_bytes, '\0');
  unsigned length = 0;
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                          reinterpret_cast<unsigned char*>(out.data()), &length);
  CHECK(made != nullptr && length == hash_bytes, "HMAC-SHA-256 is always there");
  return out;
}

}  // namespace

std::string_view to_string(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::scram_sha_256_plus: return "SCRAM-SHA-256-PLUS";
    case Mechanism::scram_sha_256: return "SCRAM-SHA-256";
    case Mechanism::oauthbearer: return "OAUTHBEARER";
    case Mechanism::xoauth2: return "XOAUTH2";
    case Mechanism::plain: return "PLAIN";
    case Mechanism::login: return "LOGIN";
  }
  return "";
}

std::optional<Mechanism> parse_mechanism(std::string_view name) {
  for (const Mechanism one : mechanisms) {
    if (base::iequals(name, to_string(one))) return one;
  }
  return std::nullopt;
}

Step Exchange::start() { return challenge({}); }

Step Exchange::step(std::string_view response) {
  CHECK(!ended_, "an exchange that has ended takes no step");
  Step out =
      response.size() > response_bytes_max ? malformed("the response is too long") : next(response);
  ended_ = out.kind != Step::Kind::challenge;
  return out;
}

Step Exchange::challenge(std::string octets) {
  return {.kind = Step::Kind::challenge, .challenge = std::move(octets), .claim = {}, .why = {}};
}

Step Exchange::claim(Claim claim, std::string challenge) {
  return {.kind = Step::Kind::claim,
          .challenge = std::move(challenge),
          .claim = std::move(claim),
          .why = {}};
}

Step Exchange::malformed(std::string why) {
  return {.kind = Step::Kind::malformed, .challenge = {}, .claim = {}, .why = std::move(why)};
}

ScramCredential made_up_credential(std::string_view secret, std::string_view name,
                                   unsigned iterations) {
  const std::string lower = base::lower(name);
  return {.iterations = iterations,
          .salt = hmac(secret, "salt " + lower).substr(0, salt_bytes),
          .stored_key = hmac(secret, "stored " + lower),
          .server_key = hmac(secret, "server " + lower)};
}

}  // namespace sasl
