// policy/impersonation/settings.h: the settings of policy/impersonation/.
//
// What:    which signs of socially engineered mail are marked, and whether they hold it.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: signatures (policy/verify).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace policy {

enum class OnMark : std::uint8_t { off, mark, hold };

struct ImpersonationSettings {
  OnMark own_domain = OnMark::mark;
  OnMark look_alike = OnMark::mark;
  OnMark display_name = OnMark::mark;
  OnMark reply_to = OnMark::mark;
  OnMark first_contact = OnMark::mark;
  std::vector<std::string> people;   // "Jane Doe", "Jane Doe <jane@private.example>"
  std::vector<std::string> domains;  // to be protected besides ours and our contacts'
  std::vector<std::string> allow;    // domains that are never marked
  std::size_t contacts_max = 5'000;  // per account
  base::Duration contacts_keep = std::chrono::hours(24 * 400);  // since the last mail
};

}  // namespace policy
