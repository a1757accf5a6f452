// See certificate.h.
#include "lib/io/certificate.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "lib/base/text.h"
#include "lib/io/alternative_names.h"
#include "lib/io/digest.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

std::vector<std::string> names_of(X509& certificate) {
  std::vector<std::string> out;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && out.size() < CertificateFacts::names_max; ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    out.push_back(base::lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text))}));
  }
  return out;
}

base::Result<base::Time> time_of(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail_tls("read a certificate's validity");
  return base::Time(std::chrono::seconds(timegm(&parts)));
}

std::string words_of(const X509_NAME* name) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (!text ||
      X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return {};
  }
  return text_of(*text);
}

std::string serial_of(const X509& certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
  return base::hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                    static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

std::string key_digest_of(const X509& certificate) {
  unsigned char* der = nullptr;
  const int bytes = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  if (bytes <= 0) return {};
  std::string out = sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes)});
  OPENSSL_free(der);
  return out;
}

}  // namespace

base::Result<CertificateFacts> read_certificate(std::string_view pem) {
  const auto chain = parse_certificates(pem);
  if (!chain) return std::unexpected(chain.error());
  X509& certificate = *chain->front();
  const auto not_before = time_of(X509_get0_notBefore(&certificate));
  const auto not_after = time_of(X509_get0_notAfter(&certificate));
  if (!not_before) return std::unexpected(not_before.error());
  if (!not_after) return std::unexpected(not_after.error());
  return CertificateFacts{.names = names_of(certificate),
                          .issuer = words_of(X509_get_issuer_name(&certificate)),
                          .self_signed = X509_NAME_cmp(X509_get_subject_name(&certificate),
                                   X509_get_issuer_name(&certificate)) == 0,
                          .not_before = *not_before,
                          .not_after = *not_after,
                          .serial = serial_of(certificate),
                          .key_digest = key_digest_of(certificate)};
}

base::Result<> check_chain(std::string_view pem) {
  const auto chain = parse_certificates(pem);
  if (!chain) return std::unexpected(chain.error());
  for (std::size_t i = 1; i < chain->size(); ++i) {
    X509& issuer = *(*chain)[i];
    X509& issued = *(*chain)[i - 1];
    EVP_PKEY* key = X509_get0_pubkey(&issuer);
    if (X509_check_issued(&issuer, &issued) == X509_V_OK && key != nullptr &&
        X509_verify(&issued, key) == 1) {
      continue;
    }
    ERR_clear_error();
    return base::fail(
        base::ErrorKind::invalid,
        fmt::format("certificate {} of the file ({}) did not issue the one before it; write the "
                    "chain in order, this host's own certificate first",
                    i + 1, words_of(X509_get_subject_name(&issuer))));
  }
  return {};
}

}  // namespace io
