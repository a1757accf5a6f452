// delivery/sender_pattern.h: whose mail a [[route]] is for.
//
// What:    "an@example.org" (with any +detail), "@example.org" for all of a domain, "<>" for what
//          has no sender: reports.
// In/Out:  text of the configuration → SenderPattern; fits(sender).
// Errors:  none: config/ has looked at its form.
// Limits:  those of an address.
// Not here: which route is taken (route.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/message/address.h"

namespace delivery {

class SenderPattern {
 public:
  explicit SenderPattern(std::string_view text);

  [[nodiscard]] bool fits(const message::Address& sender) const;

 private:
  std::string local_;   // as message::local_key; empty: everybody of the domain
  std::string domain_;  // as message::domain_key; empty: the null sender
};

// No patterns are for everybody.
[[nodiscard]] bool fits_any(const std::vector<SenderPattern>& patterns,
                            const message::Address& sender);

}  // namespace delivery
