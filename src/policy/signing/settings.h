// policy/signing/settings.h: the settings of policy/signing/.
//
// What:    which mail is signed, where the keys lie, how keys are made and replaced.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the keys themselves (key_store.h).
#pragma once

#include <chrono>
#include <string>

#include "lib/base/time.h"

namespace policy {

struct SigningSettings {
  bool on = true;
  std::string key_folder;      // state folder + "/dkim"
  bool relay_networks = true;  // their mail, too, when its author's domain is ours
  bool arc_seal = false;       // mail of strangers that an alias forwards gets an ARC set
  unsigned rsa_bits = 2048;    // of new keys; more than 2048 does not fit into many DNS forms
  // How often the DNS is asked whether it serves keys that wait to be used.
  base::Duration check_every = std::chrono::minutes(5);
  // So long a retired key stays published: mail that it signed is still on its way.
  base::Duration retire_after = std::chrono::hours(24 * 7);
};

}  // namespace policy
