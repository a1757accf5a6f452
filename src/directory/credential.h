// directory/credential.h: passwords and what is stored of them.
//
// What:    a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677) is made from a password; a password is
//          verified against it; a new password is generated; passwords are prepared with SASLprep
//          (RFC 4013).
// In/Out:  password → "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey" (RFC 5803); verifier → its
//          parts.
// Errors:  invalid for a password that SASLprep forbids or a verifier that is none.
// Limits:  password_bytes_max, iterations_max. Verifying takes milliseconds: call it on the pool.
// Not here: the SASL conversation (session/), where verifiers are kept (store.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/random.h"

namespace directory {

inline constexpr unsigned scram_iterations = 4'096;          // RFC 7677 §4: at least this many
inline constexpr unsigned scram_iterations_max = 1'000'000;  // a second of work
inline constexpr std::size_t scram_salt_bytes = 16;
inline constexpr std::size_t password_bytes_max = 1'024;

struct ScramVerifier {
  unsigned iterations = scram_iterations;
  std::string salt;        // octets
  std::string stored_key;  // 32 octets
  std::string server_key;  // 32 octets

  [[nodiscard]] std::string text() const;  // the RFC 5803 form
};

[[nodiscard]] base::Result<ScramVerifier> parse_verifier(std::string_view text);

// SASLprep: what a client and we both compute from.
[[nodiscard]] base::Result<std::string> prepare_password(std::string_view password);

// The text to store for this password, with a fresh salt.
[[nodiscard]] base::Result<std::string> make_verifier(std::string_view password, io::Random& random,
                                                      unsigned iterations = scram_iterations);

// Is it the password? An empty or broken verifier (an unknown user) costs the same and says no.
[[nodiscard]] bool verify_password(std::string_view verifier, std::string_view password);

// "kdw7-x3qe-m9rt-vz2a": 79 bits, no letters that look alike.
[[nodiscard]] std::string generate_password(io::Random& random);

}  // namespace directory
