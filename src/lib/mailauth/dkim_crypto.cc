// See dkim_crypto.h.
#include "lib/mailauth/dkim_crypto.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <utility>

#include "lib/base/check.h"
#include "lib/mailauth/dkim_der.h"
#include "lib/mailauth/tag_list.h"

namespace mailauth {
namespace {

using base::ErrorKind;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;

constexpr std::size_t ed25519_key_bytes = 32;
constexpr std::size_t pem_bytes_max = 32UL * 1024;  // an RSA key of 8192 bits takes 6.5 KiB
constexpr unsigned rsa_generate_bits_min = 1024;    // RFC 8301 §3.2

const unsigned char* octets_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// OpenSSL's errors stay in a queue of the thread; nobody else shall find ours there.
std::unexpected<base::Error> openssl_failed(std::string_view doing) {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return base::fail(ErrorKind::invalid,
                    fmt::format("{}: {}", doing, reason == nullptr ? "not possible" : reason));
}

const EVP_MD* sha256_method() {
  // Fetched once: an implicit fetch for every message costs more than hashing a short one.
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(method != nullptr, "OpenSSL knows SHA-256");
  return method;
}

NumberPtr number(std::string_view octets) {
  return NumberPtr(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

std::shared_ptr<EVP_PKEY> rsa_from_numbers(const BIGNUM* modulus, const BIGNUM* exponent) {
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
    return nullptr;
  }
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return shared(key);
}

base::Result<std::shared_ptr<EVP_PKEY>> rsa_from_der(std::string_view octets) {
  const auto numbers = read_rsa_key(octets);
  if (!numbers) return base::fail(ErrorKind::invalid, "no RSA key");
  const NumberPtr modulus = number(numbers->modulus);
  const NumberPtr exponent = number(numbers->exponent);
  if (!modulus || !exponent) return base::fail(ErrorKind::invalid, "no RSA key");
  if (std::cmp_greater(BN_num_bits(modulus.get()), rsa_bits_max) ||
      std::cmp_greater(BN_num_bits(exponent.get()), rsa_exponent_bits_max)) {
    return base::fail(
        ErrorKind::limit,
        fmt::format("an RSA key of more than {} bits, or with a large exponent", rsa_bits_max));
  }
  auto key = rsa_from_numbers(modulus.get(), exponent.get());
  ERR_clear_error();
  if (!key) return base::fail(ErrorKind::invalid, "no RSA key");
  return key;
}

bool set_rsa_rules(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context, sha256_method()) == 1;
}

bool verify_rsa(EVP_PKEY* key, std::string_view hash, std::string_view signature) {
  const KeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 && set_rsa_rules(context.get()) &&
         EVP_PKEY_verify(context.get(), octets_of(signature), signature.size(), octets_of(hash),
                         hash.size()) == 1;
}

bool verify_ed25519(EVP_PKEY* key, std::string_view hash, std::string_view signature) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(hash),
                          hash.size()) == 1;
}

KeyContextPtr rsa_signer(EVP_PKEY* key) {
  KeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 || !set_rsa_rules(context.get()))
    return {};
  return context;
}

DigestContextPtr ed25519_signer(EVP_PKEY* key) {
  DigestContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1) return {};
  return context;
}

// `ready` is shared by all loops, so each signature is made with a copy.
base::Result<std::string> sign_rsa(const EVP_PKEY_CTX* ready, std::size_t size,
                                   std::string_view hash) {
  std::string signature(size, '\0');
  const KeyContextPtr context(EVP_PKEY_CTX_dup(ready));
  if (!context || EVP_PKEY_sign(context.get(), octets_of(signature), &size, octets_of(hash),
                                hash.size()) != 1) {
    return openssl_failed("signing with RSA");
  }
  signature.resize(size);
  return signature;
}

base::Result<std::string> sign_ed25519(const EVP_MD_CTX* ready, std::size_t size,
                                       std::string_view hash) {
  std::string signature(size, '\0');
  const DigestContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), ready) != 1 ||
      EVP_DigestSign(context.get(), octets_of(signature), &size, octets_of(hash), hash.size()) !=
          1) {
    return openssl_failed("signing with Ed25519");
  }
  signature.resize(size);
  return signature;
}

// A key with a passphrase is refused instead of asking the terminal for it.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

}  // namespace

std::string_view to_string(KeyType type) { return type == KeyType::rsa ? "rsa" : "ed25519"; }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CHECK(context_ != nullptr && EVP_DigestInit_ex2(context_, sha256_method(), nullptr) == 1,
        "a SHA-256 begins");
}

