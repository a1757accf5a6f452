// policy/signing/settings.h: the settings of policy/signing/.
//
// What:    which mail is signed, and where the keys lie.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the keys themselves (key_store.h).
#pragma once

#include <string>

namespace policy {

struct SigningSettings {
  bool on = true;
  std::string key_folder;  // state folder + "/dkim"
};

}  // namespace policy
