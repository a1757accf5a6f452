// lib/io/tls_certificate.h: what certificates say, for those who look after them.
//
// What:    reads a PEM chain into values; is it trusted here, does a key belong to it?
// In/Out:  PEM text → Certificates, the server's own first.
// Errors:  tls, with OpenSSL's reason in words.
// Limits:  certificates_max of one text.
// Not here: TLS connections (tls.h), where the files lie (config/).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io {

inline constexpr std::size_t certificates_max = 20;

struct Certificate {
  std::string subject;  // for people: "CN=mail.example.org"
  std::string issuer;
  std::vector<std::string> names;  // DNS names of subjectAltName, lower case
  base::Time not_before;
  base::Time not_after;
  bool self_signed = false;
  std::string der;
  std::string public_key_der;  // SubjectPublicKeyInfo
};

[[nodiscard]] base::Result<std::vector<Certificate>> read_certificates(std::string_view pem);
// RFC 6125 §6.4: "*" stands for exactly one first label.
[[nodiscard]] bool covers(const Certificate& certificate, std::string_view name);
// Would a peer that trusts what this host trusts believe the chain at that time? Its names are not
// looked at.
[[nodiscard]] base::Result<> verify_chain(std::string_view pem, base::Time when);
// Does the private key belong to the first certificate?
[[nodiscard]] base::Result<> check_key_of(std::string_view certificate_pem,
                                          std::string_view key_pem);
// 32 and 64 octets, as TLSA records hold them (RFC 6698 §2.1.3).
[[nodiscard]] std::string sha256_of(std::string_view octets);
[[nodiscard]] std::string sha512_of(std::string_view octets);

}  // namespace io
