// lib/dns/rdata.h: the data of one record, as octets → Record (RFC 1035 §3.3, RFC 3596, 2782,
// 6698).
//
// What:    read_record understands every Type of resolver.h; read_name the names inside.
// In/Out:  uncompressed octets → Record; names become lower case text without final dot, with odd
//          octets as \DDD (RFC 4343 §2.1), so that no octet of a label can pass for a dot.
// Errors:  nullopt for anything malformed or with octets left over.
// Limits:  name_bytes_max, label length by its form.
// Not here: whole packets (libunbound).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dns/resolver.h"

namespace dns {

inline constexpr std::size_t name_bytes_max = 255;  // RFC 1035 §2.3.4

[[nodiscard]] std::optional<Record> read_record(Type type, std::string_view data);
// Takes a name off the front.
[[nodiscard]] std::optional<std::string> read_name(std::string_view& data);

}  // namespace dns
