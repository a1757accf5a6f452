// See srs.h.
#include "directory/srs/srs.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/base32.h"
#include "lib/base/check.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;
using base::fail;
using message::Address;

constexpr std::size_t hash_letters = 6;
constexpr std::size_t prefix_bytes = 4;  // "SRS0"
// A day is two letters of base32, so it comes again after 1024 days.
constexpr std::int64_t days_cycle = 1024;
constexpr std::string_view day_letters = "abcdefghijklmnopqrstuvwxyz234567";
// Another forwarder's or node's clock may be a little ahead.
constexpr std::int64_t days_ahead_max = 1;

std::int64_t day_of(base::Time time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::string day_text(std::int64_t day) {
  const auto in_cycle = static_cast<std::size_t>(day % days_cycle);
  return {day_letters[in_cycle / day_letters.size()], day_letters[in_cycle % day_letters.size()]};
}

std::optional<std::int64_t> read_day(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  std::int64_t day = 0;
  for (const char c : base::lower(text)) {
    const std::size_t at = day_letters.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    day = day * static_cast<std::int64_t>(day_letters.size()) + static_cast<std::int64_t>(at);
  }
  return day;
}

// `what` begins with the scheme's digit, so that no SRS0 is ever taken for an SRS1.
std::string hash_of(std::string_view secret, std::string_view what) {
  const std::string text = base::lower(what);
  std::array<unsigned char, 32> mac = {};
  unsigned length = 0;
  const auto* made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &length);
  CHECK(made != nullptr && length == mac.size(), "HMAC-SHA-256 is always there");
  const std::string_view octets(reinterpret_cast<const char*>(mac.data()), 5);
  return base::lower(base::base32(octets)).substr(0, hash_letters);
}

bool is_separator(char c) { return c == '=' || c == '+' || c == '-'; }

// Takes what stands before the next '='.
std::optional<std::string_view> take(std::string_view& text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(at + 1);
  return out;
}

std::unexpected<base::Error> not_made_here() {
  return fail(ErrorKind::invalid,
              "this address for returned mail was not made by this server, or was changed");
}

// As long on the wire as a path may be; none of its parts may be missing.
std::optional<Address> fitting(Address address) {
  const std::string text = address.text();
  if (!message::parse_address(text, {.utf8 = true})) return std::nullopt;
  return address;
}

}  // namespace

Srs::Srs(base::Duration valid_for, base::Time now)
    : valid_days_(static_cast<int>(std::chrono::ceil<std::chrono::days>(valid_for).count())),
      today_(day_of(now)),
      secrets_(std::make_shared<const Secrets>()) {}

void Srs::set_secrets(std::vector<std::string> secrets) {
  auto fresh = std::make_shared<const Secrets>(std::move(secrets));
  const std::lock_guard lock(mutex_);
  secrets_ = std::move(fresh);
}

void Srs::set_now(base::Time now) { today_ = day_of(now); }

std::shared_ptr<const Srs::Secrets> Srs::secrets() const {
  const std::lock_guard lock(mutex_);
  return secrets_;
}

bool Srs::is_srs(std::string_view local) {
  return local.size() > prefix_bytes && base::istarts_with(local, "SRS") &&
         (local[3] == '0' || local[3] == '1') && is_separator(local[prefix_bytes]);
}

bool Srs::is_ours(std::string_view hash, std::string_view what) const {
  const std::string given = base::lower(hash);
  if (given.size() != hash_letters) return false;
  return std::ranges::any_of(*secrets(), [&](const std::string& secret) {
    const std::string made = hash_of(secret, what);
    return CRYPTO_memcmp(made.data(), given.data(), hash_letters) == 0;
  });
}

std::optional<Address> Srs::forward(const Address& sender, std::string_view domain) const {
  const auto known = secrets();
  if (known->empty() || sender.is_null() || sender.domain.empty() || domain.empty()) return {};
  const std::string from = message::domain_key(sender.domain);
  char scheme = '1';
  std::string rest;
  if (!is_srs(sender.local)) {
    scheme = '0';
    rest = fmt::format("{}={}={}", day_text(today_), from, sender.local);
  } else if (sender.local[3] == '0') {
    // The first forwarder's separator stays, so that it finds its own address again.
    rest = fmt::format("{}={}", from, std::string_view(sender.local).substr(prefix_bytes));
  } else {
    std::string_view theirs = std::string_view(sender.local).substr(prefix_bytes + 1);
    if (!take(theirs)) return {};
    rest = theirs;
  }
  const std::string hash = hash_of(known->front(), fmt::format("{}={}", scheme, rest));
  return fitting({.local = fmt::format("SRS{}={}={}", scheme, hash, rest),
                  .domain = message::domain_key(domain)});
}

base::Result<Address> Srs::back(const Address& address) const {
  if (!is_srs(address.local)) return not_made_here();
  const std::string_view rest = std::string_view(address.local).substr(prefix_bytes + 1);
  return address.local[3] == '0' ? back_to_sender(rest) : back_to_forwarder(rest);
}

base::Result<Address> Srs::back_to_sender(std::string_view rest) const {
  const auto hash = take(rest);
  if (!hash || !is_ours(*hash, fmt::format("0={}", rest))) return not_made_here();
  const auto day_given = take(rest);
  const auto domain = take(rest);
  const auto day = read_day(day_given.value_or(""));
  if (!day || !domain || rest.empty()) return not_made_here();
  const std::int64_t age = (today_ - *day + days_cycle) % days_cycle;
  if (age > valid_days_ && age < days_cycle - days_ahead_max) {
    return fail(ErrorKind::invalid,
                fmt::format("this address for returned mail was good for {} days, and is {} days "
                            "old",
                            valid_days_, age));
  }
  auto sender = fitting({.local = std::string(rest), .domain = std::string(*domain)});
  if (!sender) return not_made_here();
  return *std::move(sender);
}

base::Result<Address> Srs::back_to_forwarder(std::string_view rest) const {
  const auto hash = take(rest);
  if (!hash || !is_ours(*hash, fmt::format("1={}", rest))) return not_made_here();
  const auto first = take(rest);
  if (!first || rest.empty() || !is_separator(rest.front())) return not_made_here();
  auto forwarder = fitting({.local = fmt::format("SRS0{}", rest), .domain = std::string(*first)});
  if (!forwarder) return not_made_here();
  return *std::move(forwarder);
}

}  // namespace directory
