// lib/acme/jws.h: the account's key, and requests signed with it (RFC 8555 §6.2).
//
// What:    AccountKey signs a payload for one URL and nonce (RFC 7515, ES256), and says the key
//          authorization of a challenge (RFC 8555 §8.1).
// In/Out:  PEM text → AccountKey; header and payload → JSON.
// Errors:  unsupported for a key that is not ECDSA on P-256; tls with OpenSSL's words.
// Limits:  none.
// Not here: where the key lies (store.h), sending (client.h).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/private_key.h"

namespace acme {

// Without padding (RFC 7515 §2).
[[nodiscard]] std::string base64url(std::string_view octets);

struct JwsHeader {
  std::string url;
  std::string nonce;
  std::string account;  // its URL; empty: the key itself is named, before there is an account
};

class AccountKey {
 public:
  [[nodiscard]] static base::Result<AccountKey> from_pem(std::string_view pem);

  // {"protected": …, "payload": …, "signature": …}; an empty payload asks only (POST-as-GET).
  [[nodiscard]] base::Result<std::string> sign(const JwsHeader& header,
                                               std::string_view payload) const;
  [[nodiscard]] std::string key_authorization(std::string_view token) const;

 private:
  AccountKey(io::PrivateKey key, std::string jwk) : key_(std::move(key)), jwk_(std::move(jwk)) {}

  io::PrivateKey key_;
  std::string jwk_;  // in the form that RFC 7638 §3 digests
};

}  // namespace acme
