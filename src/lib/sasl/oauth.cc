// See mechanisms.h. OAUTHBEARER (RFC 7628) and XOAUTH2, which GNU SASL has no server for.
#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/sasl/gs2.h"
#include "lib/sasl/mechanisms.h"

namespace sasl {
namespace {

constexpr char separator = '\x01';

// key=value pairs that end with %x01 each, and one more at the end (RFC 7628 §3.1).
std::optional<std::vector<std::pair<std::string_view, std::string_view>>> read_pairs(
    std::string_view text) {
  if (!text.ends_with(separator)) return std::nullopt;
  text.remove_suffix(1);
  std::vector<std::pair<std::string_view, std::string_view>> out;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    out.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    text.remove_prefix(end + 1);
  }
  return out;
}

// "Bearer TOKEN" (RFC 6750 §2.1); the scheme in any case.
std::optional<std::string> read_bearer(std::string_view value) {
  constexpr std::string_view scheme = "Bearer ";
  if (!base::istarts_with(value, scheme)) return std::nullopt;
  const std::string_view token = base::trim(value.substr(scheme.size()));
  const auto fits = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::ranges::all_of(token, fits)) return std::nullopt;
  return std::string(token);
}

class Bearer : public Exchange {
 public:
  explicit Bearer(Context context) : context_(std::move(context)) {}

  // RFC 7628 §3.2.2; XOAUTH2 clients know "status" as a number and "schemes".
  [[nodiscard]] std::string refusal() const override {
    boost::json::object out;
    out["status"] = status();
    out["schemes"] = "bearer";
    if (!context_.openid_configuration.empty()) {
      out["openid-configuration"] = context_.openid_configuration;
    }
    return boost::json::serialize(out);
  }

 protected:
  [[nodiscard]] virtual std::string status() const = 0;

  [[nodiscard]] static Step token_claim(std::string user, std::string_view auth) {
    auto token = read_bearer(auth);
    if (!token) return malformed("no bearer token");
    if (!user.empty()) {
      auto prepared = prepare_name(user);
      if (!prepared) return malformed("a user name that SASLprep forbids");
      user = std::move(*prepared);
    }
    Claim out;
    out.kind = Claim::Kind::token;
    out.user = std::move(user);
    out.secret = std::move(*token);
    return claim(std::move(out));
  }

 private:
  Context context_;
};

class OauthBearer final : public Bearer {
 public:
  using Bearer::Bearer;

 private:
  [[nodiscard]] std::string status() const override { return "invalid_token"; }

  // gs2-header %x01 *(key "=" value %x01) %x01
  Step next(std::string_view response) override {
    auto gs2 = parse_gs2(response);
    if (!gs2 || !gs2->rest.starts_with(separator)) return malformed("not a GS2 header");
    if (gs2->flag == 'p') return malformed("OAUTHBEARER has no channel binding");
    const auto pairs = read_pairs(gs2->rest.substr(1));
    if (!pairs) return malformed("not key=value pairs");
    for (const auto& [key, value] : *pairs) {
      if (key == "auth") return token_claim(std::move(gs2->authzid), value);
    }
    return malformed("no auth");  // RFC 7628 §3.1: REQUIRED
  }
};

class Xoauth2 final : public Bearer {
 public:
  using Bearer::Bearer;

 private:
  [[nodiscard]] std::string status() const override { return "401"; }

  // "user=" name %x01 "auth=Bearer " token %x01 %x01
  Step next(std::string_view response) override {
    const auto pairs = read_pairs(response);
    if (!pairs || pairs->size() != 2 || (*pairs)[0].first != "user" ||
        (*pairs)[1].first != "auth") {
      return malformed("not user= and auth=");
    }
    return token_claim(std::string((*pairs)[0].second), (*pairs)[1].second);
  }
};

}  // namespace

std::unique_ptr<Exchange> begin_oauthbearer(Context context) {
  return std::make_unique<OauthBearer>(std::move(context));
}

std::unique_ptr<Exchange> begin_xoauth2(Context context) {
  return std::make_unique<Xoauth2>(std::move(context));
}

}  // namespace sasl
