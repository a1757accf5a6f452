// lib/sasl/scram_client_test.h: the client's side of SCRAM-SHA-256, for tests.
//
// What:    computes what a right client says (RFC 5802 §3), independently of GNU SASL.
// In/Out:  password and messages → client-final-message, server signature; a credential to store.
// Errors:  none: CHECKs.
// Limits:  none.
// Not here: the exchange (exchange.h).
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/sasl/exchange.h"

namespace sasl::test {

inline const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

inline std::string hmac(std::string_view key, std::string_view text) {
  std::string out(32, '\0');
  unsigned length = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
             reinterpret_cast<unsigned char*>(out.data()), &length) != nullptr,
        "HMAC works");
  return out;
}

inline std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  CHECK(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                   EVP_sha256(), nullptr) == 1,
        "SHA-256 works");
  return out;
}

inline std::string salted(std::string_view password, std::string_view salt, unsigned iterations) {
  std::string out(32, '\0');
  CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                          32, reinterpret_cast<unsigned char*>(out.data())) == 1,
        "PBKDF2 works");
  return out;
}

inline ScramCredential make_credential(std::string_view password, std::string salt,
                                       unsigned iterations) {
  const std::string key = salted(password, salt, iterations);
  return {.iterations = iterations,
          .salt = std::move(salt),
          .stored_key = sha256(hmac(key, "Client Key")),
          .server_key = hmac(key, "Server Key")};
}

// "r=NONCE" of a server-first-message and so on.
inline std::string attribute(std::string_view message, char name) {
  for (const std::string_view part : base::split(message, ',')) {
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return std::string(part.substr(2));
  }
  return {};
}

struct ScramFinal {
  std::string message;    // to the server
  std::string signature;  // "v=…" that the server must say
};

// `binding`: the GS2 header and, for PLUS, the data of the channel behind it.
inline ScramFinal finish(std::string_view password, std::string_view first_bare,
                         std::string_view server_first, std::string_view binding) {
  const std::string salt = base::unbase64(attribute(server_first, 's')).value_or("");
  const auto iterations = base::parse_number(attribute(server_first, 'i')).value_or(1);
  const std::string key = salted(password, salt, static_cast<unsigned>(iterations));
  const std::string client_key = hmac(key, "Client Key");
  const std::string without_proof =
      "c=" + base::base64(binding) + ",r=" + attribute(server_first, 'r');
  const std::string all =
      std::string(first_bare) + "," + std::string(server_first) + "," + without_proof;
  std::string proof = hmac(sha256(client_key), all);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
  }
  return {.message = without_proof + ",p=" + base::base64(proof),
          .signature = "v=" + base::base64(hmac(hmac(key, "Server Key"), all))};
}

}  // namespace sasl::test
