// See totp.h.
#include "lib/io/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "lib/base/base32.h"
#include "lib/base/check.h"
#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace io {
namespace {

std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }

// The apps know no other; the attacks on SHA-1 do not reach HMAC (RFC 6194 §3.3).
std::string hmac_sha1(std::string_view key, std::string_view octets) {
  constexpr std::size_t sha1_bytes = 20;
  std::string out(sha1_bytes, '\0');
  unsigned bytes = 0;
  const unsigned char* made =
      HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(octets.data()), octets.size(),
           reinterpret_cast<unsigned char*>(out.data()), &bytes);
  CHECK(made != nullptr && bytes == sha1_bytes, "HMAC-SHA-1 failed");
  return out;
}

// RFC 3986 §2.3; the label's ':' stays what separates issuer and account.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", octet(c));
    }
  }
  return out;
}

}  // namespace

std::int64_t totp_step(base::Time time) { return time.time_since_epoch() / totp_step_time; }

// RFC 4226 §5.3: the counter as eight octets, and 31 bits taken where the hash says.
std::string totp_code(std::string_view secret, std::int64_t step, std::size_t digits) {
  std::array<char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter.at(7 - i) = static_cast<char>(static_cast<std::uint64_t>(step) >> (8 * i) & 255U);
  }
  const std::string hash = hmac_sha1(secret, {counter.data(), counter.size()});
  const std::size_t at = octet(hash.back()) & 15U;
  const std::uint32_t bits = (octet(hash[at]) & 127U) << 24U | octet(hash[at + 1]) << 16U |
                             octet(hash[at + 2]) << 8U | octet(hash[at + 3]);
  const std::string text = fmt::format("{:0{}}", bits, digits);
  return text.substr(text.size() - digits);
}

std::optional<std::int64_t> totp_match(std::string_view secret, std::string_view code,
                                       base::Time now, std::int64_t last_used) {
  const std::int64_t current = totp_step(now);
  std::optional<std::int64_t> found;
  for (std::int64_t step = current - totp_window_steps; step <= current + totp_window_steps;
       ++step) {
    // All are computed, so that the time tells nothing.
    const bool equal = equal_in_constant_time(totp_code(secret, step), code);
    if (equal && step > last_used && !found) found = step;
  }
  return found;
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view account) {
  return fmt::format(
      "otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits={3}&period={4}",
      escaped(issuer), escaped(account), base::base32(secret), totp_digits,
      std::chrono::duration_cast<std::chrono::seconds>(totp_step_time).count());
}

}  // namespace io
