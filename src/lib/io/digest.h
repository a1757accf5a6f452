// lib/io/digest.h: SHA-2 and what is made with it.
//
// What:    the digest of octets, of what comes in pieces (Sha256), and the keyed one (HMAC, RFC
//          2104).
// In/Out:  octets → 32 octets, or 64.
// Errors:  none: a library without SHA-2 is a bug (CHECK).
// Limits:  none.
// Not here: the digests of DKIM's bodies (lib/mailauth/dkim_body.h), signatures (private_key.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

using EVP_MD_CTX = struct evp_md_ctx_st;

namespace io {

inline constexpr std::size_t sha256_bytes = 32;
inline constexpr std::size_t sha512_bytes = 64;

[[nodiscard]] std::string sha256(std::string_view octets);
[[nodiscard]] std::string sha512(std::string_view octets);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view octets);

class Sha256 {
 public:
  Sha256();
  void add(std::string_view octets);
  // Of what was added until now; then it begins anew.
  [[nodiscard]] std::string take();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const;
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Takes as long for equal texts as for others of their length: for what must not be guessed.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace io
