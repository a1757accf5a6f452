// See private_key.h.
#include "lib/io/private_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/io/alternative_names.h"
#include "lib/io/digest.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

using ContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ_free>>;

EVP_PKEY* key_in(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

std::shared_ptr<void> shared(KeyPtr key) { return {key.release(), OpensslFree<EVP_PKEY_free>()}; }

// With zeros in front (RFC 7518 §3.4: always the full length).
bool append_number(std::string& out, const BIGNUM* number) {
  std::array<unsigned char, PrivateKey::coordinate_bytes> bytes = {};
  if (BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) < 0) return false;
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return true;
}

bool is_p256(const EVP_PKEY* key) {
  constexpr int bits = 256;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == bits;
}

std::unexpected<base::Error> not_p256() {
  return base::fail(base::ErrorKind::unsupported, "the key is not one of ECDSA on P-256");
}

// OpenSSL signs in DER (RFC 3279 §2.2.3); JWS wants the two numbers alone.
base::Result<std::string> numbers_of(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out;
  if (!signature || !append_number(out, ECDSA_SIG_get0_r(signature.get())) ||
      !append_number(out, ECDSA_SIG_get0_s(signature.get()))) {
    return fail_tls("read a signature of our own");
  }
  return out;
}

bool add_names(X509_REQ& request, const std::vector<std::string>& names) {
  const NamesPtr list = alternative_names(names);
  STACK_OF(X509_EXTENSION)* extensions = nullptr;
  const bool added =
      list &&
      X509V3_add1_i2d(&extensions, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) == 1 &&
      X509_REQ_add_extensions(&request, extensions) == 1;
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return added;
}

}  // namespace

base::Result<PrivateKey> PrivateKey::make() {
  ERR_clear_error();
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail_tls("make a key");
  return PrivateKey(shared(std::move(key)));
}

base::Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  auto key = parse_key(pem);
  if (!key) return std::unexpected(std::move(key.error()));
  return PrivateKey(shared(std::move(*key)));
}

base::Result<std::string> PrivateKey::pem() const {
  ERR_clear_error();
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (!text || PEM_write_bio_PrivateKey(text.get(), key_in(key_), nullptr, nullptr, 0, nullptr,
                                        nullptr) != 1) {
    return fail_tls("write a private key");
  }
  return text_of(*text);
}

base::Result<std::string> PrivateKey::public_point() const {
  if (!is_p256(key_in(key_))) return not_p256();
  ERR_clear_error();
  std::string out;
  for (const char* name : {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y}) {
    BIGNUM* number = nullptr;
    const bool got = EVP_PKEY_get_bn_param(key_in(key_), name, &number) == 1;
    const NumberPtr owned(number);
    if (!got || !append_number(out, number)) return fail_tls("read a public key");
  }
  return out;
}

base::Result<std::string> PrivateKey::sign_es256(std::string_view octets) const {
  if (!is_p256(key_in(key_))) return not_p256();
  ERR_clear_error();
  const ContextPtr context(EVP_MD_CTX_new());
  std::string der(static_cast<std::size_t>(EVP_PKEY_get_size(key_in(key_))), '\0');
  std::size_t bytes = der.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_in(key_)) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &bytes,
                     reinterpret_cast<const unsigned char*>(octets.data()), octets.size()) != 1) {
    return fail_tls("sign");
  }
  der.resize(bytes);
  return numbers_of(der);
}

base::Result<std::string> PrivateKey::public_digest() const {
  ERR_clear_error();
  unsigned char* der = nullptr;
  const int bytes = i2d_PUBKEY(key_in(key_), &der);
  if (bytes <= 0) return fail_tls("write a public key");
  std::string out = sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes)});
  OPENSSL_free(der);
  return out;
}

// The subject stays empty: authorities take the names from subjectAltName (RFC 8555 §7.4).
base::Result<std::string> PrivateKey::request(const std::vector<std::string>& names) const {
  ERR_clear_error();
  const RequestPtr request(X509_REQ_new());
  if (!request || names.empty() || X509_REQ_set_version(request.get(), 0) != 1 ||
      !add_names(*request, names) || X509_REQ_set_pubkey(request.get(), key_in(key_)) != 1 ||
      X509_REQ_sign(request.get(), key_in(key_), EVP_sha256()) == 0) {
    return fail_tls("make a request for a certificate");
  }
  unsigned char* der = nullptr;
  const int bytes = i2d_X509_REQ(request.get(), &der);
  if (bytes <= 0) return fail_tls("write a request for a certificate");
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes));
  OPENSSL_free(der);
  return out;
}

}  // namespace io
