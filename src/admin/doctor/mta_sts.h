// admin/doctor/mta_sts.h: the record and the policy of MTA-STS (RFC 8461), as others read them.
//
// What:    parses both; does a policy name an MX host?
// In/Out:  TXT text and the policy file's octets, which anybody may have written → values.
// Errors:  invalid, with words, for what other servers would not accept.
// Limits:  mta_sts_mx_max patterns; the octets are limited by who fetched them.
// Not here: fetching (domain_extras.cc), obeying others' policies (delivery/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace doctor {

inline constexpr std::size_t mta_sts_mx_max = 100;
inline constexpr std::uint64_t mta_sts_age_max = 31'557'600;  // seconds; RFC 8461 §3.2

struct MtaStsPolicy {
  enum class Mode : std::uint8_t { none, testing, enforce };
  Mode mode = Mode::none;
  std::vector<std::string> mx;  // lower case; "*.example.org" stands for one label
  std::uint64_t age_seconds_max = 0;
};

// The id of "v=STSv1; id=20261129T120000;" (§3.1).
[[nodiscard]] base::Result<std::string> parse_mta_sts_record(std::string_view txt);
[[nodiscard]] base::Result<MtaStsPolicy> parse_mta_sts_policy(std::string_view text);
[[nodiscard]] bool names_host(const MtaStsPolicy& policy, std::string_view host);

}  // namespace doctor
