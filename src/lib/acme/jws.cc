// See jws.h.
#include "lib/acme/jws.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace acme {

std::string base64url(std::string_view octets) {
  std::string out = base::base64(octets);
  while (out.ends_with('=')) out.pop_back();
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

base::Result<AccountKey> AccountKey::from_pem(std::string_view pem) {
  auto key = io::PrivateKey::from_pem(pem);
  if (!key) return std::unexpected(std::move(key.error()));
  const auto point = key->public_point();
  if (!point) return std::unexpected(point.error());
  constexpr std::size_t half = io::PrivateKey::coordinate_bytes;
  return AccountKey(std::move(*key),
                    fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})",
                                base64url(point->substr(0, half)), base64url(point->substr(half))));
}

base::Result<std::string> AccountKey::sign(const JwsHeader& header,
                                           std::string_view payload) const {
  boost::json::object fields = {{"alg", "ES256"}, {"nonce", header.nonce}, {"url", header.url}};
  if (header.account.empty()) {
    fields["jwk"] = boost::json::parse(jwk_);
  } else {
    fields["kid"] = header.account;
  }
  const std::string head = base64url(boost::json::serialize(fields));
  const std::string body = base64url(payload);
  const auto signature = key_.sign_es256(head + "." + body);
  if (!signature) return std::unexpected(signature.error());
  return boost::json::serialize(boost::json::object{
      {"protected", head}, {"payload", body}, {"signature", base64url(*signature)}});
}

std::string AccountKey::key_authorization(std::string_view token) const {
  return std::string(token) + "." + base64url(io::sha256(jwk_));
}

}  // namespace acme
