// report/settings.h: the settings of report/.
//
// What:    how DSNs look; aggregate reports out, and reports in.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: when a DSN is due (queue/).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace report {

// DMARC aggregate reports that we send (RFC 9990).
struct OutgoingSettings {
  std::string address;       // From; empty: no reports are sent, and nothing is collected for them
  std::string organization;  // empty: the domain of `address`
  std::string contact;       // email in the report; empty: `address`
  unsigned hour = 3;         // UTC; reports go within spread after it
  base::Duration spread = std::chrono::hours(1);
  std::size_t rows_per_report_max = 10'000;
  std::size_t reports_per_day_max = 2'000;
  unsigned destinations_max = 5;  // of one report
};

// Reports that arrive: DMARC aggregate (RFC 7489, RFC 9990), TLS-RPT (RFC 8460), failures (RFC
// 6591).
struct IncomingSettings {
  std::vector<std::string> inboxes;  // mailboxes of ours
  bool keep_mail = false;            // also into the mailbox
  std::size_t mail_bytes_max = 32UL << 20U;
  std::size_t unpacked_bytes_max = 64UL << 20U;   // of all documents of one mail
  std::uint64_t stored_bytes_max = 256UL << 20U;  // beyond it the oldest go, unproven ones first
  unsigned reports_per_sender_max = 100;          // within a day
};

struct ReportsSettings {
  std::string database_path;  // state folder + "/reports.db"
  base::Duration keep_for = std::chrono::hours(24 * 400);
  base::Duration save_every = std::chrono::seconds(5);
  OutgoingSettings out;
  IncomingSettings in;
};

struct Settings {
  std::string hostname;                               // Reporting-MTA
  std::string from = "MAILER-DAEMON";                 // local part of the DSN's From
  std::size_t quoted_header_bytes_max = 64UL * 1024;  // of the original, in message/rfc822-headers
  // RET=FULL (RFC 3461 §4.3): a larger message comes back as its header only.
  std::uint64_t returned_bytes_max = 256UL * 1024;
  ReportsSettings reports;
};

}  // namespace report
