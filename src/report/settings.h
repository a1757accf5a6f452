// report/settings.h: the settings of report/.
//
// What:    how DSNs look.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  quoted_header_bytes_max.
// Not here: when a DSN is due (queue/).
#pragma once

#include <cstddef>
#include <string>

namespace report {

struct Settings {
  std::string hostname;                               // Reporting-MTA
  std::string from = "MAILER-DAEMON";                 // local part of the DSN's From
  std::size_t quoted_header_bytes_max = 64UL * 1024;  // of the original, in message/rfc822-headers
};

}  // namespace report
