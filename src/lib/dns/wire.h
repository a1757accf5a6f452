// lib/dns/wire.h: DNS messages as they go over the wire (RFC 1035 §4), for one question.
//
// What:    writes a query, reads the reply of an authoritative server.
// In/Out:  name and type → octets; octets → Answer. A CNAME without its target's records is
//          `ok` with the target as canonical_name and no records: the caller goes on from there.
// Errors:  invalid for a name that is none; a reply that is malformed, not ours, or from a server
//          that is not authoritative is trouble, with words.
// Limits:  reply_records_max; pointers in a name as in packet.h.
// Not here: sending it (server_resolver.h), record data (rdata.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/dns/resolver.h"

namespace dns {

inline constexpr std::size_t reply_records_max = 500;

struct WireQuestion {
  std::uint16_t id = 0;
  std::string name;  // name_key
  Type type = Type::txt;
};

// Without recursion desired: what the server itself knows is asked for.
[[nodiscard]] base::Result<std::string> write_query(const WireQuestion& question);
[[nodiscard]] Answer read_reply(std::string_view reply, const WireQuestion& question);

}  // namespace dns
