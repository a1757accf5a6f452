// See tls.h.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "lib/io/alternative_names.h"
#include "lib/io/digest.h"
#include "lib/io/tls.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, OpensslFree<ASN1_OCTET_STRING_free>>;

constexpr std::size_t common_name_bytes_max = 64;  // RFC 5280 appendix A, ub-common-name

bool add_alternative_names(X509& certificate, const std::vector<std::string>& names) {
  const NamesPtr list = alternative_names(names);
  if (!list) return false;
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

// RFC 8737 §3: the digest of the key authorization, critical, which a name's owner alone can make.
bool add_challenge(X509& certificate, std::string_view digest) {
  constexpr const char* id_pe_acme_identifier = "1.3.6.1.5.5.7.1.31";
  if (digest.empty()) return true;
  const std::string octets = "\x04" + std::string(1, static_cast<char>(digest.size())) +
                             std::string(digest);  // DER of an OCTET STRING
  const ObjectPtr id(OBJ_txt2obj(id_pe_acme_identifier, 1));
  const OctetsPtr value(ASN1_OCTET_STRING_new());
  if (!id || !value ||
      ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(octets.data()),
                            static_cast<int>(octets.size())) != 1) {
    return false;
  }
  const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, id.get(), 1, value.get()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

struct SelfSigned {
  std::vector<std::string> names;
  base::Time now;
  int days = 0;
  std::string_view challenge = {};  // a digest; empty: none
};

base::Result<TlsIdentity> make_certificate(const SelfSigned& wanted) {
  if (wanted.names.empty()) {
    return base::fail(base::ErrorKind::invalid, "a certificate needs a name");
  }
  ERR_clear_error();
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  const bool signed_well = key && certificate &&
                           set_validity(*certificate, wanted.now, wanted.days) &&
                           fill_certificate(*certificate, *key, wanted.names) &&
                           add_challenge(*certificate, wanted.challenge) &&
                           X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0;
  if (!signed_well) return fail_tls("make a self-signed certificate");
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  const BioPtr key_text(BIO_new(BIO_s_mem()));
  const bool written = certificate_text && key_text &&
                       PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1 &&
                       PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0,
                                                nullptr, nullptr) == 1;
  if (!written) return fail_tls("write a self-signed certificate");
  return TlsIdentity{wanted.names, text_of(*certificate_text), text_of(*key_text)};
}

}  // namespace

base::Result<TlsIdentity> make_self_signed(const std::vector<std::string>& names, base::Time now,
                                           int days) {
  return make_certificate({.names = names, .now = now, .days = days});
}

base::Result<TlsIdentity> make_challenge_identity(const std::string& name, std::string_view digest,
                                                  base::Time now) {
  if (digest.size() != sha256_bytes) {
    return base::fail(base::ErrorKind::invalid, "a challenge needs a SHA-256 digest");
  }
  return make_certificate({.names = {name}, .now = now, .days = 1, .challenge = digest});
}

}  // namespace io
