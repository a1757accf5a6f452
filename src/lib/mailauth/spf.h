// lib/mailauth/spf.h: may this host send mail of that domain? (RFC 7208 check_host)
//
// What:    evaluates a domain's SPF policy for an address, with the limits of §4.6.4.
// In/Out:  SpfQuery and a Resolver → SpfVerdict with the term that decided and why.
// Errors:  no Result: trouble with the DNS is temperror, a broken policy permerror, with words.
// Limits:  SpfLimits; the time in all is the caller's deadline (a cancelled query is temperror).
// Not here: which identity to check, and what to do with the result (policy/).
#pragma once

#include <string>
#include <string_view>

#include "lib/dns/resolver.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/mailauth/spf_macro.h"

namespace mailauth {

enum class SpfResult : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };
[[nodiscard]] std::string_view to_string(SpfResult result);  // as in RFC 8601 §2.7.2

struct SpfQuery {
  io::IpAddress ip;
  std::string helo;
  std::string local;     // of MAIL FROM; empty for the HELO identity: "postmaster" (§4.3)
  std::string domain;    // of MAIL FROM, or the HELO name
  std::string receiver;  // our name, for %{r}
  base::Time now;
};

struct SpfLimits {
  unsigned lookups_max = 10;      // §4.6.4: terms that ask the DNS
  unsigned void_lookups_max = 2;  // §4.6.4: answers with nothing in them
  unsigned names_max = 10;        // §4.6.4: MX hosts and PTR names of one term
  std::size_t explanation_bytes_max = 500;
};

struct SpfVerdict {
  SpfResult result = SpfResult::none;
  std::string mechanism;    // the term that matched, as written; "default" when none did
  std::string problem;      // of temperror and permerror, and of none
  std::string explanation;  // of fail: the domain's own words (§6.2), printable ASCII; may be empty
  unsigned lookups = 0;
};

[[nodiscard]] io::Task<SpfVerdict> check_host(io::Ref<dns::Resolver> resolver, SpfQuery query,
                                              SpfLimits limits = {});

}  // namespace mailauth
