// See jwk.h.
#include "lib/sasl/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "lib/sasl/json.h"

namespace sasl {
namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

constexpr std::size_t coordinate_bytes = 32;  // P-256; Ed25519 has as many in all
constexpr int exponent_bits_max = 32;         // 65537 everywhere; a large one costs time

const unsigned char* octets_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::optional<std::string> octet_member(const boost::json::object& object, std::string_view name) {
  const auto text = text_member(object, name);
  return text ? unbase64url(*text) : std::nullopt;
}

NumberPtr number(std::string_view bytes) {
  return NumberPtr(BN_bin2bn(octets_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

KeyPtr from_parameters(const char* kind, OSSL_PARAM_BLD* builder) {
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  KeyPtr made(key);
  const KeyContextPtr checker(EVP_PKEY_CTX_new(made.get(), nullptr));
  // A point that is not on the curve, a modulus that is even.
  if (!checker || EVP_PKEY_public_check(checker.get()) != 1) return nullptr;
  return made;
}

// RFC 7518 §6.3.1.
KeyPtr rsa_key(const boost::json::object& jwk) {
  const auto modulus = octet_member(jwk, "n");
  const auto exponent = octet_member(jwk, "e");
  constexpr std::size_t octet_bits = 8;
  if (!modulus || !exponent || modulus->size() > rsa_bits_max / octet_bits + 1) return nullptr;
  const NumberPtr n = number(*modulus);
  const NumberPtr e = number(*exponent);
  if (!n || !e || BN_num_bits(n.get()) < rsa_bits_min || BN_num_bits(n.get()) > rsa_bits_max ||
      BN_num_bits(e.get()) > exponent_bits_max) {
    return nullptr;
  }
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return from_parameters("RSA", builder.get());
}

// RFC 7518 §6.2.1, P-256 only.
KeyPtr ec_key(const boost::json::object& jwk) {
  const auto x = octet_member(jwk, "x");
  const auto y = octet_member(jwk, "y");
  if (text_member(jwk, "crv") != "P-256" || !x || !y || x->size() != coordinate_bytes ||
      y->size() != coordinate_bytes) {
    return nullptr;
  }
  const std::string point = "\x04" + *x + *y;  // uncompressed
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return from_parameters("EC", builder.get());
}

// RFC 8037 §2, Ed25519 only.
KeyPtr okp_key(const boost::json::object& jwk) {
  const auto x = octet_member(jwk, "x");
  if (text_member(jwk, "crv") != "Ed25519" || !x || x->size() != coordinate_bytes) return nullptr;
  return KeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets_of(*x), x->size()));
}

// RFC 7518 §3.4: R and S, 32 octets each; OpenSSL wants them in DER.
std::optional<std::string> ecdsa_der(std::string_view signature) {
  if (signature.size() != 2 * coordinate_bytes) return std::nullopt;
  const SignaturePtr both(ECDSA_SIG_new());
  NumberPtr r = number(signature.substr(0, coordinate_bytes));
  NumberPtr s = number(signature.substr(coordinate_bytes));
  if (!both || !r || !s) return std::nullopt;
  if (ECDSA_SIG_set0(both.get(), r.release(), s.release()) != 1) return std::nullopt;
  unsigned char* der = nullptr;
  const int bytes = i2d_ECDSA_SIG(both.get(), &der);
  if (bytes <= 0) return std::nullopt;
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes));
  OPENSSL_free(der);
  return out;
}

bool verify_with(EVP_PKEY* key, SignatureAlgorithm algorithm, std::string_view octets,
                 std::string_view signature) {
  const DigestContextPtr context(EVP_MD_CTX_new());
  if (!context) return false;
  const bool plain = algorithm == SignatureAlgorithm::eddsa;
  EVP_PKEY_CTX* how = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &how, plain ? nullptr : EVP_sha256(), nullptr, key) !=
      1) {
    return false;
  }
  if (algorithm == SignatureAlgorithm::ps256 &&
      (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1)) {  // RFC 7518 §3.5
    return false;
  }
  std::string der;
  if (algorithm == SignatureAlgorithm::es256) {
    auto converted = ecdsa_der(signature);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  return EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(octets),
                          octets.size()) == 1;
}

}  // namespace

struct KeySet::Key {
  std::string id;
  std::string kind;                             // "kty"
  std::optional<SignatureAlgorithm> algorithm;  // "alg"; not said: whatever fits the kind
  KeyPtr key;

  [[nodiscard]] bool fits(const WhichKey& which) const {
    if (!which.id.empty() && which.id != id) return false;
    if (algorithm && *algorithm != which.algorithm) return false;
    switch (which.algorithm) {
      case SignatureAlgorithm::rs256:
      case SignatureAlgorithm::ps256: return kind == "RSA";
      case SignatureAlgorithm::es256: return kind == "EC";
      case SignatureAlgorithm::eddsa: return kind == "OKP";
    }
    return false;
  }
};

namespace {

std::optional<KeySet::Key> read_key(const boost::json::object& jwk) {
  const auto kind = text_member(jwk, "kty");
  const auto use = text_member(jwk, "use");
  const auto algorithm = text_member(jwk, "alg");
  if (!kind || (use && *use != "sig")) return std::nullopt;
  KeySet::Key out;
  out.id = text_member(jwk, "kid").value_or("");
  out.kind = *kind;
  if (algorithm) {
    out.algorithm = parse_algorithm(*algorithm);
    if (!out.algorithm) return std::nullopt;
  }
  if (*kind == "RSA") out.key = rsa_key(jwk);
  if (*kind == "EC") out.key = ec_key(jwk);
  if (*kind == "OKP") out.key = okp_key(jwk);
  ERR_clear_error();
  if (!out.key) return std::nullopt;
  return out;
}

}  // namespace

std::optional<SignatureAlgorithm> parse_algorithm(std::string_view name) {
  if (name == "RS256") return SignatureAlgorithm::rs256;
  if (name == "PS256") return SignatureAlgorithm::ps256;
  if (name == "ES256") return SignatureAlgorithm::es256;
  if (name == "EdDSA") return SignatureAlgorithm::eddsa;
  return std::nullopt;
}

KeySet::KeySet() = default;
KeySet::~KeySet() = default;

base::Result<std::shared_ptr<const KeySet>> KeySet::parse(std::string_view json) {
  const auto object = read_json_object(json);
  const boost::json::value* list = object ? object->if_contains("keys") : nullptr;
  if (list == nullptr || !list->is_array()) {
    return base::fail(base::ErrorKind::invalid, "not a JWK set");
  }
  auto set = std::make_shared<KeySet>();
  for (const boost::json::value& one : list->get_array()) {
    if (set->keys_.size() == keys_max) break;
    if (!one.is_object()) continue;
    if (auto key = read_key(one.get_object())) set->keys_.push_back(std::move(*key));
  }
  if (set->keys_.empty()) {
    return base::fail(base::ErrorKind::invalid, "a JWK set without a key that we can use");
  }
  return set;
}

bool KeySet::has(const WhichKey& which) const {
  return std::ranges::any_of(keys_, [&which](const Key& key) { return key.fits(which); });
}

bool KeySet::verify(const WhichKey& which, std::string_view octets,
                    std::string_view signature) const {
  const bool right = std::ranges::any_of(keys_, [&](const Key& key) {
    return key.fits(which) && verify_with(key.key.get(), which.algorithm, octets, signature);
  });
  ERR_clear_error();
  return right;
}

std::size_t KeySet::size() const { return keys_.size(); }

}  // namespace sasl
