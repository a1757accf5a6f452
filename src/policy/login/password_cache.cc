// See password_cache.h.
#include "policy/login/password_cache.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/check.h"

namespace policy {
namespace {

constexpr std::size_t hash_bytes = 32;

}  // namespace

PasswordCache::PasswordCache(io::Random& random) : key_(hash_bytes, '\0') { random.fill(key_); }

bool PasswordCache::knows(std::string_view verifier, std::string_view password,
                          base::Instant now) const {
  if (until_.empty()) return false;
  const auto found = until_.find(hash(verifier, password));
  return found != until_.end() && now < found->second;
}

void PasswordCache::note(std::string_view verifier, std::string_view password, base::Instant until,
                         base::Instant now) {
  if (until <= now) return;
  if (until_.size() >= entries_max) {
    std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
  }
  if (until_.size() >= entries_max) until_.clear();
  until_[hash(verifier, password)] = until;
}

// A verifier has no NUL, so the two cannot be cut differently. It has the account's own salt.
std::string PasswordCache::hash(std::string_view verifier, std::string_view password) const {
  std::string both(verifier);
  both += '\0';
  both += password;
  std::string out(hash_bytes, '\0');
  unsigned length = 0;
  const auto* made = HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
                          reinterpret_cast<const unsigned char*>(both.data()), both.size(),
                          reinterpret_cast<unsigned char*>(out.data()), &length);
  OPENSSL_cleanse(both.data(), both.size());
  CHECK(made != nullptr && length == hash_bytes, "HMAC-SHA-256 is always there");
  return out;
}

}  // namespace policy
