// See tls.h.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "lib/io/address.h"
#include "lib/io/tls.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

constexpr std::size_t common_name_bytes_max = 64;  // RFC 5280 appendix A, ub-common-name

// Names are put in as they are, not as configuration text, in which a comma would mean another.
bool add_name(GENERAL_NAMES& names, const std::string& name) {
  const auto address = IpAddress::parse(name);
  const std::string_view bytes = address ? address->bytes() : std::string_view(name);
  ASN1_STRING* value = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  if (value == nullptr) return false;
  GENERAL_NAME* entry = GENERAL_NAME_new();
  if (entry == nullptr ||
      ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) != 1) {
    ASN1_STRING_free(value);
    GENERAL_NAME_free(entry);
    return false;
  }
  GENERAL_NAME_set0_value(entry, address ? GEN_IPADD : GEN_DNS, value);
  if (sk_GENERAL_NAME_push(&names, entry) > 0) return true;
  GENERAL_NAME_free(entry);
  return false;
}

bool add_alternative_names(X509& certificate, const std::vector<std::string>& names) {
  const NamesPtr list(GENERAL_NAMES_new());
  if (!list) return false;
  for (const std::string& name : names) {
    if (!add_name(*list, name)) return false;
  }
  return X509_add1_ext_i2d(&certificate, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) ==
         1;
}

bool add_extension(X509& certificate, int nid, const char* value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

bool set_serial(X509& certificate) {
  std::array<unsigned char, 16> bytes = {};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive and of full length
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  if (number == nullptr) return false;
  const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(&certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_validity(X509& certificate, base::Time now, int days) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto at = static_cast<std::time_t>(seconds.count());
  constexpr std::time_t clock_skew_seconds = 3600;  // peers whose clocks are a little behind
  constexpr std::time_t day_seconds = 86400;
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), at - clock_skew_seconds) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), at + days * day_seconds) != nullptr;
}

bool set_subject(X509& certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(&certificate);
  const std::string common = name.substr(0, common_name_bytes_max);
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common.data()),
                                    static_cast<int>(common.size()), -1, 0) == 1 &&
         X509_set_issuer_name(&certificate, subject) == 1;
}

bool fill_certificate(X509& certificate, EVP_PKEY& key, const std::vector<std::string>& names) {
  return X509_set_version(&certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         set_subject(certificate, names.front()) && X509_set_pubkey(&certificate, &key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
         add_alternative_names(certificate, names);
}

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

base::Result<TlsIdentity> make_self_signed(const std::vector<std::string>& names, base::Time now,
                                           int days) {
  if (names.empty()) return base::fail(base::ErrorKind::invalid, "a certificate needs a name");
  ERR_clear_error();
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  const bool signed_well = key && certificate && set_validity(*certificate, now, days) &&
                           fill_certificate(*certificate, *key, names) &&
                           X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0;
  if (!signed_well) return fail_tls("make a self-signed certificate");
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  const BioPtr key_text(BIO_new(BIO_s_mem()));
  const bool written = certificate_text && key_text &&
                       PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1 &&
                       PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0,
                                                nullptr, nullptr) == 1;
  if (!written) return fail_tls("write a self-signed certificate");
  return TlsIdentity{names, text_of(*certificate_text), text_of(*key_text)};
}

}  // namespace io
