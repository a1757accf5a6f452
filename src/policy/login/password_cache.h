// policy/login/password_cache.h: passwords that were right a moment ago.
//
// What:    remembers for a short time that a password fitted a verifier, as a keyed hash of both:
//          clients that log in again and again cost no PBKDF2 each time.
// In/Out:  knows() before the check, note() after one that said yes.
// Errors:  none.
// Limits:  entries_max; the time is the caller's. A changed password has another verifier, so it
//          counts at once. Wrong passwords are never remembered.
// Not here: the check (directory/credential.h), whether the log-in may be used (authenticator.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/time.h"
#include "lib/io/random.h"

namespace policy {

class PasswordCache {
 public:
  static constexpr std::size_t entries_max = 16'384;

  explicit PasswordCache(io::Random& random);

  [[nodiscard]] bool knows(std::string_view verifier, std::string_view password,
                           base::Instant now) const;
  void note(std::string_view verifier, std::string_view password, base::Instant until,
            base::Instant now);
  [[nodiscard]] std::size_t size() const { return until_.size(); }

 private:
  [[nodiscard]] std::string hash(std::string_view verifier, std::string_view password) const;

  std::string key_;
  std::unordered_map<std::string, base::Instant> until_;
};

}  // namespace policy
