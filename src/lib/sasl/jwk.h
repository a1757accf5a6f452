// lib/sasl/jwk.h: the public keys of a token's issuer (RFC 7517, RFC 7518 §6, RFC 8037).
//
// What:    KeySet reads a JWK set and verifies signatures with its keys: RS256, PS256, ES256,
//          EdDSA with Ed25519.
// In/Out:  parse(JSON) → KeySet; verify(which key, signed octets, signature) → yes or no.
// Errors:  a set that is no JSON or has no usable key is invalid; single keys of kinds that we do
//          not know are passed over, as RFC 7517 §5 asks.
// Limits:  keys_max, rsa_bits_min and rsa_bits_max, json.h. HMAC and "none" do not exist here.
// Not here: tokens (jwt.h), fetching the set (policy/login).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace sasl {

inline constexpr std::size_t keys_max = 100;
inline constexpr int rsa_bits_min = 2'048;  // RFC 7518 §3.3
inline constexpr int rsa_bits_max = 8'192;  // more costs time at every token

enum class SignatureAlgorithm : std::uint8_t { rs256, ps256, es256, eddsa };
[[nodiscard]] std::optional<SignatureAlgorithm> parse_algorithm(std::string_view name);

struct WhichKey {
  std::string id;  // "kid"; empty: whichever fits
  SignatureAlgorithm algorithm = SignatureAlgorithm::rs256;
};

// Immutable; any thread.
class KeySet {
 public:
  struct Key;
  [[nodiscard]] static base::Result<std::shared_ptr<const KeySet>> parse(std::string_view json);
  KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;
  ~KeySet();

  // Is there a key that the token could have been signed with? No: perhaps the set is old.
  [[nodiscard]] bool has(const WhichKey& which) const;
  [[nodiscard]] bool verify(const WhichKey& which, std::string_view octets,
                            std::string_view signature) const;
  [[nodiscard]] std::size_t size() const;

 private:
  std::vector<Key> keys_;
};

}  // namespace sasl
