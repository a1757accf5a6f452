// Fuzz target: MTA-STS records and policies of others.
#include <cstdint>
#include <string_view>

#include "admin/doctor/mta_sts.h"
#include "lib/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto id = doctor::parse_mta_sts_record(text)) {
    CHECK(!id->empty() && id->size() <= 32, "an id has its length");
  }
  const auto policy = doctor::parse_mta_sts_policy(text);
  if (!policy) {
    CHECK(!policy.error().detail.empty(), "a refusal has words");
    return 0;
  }
  CHECK(policy->mx.size() <= doctor::mta_sts_mx_max, "patterns have their limit");
  CHECK(policy->age_seconds_max <= doctor::mta_sts_age_max, "the age has its limit");
  for (const std::string& pattern : policy->mx) {
    if (!pattern.starts_with('*')) CHECK(names_host(*policy, pattern), "a name names itself");
  }
  return 0;
}
