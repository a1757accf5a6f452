// See credential.h.
#include "directory/credential.h"

#include <fmt/format.h>
#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <memory>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::string_view scheme = "SCRAM-SHA-256$";
constexpr std::size_t key_bytes = 32;  // SHA-256

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string hmac(std::string_view key, std::string_view text) {
  std::string out(key_bytes, '\0');
  unsigned length = 0;
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text),
                          text.size(), reinterpret_cast<unsigned char*>(out.data()), &length);
  CHECK(made != nullptr && length == key_bytes, "HMAC-SHA-256 is always there");
  return out;
}

std::string sha256(std::string_view text) {
  std::string out(key_bytes, '\0');
  unsigned length = 0;
  const int ok = EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()),
                            &length, EVP_sha256(), nullptr);
  CHECK(ok == 1 && length == key_bytes, "SHA-256 is always there");
  return out;
}

// RFC 5802 §3: StoredKey := H(HMAC(SaltedPassword, "Client Key")), ServerKey likewise.
void derive_keys(std::string_view prepared, ScramVerifier& verifier) {
  std::string salted(key_bytes, '\0');
  const int ok = PKCS5_PBKDF2_HMAC(
      prepared.data(), static_cast<int>(prepared.size()), octets(verifier.salt),
      static_cast<int>(verifier.salt.size()), static_cast<int>(verifier.iterations), EVP_sha256(),
      static_cast<int>(key_bytes), reinterpret_cast<unsigned char*>(salted.data()));
  CHECK(ok == 1, "PBKDF2 fails only without memory");
  verifier.stored_key = sha256(hmac(salted, "Client Key"));
  verifier.server_key = hmac(salted, "Server Key");
}

// What an unknown user is verified against, so that the answer takes as long as for a known one.
ScramVerifier dummy_verifier() {
  return {.iterations = scram_iterations,
          .salt = std::string(scram_salt_bytes, 's'),
          .stored_key = std::string(key_bytes, '\0'),
          .server_key = std::string(key_bytes, '\0')};
}

}  // namespace

std::string ScramVerifier::text() const {
  return fmt::format("{}{}:{}${}:{}", scheme, iterations, base::base64(salt),
                     base::base64(stored_key), base::base64(server_key));
}

Result<ScramVerifier> parse_verifier(std::string_view text) {
  const auto broken = [] { return fail(ErrorKind::invalid, "not a SCRAM-SHA-256 verifier"); };
  if (!text.starts_with(scheme)) return broken();
  const auto halves = base::split(text.substr(scheme.size()), '$');
  if (halves.size() != 2) return broken();
  const auto how = base::split(halves[0], ':');
  const auto keys = base::split(halves[1], ':');
  if (how.size() != 2 || keys.size() != 2) return broken();
  const auto iterations = base::parse_number(how[0]);
  auto salt = base::unbase64(how[1]);
  auto stored = base::unbase64(keys[0]);
  auto server = base::unbase64(keys[1]);
  if (!iterations || *iterations == 0 || *iterations > scram_iterations_max) return broken();
  if (!salt || salt->empty() || !stored || stored->size() != key_bytes || !server ||
      server->size() != key_bytes) {
    return broken();
  }
  return ScramVerifier{.iterations = static_cast<unsigned>(*iterations),
                       .salt = std::move(*salt),
                       .stored_key = std::move(*stored),
                       .server_key = std::move(*server)};
}

Result<std::string> prepare_password(std::string_view password) {
  if (password.empty()) return fail(ErrorKind::invalid, "the password is empty");
  if (password.size() > password_bytes_max) {
    return fail(ErrorKind::limit,
                fmt::format("the password is longer than {} octets", password_bytes_max));
  }
  if (password.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::invalid, "the password contains a NUL");
  }
  char* prepared = nullptr;
  const std::string zero_terminated(password);
  // Unassigned code points are let through, as RFC 4013 §2.5 allows for queries: a character that
  // is newer than our tables must not lock its owner out.
  const int rc =
      gsasl_saslprep(zero_terminated.c_str(), GSASL_ALLOW_UNASSIGNED, &prepared, nullptr);
  const std::unique_ptr<char, void (*)(void*)> owner(prepared, gsasl_free);
  if (rc != GSASL_OK || prepared == nullptr) {
    return fail(ErrorKind::invalid,
                "the password contains control characters or is not UTF-8; use letters, digits and "
                "signs");
  }
  if (*prepared == '\0') return fail(ErrorKind::invalid, "the password is empty");
  return std::string(prepared);
}

Result<std::string> make_verifier(std::string_view password, io::Random& random,
                                  unsigned iterations) {
  CHECK(iterations > 0 && iterations <= scram_iterations_max, "iterations come from our code");
  auto prepared = prepare_password(password);
  if (!prepared) return std::unexpected(prepared.error());
  ScramVerifier verifier;
  verifier.iterations = iterations;
  verifier.salt.resize(scram_salt_bytes);
  random.fill(verifier.salt);
  derive_keys(*prepared, verifier);
  OPENSSL_cleanse(prepared->data(), prepared->size());
  return verifier.text();
}

bool verify_password(std::string_view verifier, std::string_view password) {
  const auto parsed = parse_verifier(verifier);
  auto prepared = prepare_password(password);
  const bool usable = parsed.has_value() && prepared.has_value();
  const ScramVerifier known = parsed ? *parsed : dummy_verifier();
  ScramVerifier computed = known;
  derive_keys(prepared ? *prepared : "-", computed);
  // The server key shows the same; comparing both would say nothing more.
  const bool same =
      CRYPTO_memcmp(known.stored_key.data(), computed.stored_key.data(), key_bytes) == 0;
  if (prepared) OPENSSL_cleanse(prepared->data(), prepared->size());
  return usable && same;
}

std::string generate_password(io::Random& random) {
  constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz23456789";  // no i, l, o, 0, 1
  constexpr int groups = 4;
  constexpr int letters_per_group = 4;
  std::string out;
  for (int group = 0; group < groups; ++group) {
    if (group > 0) out += '-';
    for (int i = 0; i < letters_per_group; ++i) out += letters[random.below(letters.size())];
  }
  return out;
}

}  // namespace directory
