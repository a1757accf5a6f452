// See client.h.
#include "lib/acme/client.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "lib/acme/problem.h"
#include "lib/base/text.h"

namespace acme {
namespace {

constexpr std::size_t nonce_bytes_max = 1024;
constexpr base::Duration retry_after_max = std::chrono::hours(24 * 7);

http::Request request_of(std::string method, std::string body) {
  http::Request request;
  request.method = std::move(method);
  // RFC 8555 §6.1: clients say who they are.
  request.headers.set("User-Agent", "stagepost");
  if (!body.empty()) request.headers.set("Content-Type", "application/jose+json");
  request.body = std::move(body);
  return request;
}

bool went_well(const http::Response& response) {
  return response.status >= 200 && response.status < 300;
}

base::Error trouble_of(const http::Response& response) {
  if (const auto problem = read_problem(response.body)) return error_of(*problem, {}, {});
  return {
      .kind = base::ErrorKind::unreachable,
      .detail = fmt::format("the authority answers {} {}: {}", response.status,
                            http::reason(response.status), base::printable(response.body, 200))};
}

bool is_bad_nonce(const http::Response& response) {
  const auto problem = read_problem(response.body);
  return problem && short_type(*problem) == "badNonce";
}

// RFC 8555 §6.5.1: base64url only.
bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= nonce_bytes_max && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_';
  });
}

}  // namespace

void Client::note(const http::Response& response) {
  const std::string* nonce = response.headers.find("Replay-Nonce");
  nonce_ = nonce != nullptr && is_nonce(*nonce) ? *nonce : std::string();
  retry_after_.reset();
  const std::string* wait = response.headers.find("Retry-After");
  const auto seconds = wait == nullptr ? std::nullopt : base::parse_number(base::trim(*wait));
  if (!seconds) return;
  const auto most = std::chrono::duration_cast<std::chrono::seconds>(retry_after_max).count();
  retry_after_ =
      std::chrono::seconds(std::min<std::uint64_t>(*seconds, static_cast<std::uint64_t>(most)));
}

io::Task<base::Result<>> Client::fetch_nonce() {
  const auto response =
      co_await parts_.web.ask(directory_.new_nonce, request_of("HEAD", std::string()));
  if (!response) co_return std::unexpected(response.error());
  note(*response);
  if (!went_well(*response)) co_return std::unexpected(trouble_of(*response));
  if (nonce_.empty()) {
    co_return base::fail(base::ErrorKind::invalid, "the authority gave no nonce");
  }
  co_return base::Result<>();
}

io::Task<base::Result<http::Response>> Client::post(std::string url, std::string payload) {
  for (unsigned tries = 1;; ++tries) {
    if (nonce_.empty()) {
      if (auto fetched = co_await fetch_nonce(); !fetched) {
        co_return std::unexpected(std::move(fetched.error()));
      }
    }
    auto body = parts_.key.sign(
        {.url = url, .nonce = std::exchange(nonce_, {}), .account = account_}, payload);
    if (!body) co_return std::unexpected(std::move(body.error()));
    auto response = co_await parts_.web.ask(url, request_of("POST", std::move(*body)));
    if (!response) co_return response;
    note(*response);
    if (went_well(*response)) co_return response;
    // RFC 8555 §6.5: the answer brought a fresh one.
    if (is_bad_nonce(*response) && tries < nonce_tries_max) continue;
    co_return std::unexpected(trouble_of(*response));
  }
}

io::Task<base::Result<>> Client::open(std::string email) {
  const auto listed =
      co_await parts_.web.ask(parts_.directory_url, request_of("GET", std::string()));
  if (!listed) co_return std::unexpected(listed.error());
  if (!went_well(*listed)) co_return std::unexpected(trouble_of(*listed));
  auto directory = read_directory(listed->body);
  if (!directory) {
    directory.error().detail += "; is acme.directory_url the address of its directory?";
    co_return std::unexpected(std::move(directory.error()));
  }
  directory_ = std::move(*directory);
  if (directory_.external_account_required) {
    co_return std::unexpected(error_of(
        {.type = "urn:ietf:params:acme:error:externalAccountRequired", .detail = {}, .parts = {}},
        {}, {}));
  }
  account_.clear();
  // RFC 8555 §7.3.1: with a key that it knows, the authority gives the account that there is.
  boost::json::object payload = {{"termsOfServiceAgreed", true}};
  if (!email.empty()) payload["contact"] = boost::json::array{"mailto:" + email};
  auto made = co_await post(directory_.new_account, boost::json::serialize(payload));
  if (!made) co_return std::unexpected(std::move(made.error()));
  const std::string* location = made->headers.find("Location");
  if (location == nullptr || location->empty() || location->size() > text_bytes_max) {
    co_return base::fail(base::ErrorKind::invalid, "the authority did not say the account's URL");
  }
  account_ = *location;
  co_return base::Result<>();
}

}  // namespace acme
