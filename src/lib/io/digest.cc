// See digest.h.
#include "lib/io/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/check.h"

namespace io {

namespace {

std::string digest(std::string_view octets, const EVP_MD* kind, std::size_t bytes) {
  std::string out(bytes, '\0');
  const bool done =
      EVP_Digest(octets.data(), octets.size(), reinterpret_cast<unsigned char*>(out.data()),
                 nullptr, kind, nullptr) == 1;
  CHECK(done, "SHA-2 failed");
  return out;
}

}  // namespace

std::string sha256(std::string_view octets) { return digest(octets, EVP_sha256(), sha256_bytes); }
std::string sha512(std::string_view octets) { return digest(octets, EVP_sha512(), sha512_bytes); }

std::string hmac_sha256(std::string_view key, std::string_view octets) {
  std::string out(sha256_bytes, '\0');
  unsigned bytes = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
           reinterpret_cast<unsigned char*>(out.data()), &bytes);
  CHECK(made != nullptr && bytes == sha256_bytes, "HMAC-SHA-256 failed");
  return out;
}

void Sha256::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "SHA-2 failed");
}

void Sha256::add(std::string_view octets) {
  CHECK(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) == 1, "SHA-2 failed");
}

std::string Sha256::take() {
  std::string out(sha256_bytes, '\0');
  const bool done = EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                       nullptr) == 1;
  CHECK(done && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "SHA-2 failed");
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace io
