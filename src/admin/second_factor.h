// admin/second_factor.h: the second factor of administrators: codes by the time, recovery codes.
//
// What:    who has enrolled an authenticator app, whether a code is good, and each code once; kept
//          in a file of the state folder, which Dovecot does not read.
// In/Out:  account and what was typed → CodeVerdict; enrol() → ten recovery codes, shown once.
// Errors:  exists, not_found, limit; those of io::Files.
// Limits:  accounts_max; failures_max wrong codes of an account within failures_time, then only
//          recovery codes are looked at: who knows the password shall not try a million codes, and
//          cannot shut out the owner. Used on one loop, its short file is written there.
// Not here: the codes themselves (lib/io/totp.h), guessing of passwords (policy/guard).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"
#include "lib/io/random.h"

namespace admin {

inline constexpr std::size_t recovery_codes = 10;

enum class CodeVerdict : std::uint8_t {
  not_needed,  // nothing is enrolled
  missing,     // a code is needed, and none was given
  right,
  wrong,     // no code, an old one, or one that was used already
  too_many,  // wrong ones lately: not looked at
  not_kept,  // right, but that it is used now could not be written down
};

struct SecondFactor {
  std::string secret;  // octets
  base::Time enrolled;
  std::int64_t last_step = 0;         // of the code that was used last
  std::vector<std::string> recovery;  // hex SHA-256 of those that are left: 80 random bits each
};
using SecondFactorMap = std::map<std::string, SecondFactor, std::less<>>;

// The file's text; `corrupt` when it was not written by write_second_factors.
[[nodiscard]] std::string write_second_factors(const SecondFactorMap& factors);
[[nodiscard]] base::Result<SecondFactorMap> read_second_factors(std::string_view text);

[[nodiscard]] inline std::string second_factors_path(const std::string& state_folder) {
  return state_folder + "/second-factors.json";
}

class SecondFactors {
 public:
  static constexpr std::size_t accounts_max = 1'000;
  static constexpr std::size_t failures_max = 10;
  static constexpr base::Duration failures_time = std::chrono::hours(1);

  // A missing file is one in which nobody has enrolled.
  [[nodiscard]] static base::Result<std::unique_ptr<SecondFactors>> open(io::Files& files,
                                                                         std::string path);

  [[nodiscard]] const SecondFactor* of(std::string_view account) const;
  // A right code is used up by this.
  [[nodiscard]] CodeVerdict check(std::string_view account, std::string_view code, base::Time now);
  // too_many: until then.
  [[nodiscard]] base::Time closed_until(std::string_view account) const;

  struct Enrolment {
    std::string account;
    std::string secret;     // of io::totp_secret_bytes octets
    std::int64_t step = 0;  // of the code that has proved it
  };
  base::Result<std::vector<std::string>> enrol(const Enrolment& wish, base::Time now,
                                               io::Random& random);
  base::Result<> remove(std::string_view account);

 private:
  SecondFactors(io::Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  base::Result<> save(SecondFactorMap factors);
  [[nodiscard]] CodeVerdict use_step(std::string_view account, std::int64_t step);
  [[nodiscard]] CodeVerdict use_recovery(std::string_view account, std::size_t index);
  [[nodiscard]] bool is_closed(std::string_view account, base::Time now);
  void note_failure(std::string_view account, base::Time now);

  io::Files& files_;
  std::string path_;
  SecondFactorMap factors_;
  std::map<std::string, std::vector<base::Time>, std::less<>> failures_;  // within failures_time
};

}  // namespace admin
