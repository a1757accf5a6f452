// policy/filters/settings.h: the settings of policy/filters/.
//
// What:    which milters are asked, in which order, and rspamd.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the protocols (milter*.h, rspamd.h).
#pragma once

#include <string>
#include <vector>

namespace policy {

struct FilterSettings {
  bool submissions = true;  // filters see our own people's mail, too
};

}  // namespace policy
