// policy/filters/settings.h: the settings of policy/filters/.
//
// What:    which milters are asked, in which order, and rspamd.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: the protocols (lib/milter, rspamd.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/service_place.h"

namespace policy {

// What becomes of mail when its filter cannot be reached, dies, is late or talks nonsense.
enum class FilterDefault : std::uint8_t { tempfail, accept, reject };
// Where mail goes that a filter puts in quarantine.
enum class Quarantine : std::uint8_t { hold, junk };

struct MilterSettings {
  std::string name;  // empty: the address
  io::ServicePlace address;
  base::Duration connect_timeout = std::chrono::seconds(30);
  base::Duration command_timeout = std::chrono::seconds(30);  // of an answer before the message
  base::Duration content_timeout = std::chrono::minutes(5);   // of one while the message is sent
  base::Duration end_timeout = std::chrono::minutes(5);       // of one at its end
  FilterDefault default_action = FilterDefault::tempfail;
  Quarantine quarantine = Quarantine::hold;
  bool submissions = true;  // it sees our own people's mail, too

  [[nodiscard]] std::string label() const { return name.empty() ? address.text() : name; }
};

struct RspamdSettings {
  std::string url;       // "http://127.0.0.1:11333"; empty: it is not asked
  std::string password;  // empty: none is sent
  std::string settings_id;
  base::Duration timeout = std::chrono::seconds(30);
  std::uint64_t size_max = 20UL << 20;  // larger messages are not shown to it
  // Its opinion is evidence: without it mail comes in as if it had found nothing.
  FilterDefault default_action = FilterDefault::accept;
  Quarantine quarantine = Quarantine::hold;
  bool submissions = true;
};

struct FilterSettings {
  std::vector<MilterSettings> milters;  // asked in this order
  RspamdSettings rspamd;                // after them
  // What one filter may put in place of a body; it is in memory until its last word has come.
  std::uint64_t replaced_body_bytes_max = 64UL << 20;

  [[nodiscard]] bool any() const { return !milters.empty() || !rspamd.url.empty(); }
};

}  // namespace policy
