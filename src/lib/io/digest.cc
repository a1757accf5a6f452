// See digest.h.
#include "lib/io/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/check.h"

namespace io {

std::string sha256(std::string_view octets) {
  std::string out(sha256_bytes, '\0');
  const bool done =
      EVP_Digest(octets.data(), octets.size(), reinterpret_cast<unsigned char*>(out.data()),
                 nullptr, EVP_sha256(), nullptr) == 1;
  CHECK(done, "SHA-256 failed");
  return out;
}

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

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace io
