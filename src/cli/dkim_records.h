// cli/dkim_records.h: what to publish in the DNS for a key that signs.
//
// What:    one key's TXT record as a line of a table and as text for a zone file.
// In/Out:  name and record text → text for people.
// Errors:  none.
// Limits:  strings of 255 octets (RFC 1035 §3.3); longer records are several strings.
// Not here: keys (policy/signing/), all other records (dns_sheet.h).
#pragma once

#include <string>
#include <string_view>

namespace cli {

// For a provider's form: name, type and value, each on a line of its own.
[[nodiscard]] std::string dkim_record_table(std::string_view name, std::string_view record);
// NAME. 3600 IN TXT ( "…" "…" )
[[nodiscard]] std::string dkim_record_zone_text(std::string_view name, std::string_view record);
// The record that takes the place of a key nobody may trust any more (RFC 6376 §3.6.1: empty p=).
[[nodiscard]] std::string dkim_revoked_record(std::string_view type);

}  // namespace cli