Sha256::Sha256(const Sha256& other) : context_(EVP_MD_CTX_new()) {
  CHECK(context_ != nullptr && EVP_MD_CTX_copy_ex(context_, other.context_) == 1,
        "a SHA-256 is copied");
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::update(std::string_view octets) {
  CHECK(EVP_DigestUpdate(context_, octets.data(), octets.size()) == 1, "a SHA-256 goes on");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_, out.data(), &size) == 1, "a SHA-256 ends once");
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string sha256(std::string_view octets) {
  Sha256 hash;
  hash.update(octets);
  return hash.finish();
}

base::Result<PublicKey> PublicKey::from_octets(KeyType type, std::string_view octets) {
  if (type == KeyType::rsa) {
    auto rsa = rsa_from_der(octets);
    if (!rsa) return std::unexpected(rsa.error());
    return PublicKey(type, std::move(*rsa));
  }
  std::shared_ptr<EVP_PKEY> key;
  if (octets.size() == ed25519_key_bytes) {
    key = shared(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets_of(octets), octets.size()));
  }
  if (!key) return base::fail(ErrorKind::invalid, "no Ed25519 key");
  return PublicKey(type, std::move(key));
}

unsigned PublicKey::bits() const { return static_cast<unsigned>(EVP_PKEY_get_bits(key_.get())); }

bool PublicKey::verify(std::string_view hash, std::string_view signature) const {
  const bool good = type_ == KeyType::rsa ? verify_rsa(key_.get(), hash, signature)
                                          : verify_ed25519(key_.get(), hash, signature);
  if (!good) ERR_clear_error();
  return good;
}

std::string PublicKey::octets() const {
  if (type_ == KeyType::ed25519) {
    std::string raw(ed25519_key_bytes, '\0');
    std::size_t size = raw.size();
    CHECK(EVP_PKEY_get_raw_public_key(key_.get(), octets_of(raw), &size) == 1,
          "an Ed25519 key has its octets");
    return raw;
  }
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  CHECK(size > 0, "an RSA key has a DER form");
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

struct PrivateKey::Ready {
  KeyContextPtr rsa;
  DigestContextPtr ed25519;
};

base::Result<PrivateKey> PrivateKey::adopt(EVP_PKEY* key) {
  auto owned = shared(key);
  if (!owned) return openssl_failed("reading the key");
  auto ready = std::make_shared<Ready>();
  const int type = EVP_PKEY_get_base_id(key);
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_ED25519) {
    return base::fail(ErrorKind::unsupported, "neither an RSA nor an Ed25519 key");
  }
  if (type == EVP_PKEY_RSA) ready->rsa = rsa_signer(key);
  if (type == EVP_PKEY_ED25519) ready->ed25519 = ed25519_signer(key);
  if (!ready->rsa && !ready->ed25519) return openssl_failed("preparing to sign");
  return PrivateKey(ready->rsa ? KeyType::rsa : KeyType::ed25519, std::move(owned),
                    std::move(ready));
}

base::Result<PrivateKey> PrivateKey::from_text(std::string_view text) {
  if (text.size() > pem_bytes_max) return base::fail(ErrorKind::limit, "too long for a key");
  if (!text.contains("-----BEGIN")) {
    const auto seed = unbase64_folded(text);
    if (!seed || seed->size() != ed25519_key_bytes) {
      return base::fail(ErrorKind::invalid, "neither PEM nor the base64 of an Ed25519 key");
    }
    return adopt(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets_of(*seed), seed->size()));
  }
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return adopt(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
}

base::Result<PrivateKey> PrivateKey::generate(KeyType type, unsigned rsa_bits) {
  if (type == KeyType::ed25519) return adopt(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (rsa_bits < rsa_generate_bits_min || rsa_bits > rsa_bits_max) {
    return base::fail(ErrorKind::invalid, fmt::format("an RSA key has {} to {} bits",
                                                      rsa_generate_bits_min, rsa_bits_max));
  }
  return adopt(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits)));
}

std::string PrivateKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) == 1,
        "a key has a PEM form");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

base::Result<std::string> PrivateKey::sign(std::string_view hash) const {
  const auto size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  return ready_->rsa ? sign_rsa(ready_->rsa.get(), size, hash)
                     : sign_ed25519(ready_->ed25519.get(), size, hash);
}

}  // namespace mailauth
