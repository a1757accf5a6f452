// lib/io/certificate.h: what certificates say, for those who look after them.
//
// What:    reads a PEM chain into values; is it in order, is it trusted here, does a key belong to
//          it?
// In/Out:  PEM text → Certificates, the host's own first.
// Errors:  tls, with OpenSSL's reason in words; invalid for a chain that is none.
// Limits:  certificates_max of one text, names_max of one certificate.
// Not here: TLS connections (tls.h), keys (private_key.h), where the files lie (config/).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io {

inline constexpr std::size_t certificates_max = 20;

struct Certificate {
  static constexpr std::size_t names_max = 200;
  std::string subject;  // for people: "CN=mail.example.org"
  std::string issuer;
  std::vector<std::string> names;  // DNS names of subjectAltName, lower case, in their order
  base::Time not_before;
  base::Time not_after;
  bool self_signed = false;
  std::string serial;  // hexadecimal
  std::string der;
  std::string public_key_der;  // SubjectPublicKeyInfo

  // SHA-256 of the latter, 32 octets: what a TLSA record "3 1 1" holds.
  [[nodiscard]] std::string key_digest() const;
};

[[nodiscard]] base::Result<std::vector<Certificate>> read_certificates(std::string_view pem);
// The first of them.
[[nodiscard]] base::Result<Certificate> read_certificate(std::string_view pem);
// RFC 6125 §6.4: "*" stands for exactly one first label.
[[nodiscard]] bool covers(const Certificate& certificate, std::string_view name);
// Is each certificate of the text issued by the one after it? One alone is a chain, too.
[[nodiscard]] base::Result<> check_chain(std::string_view pem);
// Would a peer that trusts what this host trusts believe the chain at that time? Its names are not
// looked at.
[[nodiscard]] base::Result<> verify_chain(std::string_view pem, base::Time when);
// Does the private key belong to the first certificate?
[[nodiscard]] base::Result<> check_key_of(std::string_view certificate_pem,
                                          std::string_view key_pem);

}  // namespace io
