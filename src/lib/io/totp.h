// lib/io/totp.h: one-time passwords by the time (RFC 6238), as authenticator apps show them.
//
// What:    the code of a step (HMAC-SHA-1, 6 digits, 30 seconds: what every app takes), and whether
//          a code that somebody typed is that of this moment.
// In/Out:  secret octets, time → "492039"; a code → the step that it is of.
// Errors:  none: what is no code matches no step.
// Limits:  window_steps to both sides, for clocks that differ and people who type slowly.
// Not here: which steps were used already, where secrets are kept (admin/second_factor.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"

namespace io {

inline constexpr std::size_t totp_digits = 6;
inline constexpr std::size_t totp_secret_bytes = 20;  // as long as the hash: RFC 4226 §4, R6
inline constexpr base::Duration totp_step_time = std::chrono::seconds(30);
inline constexpr std::int64_t totp_window_steps = 1;  // RFC 6238 §5.2: at most one

// Steps since 1970.
[[nodiscard]] std::int64_t totp_step(base::Time time);
[[nodiscard]] std::string totp_code(std::string_view secret, std::int64_t step,
                                    std::size_t digits = totp_digits);
// The step whose code it is, later than `last_used` (a code is good once, RFC 6238 §5.2).
[[nodiscard]] std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code,
                                                     base::Time now, std::int64_t last_used);
// What an app reads from a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=…
[[nodiscard]] std::string totp_uri(std::string_view secret, std::string_view issuer,
                                   std::string_view account);

}  // namespace io
