// lib/dns/update.h: changes of a zone, as messages (RFC 2136), signed with a shared key (TSIG,
// RFC 8945, hmac-sha256).
//
// What:    writes an UPDATE that adds or deletes records; reads the server's reply.
// In/Out:  Update and key → octets and their MAC; reply → well, or why not.
// Errors:  invalid for a name that is none, or data that is none of its type; denied, invalid or
//          tls-like trouble of the reply in words with the remedy; a reply with a wrong or missing
//          signature is no reply.
// Limits:  changes_max; 64 KiB in all; the reply's records as far as its header says, each within
//          the packet.
// Not here: sending it (updater.h), which records (the caller).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/dns/resolver.h"

namespace dns {

inline constexpr std::size_t changes_max = 100;

struct Change {
  enum class Kind : std::uint8_t {
    add,
    remove,      // this very record
    remove_set,  // all records of the name and type
  };
  std::string name;  // name_key
  Type type = Type::txt;
  Record record = {};
  Kind kind = Kind::add;
};
[[nodiscard]] Change add_text(std::string name, std::string text);

struct Update {
  std::uint16_t id = 0;
  std::string zone;  // name_key; "": the root
  std::uint32_t ttl_seconds = 60;
  std::vector<Change> changes;
};

struct TsigKey {
  std::string name;    // name_key
  std::string secret;  // octets
};

struct SignedUpdate {
  std::string octets;
  std::string mac;  // empty without a key
};

[[nodiscard]] base::Result<SignedUpdate> write_update(const Update& update,
                                                      const std::optional<TsigKey>& key,
                                                      base::Time now);

struct SentUpdate {
  std::uint16_t id = 0;
  std::string mac;
  std::optional<TsigKey> key;
  base::Time now;
};

// Success only when the reply says so and, with a key, is signed with it.
[[nodiscard]] base::Result<> read_update_reply(std::string_view reply, const SentUpdate& sent);

}  // namespace dns
