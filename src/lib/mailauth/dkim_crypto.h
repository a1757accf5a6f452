// lib/mailauth/dkim_crypto.h: the hash and the two kinds of keys of DKIM (RFC 8301, RFC 8463).
//
// What:    SHA-256, streaming; PublicKey checks a signature; PrivateKey makes one, is read from PEM
//          or generated.
// In/Out:  octets → hash; hash and signature → true or false; hash → signature.
// Errors:  invalid for octets and texts that hold no such key; verify() is false for whatever is
//          not a valid signature.
// Limits:  rsa_bits_max and rsa_exponent_bits_max bound what one verification costs (8192 bits:
//          about 0.2 ms). A lower bound is the caller's: a weak key is a verdict of its own.
// Not here: key records (dkim_key.h), which header octets are hashed (dkim_verifier.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

struct evp_pkey_st;    // OpenSSL's EVP_PKEY
struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace mailauth {

inline constexpr unsigned rsa_bits_max = 8192;
inline constexpr unsigned rsa_exponent_bits_max = 64;  // 65537 everywhere; a large one costs time

enum class KeyType : std::uint8_t { rsa, ed25519 };
[[nodiscard]] std::string_view to_string(KeyType type);  // as k= names it

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256& other);
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void update(std::string_view octets);
  // 32 octets; nothing may be added afterwards.
  [[nodiscard]] std::string finish();

 private:
  evp_md_ctx_st* context_;
};
[[nodiscard]] std::string sha256(std::string_view octets);

// Copies share the key, which never changes; so it may be used on several threads.
class PublicKey {
 public:
  // `octets` as p= holds them: for RSA SubjectPublicKeyInfo or RSAPublicKey (RFC 6376 erratum
  // 3192: both are in use), for Ed25519 the 32 octets themselves (RFC 8463 §4).
  [[nodiscard]] static base::Result<PublicKey> from_octets(KeyType type, std::string_view octets);

  [[nodiscard]] KeyType type() const { return type_; }
  [[nodiscard]] unsigned bits() const;
  // RFC 8463 §3: Ed25519 signs the hash as if it were the message.
  [[nodiscard]] bool verify(std::string_view hash, std::string_view signature) const;
  // What p= holds.
  [[nodiscard]] std::string octets() const;

 private:
  friend class PrivateKey;
  PublicKey(KeyType type, std::shared_ptr<evp_pkey_st> key) : type_(type), key_(std::move(key)) {}

  KeyType type_;
  std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
 public:
  // PEM (PKCS#1 or PKCS#8, without a passphrase), or base64 of Ed25519's 32 octets alone.
  [[nodiscard]] static base::Result<PrivateKey> from_text(std::string_view text);
  // RSA takes long (hundreds of milliseconds): on a pool thread. The bits are for RSA only.
  [[nodiscard]] static base::Result<PrivateKey> generate(KeyType type, unsigned rsa_bits = 2048);

  [[nodiscard]] KeyType type() const { return type_; }
  [[nodiscard]] PublicKey public_key() const { return {type_, key_}; }
  [[nodiscard]] std::string pem() const;  // PKCS#8
  // RSA of 2048 bits takes some 0.4 ms, of 4096 some 2.8 ms. Ed25519 takes some 50 µs.
  [[nodiscard]] base::Result<std::string> sign(std::string_view hash) const;

 private:
  struct Ready;  // OpenSSL's looking up of what the key needs, done once
  PrivateKey(KeyType type, std::shared_ptr<evp_pkey_st> key, std::shared_ptr<const Ready> ready)
      : type_(type), key_(std::move(key)), ready_(std::move(ready)) {}
  [[nodiscard]] static base::Result<PrivateKey> adopt(evp_pkey_st* key);

  KeyType type_;
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<const Ready> ready_;
};

}  // namespace mailauth
