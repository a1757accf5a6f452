// policy/signing/key_index.h: which keys we sign with: the index beside the key files.
//
// What:    KeyRecord (one key of one domain, its state and its public half) and the index file.
// In/Out:  JSON text ↔ records.
// Errors:  corrupt, with words, for a text that write_key_index does not write.
// Limits:  keys_max records.
// Not here: files (key_store.h), private keys (lib/mailauth/dkim_crypto.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/mailauth/dkim_crypto.h"

namespace policy {

inline constexpr std::size_t keys_max = 10'000;  // of all domains

enum class KeyState : std::uint8_t {
  pending,  // made; not used before every name server of the domain serves it
  active,   // signs
  retired,  // signs no more; still published for mail that is on its way
};
[[nodiscard]] std::string_view to_string(KeyState state);

struct KeyRecord {
  std::string domain;  // message::domain_key: A-labels, lower case
  std::string selector;
  mailauth::KeyType type = mailauth::KeyType::rsa;
  unsigned bits = 0;
  KeyState state = KeyState::pending;
  base::Time created;
  base::Time activated;     // 1970: not yet
  base::Time retired;       // 1970: not yet
  std::string public_text;  // "v=DKIM1; k=rsa; p=…"

  bool operator==(const KeyRecord&) const = default;
  // "SELECTOR._domainkey.DOMAIN"
  [[nodiscard]] std::string dns_name() const;
};

[[nodiscard]] std::string write_key_index(const std::vector<KeyRecord>& records);
[[nodiscard]] base::Result<std::vector<KeyRecord>> read_key_index(std::string_view text);

}  // namespace policy
