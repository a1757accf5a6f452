// policy/impersonation/people.h: does somebody outside bear the name of one of our people?
//
// What:    compares a display name with full names of mailboxes, names in the settings, and local
//          parts ("Jane Doe" and jane.doe@).
// In/Out:  a name, the author's address and the recipients' domains → who is impersonated.
// Errors:  none.
// Limits:  names of two to four words; domains_looked_at_max domains.
// Not here: how names are compared (lib/message/look_alike.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "policy/impersonation/settings.h"

namespace policy {

inline constexpr std::size_t domains_looked_at_max = 20;

struct NameClaim {
  std::string_view name;             // decoded, UTF-8
  std::string_view address;          // of the author
  std::vector<std::string> domains;  // of ours, of this mail's recipients
};

// "a person of example.org", "a name in the settings"; empty: nobody's name.
[[nodiscard]] std::string person_named(const NameClaim& claim, const directory::Snapshot& known,
                                       const ImpersonationSettings& settings);

}  // namespace policy
