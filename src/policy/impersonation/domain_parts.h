// policy/impersonation/domain_parts.h: a domain as people read it: name and suffix.
//
// What:    takes a domain apart into what somebody registered ("example"), what it hangs on
//          ("co.uk") and both ("example.co.uk").
// In/Out:  a domain in A-labels or U-labels → DomainParts.
// Errors:  none: an address literal or a single label has an empty base.
// Limits:  without the public suffix list: a suffix has two labels when the last is a country's
//          and the one before is short or one of the usual ("co.uk", "com.au").
// Not here: the organizational domain for alignment (lib/mailauth/dmarc.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace policy {

struct DomainParts {
  std::string base;                 // A-labels: "example.co.uk"; empty: nothing to compare
  std::string name;                 // decoded, lower case, UTF-8: "example"
  std::string suffix;               // A-labels: "co.uk"
  std::vector<std::string> before;  // labels in front of the base, decoded, in order
};

[[nodiscard]] DomainParts domain_parts(std::string_view domain);

}  // namespace policy
