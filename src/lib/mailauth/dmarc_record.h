// lib/mailauth/dmarc_record.h: a DMARC policy record (RFC 9989 §4.7; records of RFC 7489, too).
//
// What:    reads "v=DMARC1; p=reject; …" into values with the defaults of the RFC.
// In/Out:  TXT data → DmarcRecord, or nothing when it is not a policy that counts.
// Errors:  none: what is malformed is passed over tag by tag; a record without a usable p= is
//          p=none when it asks for reports, else nothing (§4.7).
// Limits:  dmarc_record_bytes_max, report_addresses_max.
// Not here: finding the record (dmarc.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

inline constexpr std::size_t dmarc_record_bytes_max = 8'192;
inline constexpr std::size_t report_addresses_max = 10;

enum class DmarcPolicy : std::uint8_t { none, quarantine, reject };
enum class DmarcPsd : std::uint8_t { unknown, yes, no };  // psd=u, y, n
[[nodiscard]] std::string_view to_string(DmarcPolicy policy);

struct DmarcRecord {
  DmarcPolicy policy = DmarcPolicy::none;
  std::optional<DmarcPolicy> subdomains;    // sp=
  std::optional<DmarcPolicy> non_existing;  // np=
  bool strict_dkim = false;                 // adkim=s
  bool strict_spf = false;                  // aspf=s
  bool testing = false;                     // t=y: the policy counts one step less (§4.7)
  DmarcPsd psd = DmarcPsd::unknown;
  std::vector<std::string> rua;  // "mailto:…" as written, size limits of RFC 7489 cut off
  std::vector<std::string> ruf;
  std::string fo = "0";
};

[[nodiscard]] std::optional<DmarcRecord> parse_dmarc(std::string_view txt);

}  // namespace mailauth
