// See token_checker.h.
#include "policy/login/token_checker.h"

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"

namespace policy {
namespace {

constexpr base::Duration unknown_key_pause = std::chrono::minutes(1);
constexpr base::Duration failure_pause = std::chrono::seconds(10);
constexpr base::Duration old_keys_time_max = std::chrono::hours(24);
constexpr std::uint64_t secret_bytes_max = 4'096;
constexpr int http_ok = 200;

base::Result<std::string> read_secret(io::Files& files, const std::string& path) {
  if (path.empty()) return std::string();
  auto text = io::read_file(files, path, secret_bytes_max);
  if (!text) return text;
  return std::string(base::trim(*text));
}

sasl::TokenRules rules_of(const OauthSettings& settings) {
  sasl::TokenRules rules;
  rules.issuer = settings.issuer;
  rules.audience = settings.audience;
  rules.user_claim = settings.user_claim;
  return rules;
}

std::unexpected<base::Error> bad_answer(std::string_view what, int status) {
  return base::fail(base::ErrorKind::unsupported, fmt::format("{}: HTTP status {}", what, status));
}

}  // namespace

TokenChecker::TokenChecker(WebParts parts, OauthSettings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      rules_(rules_of(settings_)),
      client_secret_(read_secret(parts_.doors.files, settings_.client_secret_file)) {}

io::Task<base::Result<sasl::TokenFacts>> TokenChecker::check(std::string token) {
  // RFC 7628 §4.3: a client may ask with an empty token only to learn where to get one.
  if (token.empty()) co_return base::fail(base::ErrorKind::denied, "an empty token");
  if (settings_.jwks_url.empty()) co_return co_await introspect(std::move(token));
  co_return co_await check_signature(std::move(token));
}

io::Task<base::Result<sasl::TokenFacts>> TokenChecker::check_signature(std::string token) {
  auto known = co_await keys(settings_.keys_time);
  if (!known) co_return std::unexpected(std::move(known.error()));
  auto facts = co_await verify(*known, token);
  if (facts || facts.error().kind != base::ErrorKind::not_found) co_return facts;
  auto fresh = co_await keys(unknown_key_pause);  // the issuer may have a new one
  if (!fresh) co_return std::unexpected(std::move(fresh.error()));
  if (*fresh != *known) facts = co_await verify(*fresh, token);
  if (!facts && facts.error().kind == base::ErrorKind::not_found) {
    facts.error().kind = base::ErrorKind::denied;
  }
  co_return facts;
}

io::Task<base::Result<sasl::TokenFacts>> TokenChecker::verify(Keys keys, std::string token) {
  co_return co_await io::on_pool(
      parts_.doors.pool,
      [keys = std::move(keys), token = std::move(token), rules = rules_,
       now = parts_.doors.clock.wall()] { return sasl::verify_token(token, *keys, rules, now); });
}

base::Duration TokenChecker::age() const { return parts_.doors.clock.now() - fetched_at_; }

io::Task<base::Result<TokenChecker::Keys>> TokenChecker::keys(base::Duration age_max) {
  while (fetching_) {
    if (auto woken = co_await fetched_.wait(); !woken) {
      co_return std::unexpected(std::move(woken.error()));
    }
  }
  if (keys_ != nullptr && age() < age_max) co_return keys_;
  const bool failed_lately = failed_at_ && parts_.doors.clock.now() - *failed_at_ < failure_pause;
  if (!failed_lately) {
    fetching_ = true;
    auto fresh = co_await fetch();
    fetching_ = false;
    if (fresh) {
      keys_ = std::move(*fresh);
      fetched_at_ = parts_.doors.clock.now();
      failed_at_.reset();
    } else if (fresh.error().kind != base::ErrorKind::cancelled) {
      failed_at_ = parts_.doors.clock.now();
      failure_ = fresh.error().text();
    }
    fetched_.notify();
    if (!fresh && fresh.error().kind == base::ErrorKind::cancelled) {
      co_return std::unexpected(std::move(fresh.error()));
    }
  }
  if (keys_ != nullptr && age() < old_keys_time_max) co_return keys_;
  co_return base::fail(base::ErrorKind::unreachable, "the provider's keys: " + failure_);
}

io::Task<base::Result<TokenChecker::Keys>> TokenChecker::fetch() {
  const auto url = parse_url(settings_.jwks_url);
  if (!url) co_return base::fail(base::ErrorKind::invalid, "jwks_url is not a URL");
  http::Request request;
  request.headers.add("Accept", "application/json");
  auto response = co_await ask_web(parts_, *url, std::move(request), settings_.timeout);
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status != http_ok) co_return bad_answer("jwks_url", response->status);
  co_return sasl::KeySet::parse(response->body);
}

// RFC 7662 §2.1.
io::Task<base::Result<sasl::TokenFacts>> TokenChecker::introspect(std::string token) {
  if (!client_secret_) {
    co_return base::fail(base::ErrorKind::unsupported,
                         "client_secret_file: " + client_secret_.error().text());
  }
  const auto url = parse_url(settings_.introspection_url);
  if (!url) co_return base::fail(base::ErrorKind::invalid, "introspection_url is not a URL");
  http::Request request;
  request.method = "POST";
  request.headers.add("Accept", "application/json");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  if (!settings_.client_id.empty()) {
    // RFC 6749 §2.3.1: both are form-encoded first.
    request.headers.add("Authorization",
                        "Basic " + base::base64(http::percent_encode(settings_.client_id) + ":" +
                                                http::percent_encode(*client_secret_)));
  }
  request.body = "token=" + http::percent_encode(token) + "&token_type_hint=access_token";
  auto response = co_await ask_web(parts_, *url, std::move(request), settings_.timeout);
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status != http_ok) co_return bad_answer("introspection_url", response->status);
  co_return sasl::read_introspection(response->body, rules_, parts_.doors.clock.wall());
}

}  // namespace policy
