// lib/io/private_key.h: a private key: made, kept as text, signing, asking for a certificate.
//
// What:    ECDSA keys on P-256 (ES256 of RFC 7518 §3.4), and PKCS #10 requests (RFC 2986); of keys
//          of other kinds the public part's digest.
// In/Out:  PEM text ↔ PrivateKey; octets → signature; names → request.
// Errors:  tls with OpenSSL's words; unsupported for a key of another kind.
// Limits:  the caller's.
// Not here: certificates (certificate.h), where the text is kept (lib/acme/store.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace io {

class PrivateKey {
 public:
  static constexpr std::size_t coordinate_bytes = 32;  // of a point on P-256

  [[nodiscard]] static base::Result<PrivateKey> make();
  // The first key of the text.
  [[nodiscard]] static base::Result<PrivateKey> from_pem(std::string_view pem);

  [[nodiscard]] base::Result<std::string> pem() const;
  // The coordinates x and y, 32 octets each.
  [[nodiscard]] base::Result<std::string> public_point() const;
  // r and s, 32 octets each.
  [[nodiscard]] base::Result<std::string> sign_es256(std::string_view octets) const;
  // SHA-256 of the SubjectPublicKeyInfo: what a TLSA record 3 1 1 holds (RFC 6698 §2.1).
  [[nodiscard]] base::Result<std::string> public_digest() const;
  // A request for a certificate with these names, in DER.
  [[nodiscard]] base::Result<std::string> request(const std::vector<std::string>& names) const;

 private:
  explicit PrivateKey(std::shared_ptr<void> key) : key_(std::move(key)) {}

  std::shared_ptr<void> key_;  // OpenSSL's EVP_PKEY
};

}  // namespace io
