// See jwt.h.
#include "lib/sasl/jwt.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/sasl/json.h"

namespace sasl {
namespace {

using base::ErrorKind;

std::unexpected<base::Error> refused(std::string why) {
  return base::fail(ErrorKind::denied, std::move(why));
}

// RFC 7515 §7.1.
struct Compact {
  std::string_view octets;  // what was signed: header and payload as they came
  boost::json::object header;
  std::string_view payload;  // still encoded
  std::string signature;
};

base::Result<Compact> read_compact(std::string_view token) {
  if (token.size() > token_bytes_max) return refused("the token is too long");
  const auto parts = base::split(token, '.');
  constexpr std::size_t parts_wanted = 3;
  if (parts.size() != parts_wanted) return refused("not a signed token");
  auto header = unbase64url(parts[0]);
  auto signature = unbase64url(parts[2]);
  auto object = header ? read_json_object(*header) : std::nullopt;
  if (!object || !signature) return refused("not a signed token");
  return Compact{.octets = token.substr(0, parts[0].size() + 1 + parts[1].size()),
                 .header = std::move(*object),
                 .payload = parts[1],
                 .signature = std::move(*signature)};
}

// RFC 8725 §3.11: a token made for another purpose (a refresh or logout token) is none for us.
bool is_known_type(const boost::json::object& header) {
  const auto type = text_member(header, "typ");
  if (!type) return !header.contains("typ");
  std::string_view name = *type;
  constexpr std::string_view media = "application/";
  if (base::istarts_with(name, media)) name.remove_prefix(media.size());
  return base::iequals(name, "JWT") || base::iequals(name, "at+jwt");  // RFC 9068 §2.1
}

base::Result<WhichKey> which_key(const boost::json::object& header) {
  if (header.contains("crit")) return refused("the token has extensions that we do not know");
  if (!is_known_type(header)) return refused("a token of another type");
  const std::string name = text_member(header, "alg").value_or("");
  const auto algorithm = parse_algorithm(name);
  if (!algorithm) {
    return refused(fmt::format("signature algorithm {} is not taken", base::printable(name, 40)));
  }
  return WhichKey{.id = text_member(header, "kid").value_or(""), .algorithm = *algorithm};
}

base::Result<> check_times(const boost::json::object& claims, const TokenRules& rules,
                           base::Time now) {
  if (const auto expires = time_member(claims, "exp"); expires && now >= *expires + rules.leeway) {
    return refused("the token has expired at " + base::format_time(*expires));
  }
  if (const auto begins = time_member(claims, "nbf"); begins && now < *begins - rules.leeway) {
    return refused("the token is not valid before " + base::format_time(*begins));
  }
  // A time that cannot be read must not count as none.
  for (const char* name : {"exp", "nbf"}) {
    if (claims.contains(name) && !time_member(claims, name)) {
      return refused(fmt::format("{} of the token is not a time", name));
    }
  }
  return {};
}

base::Result<TokenFacts> facts(const boost::json::object& claims, const TokenRules& rules) {
  auto user = text_member(claims, rules.user_claim);
  if (!user || user->empty()) {
    return refused(fmt::format("the token has no {}", base::printable(rules.user_claim, 60)));
  }
  // OpenID Connect Core §5.1: an address that nobody verified may be anybody's.
  if (rules.user_claim == "email") {
    const boost::json::value* verified = claims.if_contains("email_verified");
    const bool denied = verified != nullptr && !(verified->is_bool() && verified->get_bool()) &&
                        !(verified->is_string() && verified->get_string() == "true");
    if (denied) return refused("the token's email is not verified");
  }
  return TokenFacts{.user = std::move(*user), .expires = time_member(claims, "exp")};
}

base::Result<> check_issuer(const boost::json::object& claims, const TokenRules& rules,
                            bool may_lack) {
  if (!rules.issuer.empty() && !(may_lack && !claims.contains("iss")) &&
      text_member(claims, "iss") != rules.issuer) {
    return refused("the token is of another issuer");
  }
  if (!rules.audience.empty() && !audience_has(claims, rules.audience)) {
    return refused("the token is for another audience");
  }
  return {};
}

}  // namespace

base::Result<TokenFacts> verify_token(std::string_view token, const KeySet& keys,
                                      const TokenRules& rules, base::Time now) {
  auto compact = read_compact(token);
  if (!compact) return std::unexpected(std::move(compact.error()));
  const auto which = which_key(compact->header);
  if (!which) return std::unexpected(which.error());
  if (!keys.has(*which)) {
    return base::fail(
        ErrorKind::not_found,
        "the issuer has no key " + base::printable(which->id, 100) + " for this algorithm");
  }
  if (!keys.verify(*which, compact->octets, compact->signature)) {
    return refused("the token's signature is wrong");
  }
  const auto payload = unbase64url(compact->payload);
  const auto claims = payload ? read_json_object(*payload) : std::nullopt;
  if (!claims) return refused("the token's claims are not JSON");
  if (!claims->contains("exp")) return refused("the token never expires");
  if (auto done = check_times(*claims, rules, now); !done) return std::unexpected(done.error());
  if (auto done = check_issuer(*claims, rules, false); !done) return std::unexpected(done.error());
  return facts(*claims, rules);
}

base::Result<TokenFacts> read_introspection(std::string_view json, const TokenRules& rules,
                                            base::Time now) {
  const auto claims = read_json_object(json);
  if (!claims) return base::fail(ErrorKind::invalid, "not JSON");
  const boost::json::value* active = claims->if_contains("active");
  if (active == nullptr || !active->is_bool()) {
    return base::fail(ErrorKind::invalid, "no member active");
  }
  if (!active->get_bool()) return refused("the provider says that the token is not active");
  if (auto done = check_times(*claims, rules, now); !done) return std::unexpected(done.error());
  if (auto done = check_issuer(*claims, rules, true); !done) return std::unexpected(done.error());
  return facts(*claims, rules);
}

}  // namespace sasl
