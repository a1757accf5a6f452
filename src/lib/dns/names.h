// lib/dns/names.h: domain names as text that can be compared.
//
// What:    name_key("Example.ORG.") → "example.org": lower case, no final dot.
// In/Out:  text → text.
// Errors:  none: what is no name keeps its bytes.
// Limits:  the caller's.
// Not here: IDNA (lib/message/address.h), names in packets (rdata.h).
#pragma once

#include <string>
#include <string_view>

namespace dns {

[[nodiscard]] std::string name_key(std::string_view name);

}  // namespace dns
