// lib/io/certificate.h: what a certificate says.
//
// What:    names, issuer, validity and key of the first certificate of a PEM text; whether the
//          others are its chain.
// In/Out:  PEM text → CertificateFacts.
// Errors:  tls with OpenSSL's words; invalid for a chain that is none.
// Limits:  names_max names are read.
// Not here: whether a peer would trust it (tls.h), keys (private_key.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io {

struct CertificateFacts {
  static constexpr std::size_t names_max = 200;

  std::vector<std::string> names;  // host names, lower case, in the certificate's order
  std::string issuer;              // "O=Example, CN=Example CA"
  bool self_signed = false;
  base::Time not_before;
  base::Time not_after;
  std::string serial;      // hexadecimal
  std::string key_digest;  // SHA-256 of its SubjectPublicKeyInfo, 32 octets
};

[[nodiscard]] base::Result<CertificateFacts> read_certificate(std::string_view pem);
// Is each certificate of the text issued by the one after it? One alone is a chain, too.
[[nodiscard]] base::Result<> check_chain(std::string_view pem);

}  // namespace io
