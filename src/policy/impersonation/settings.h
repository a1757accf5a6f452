// policy/impersonation/settings.h: the settings of policy/impersonation/.
//
// What:    which signs of socially engineered mail are marked, and whether they hold it.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: signatures (policy/verify).
#pragma once

namespace policy {

struct ImpersonationSettings {
  bool on = true;
};

}  // namespace policy
