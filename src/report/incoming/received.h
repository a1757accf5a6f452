// report/incoming/received.h: a report that somebody sent us, as a value.
//
// What:    ReceivedReport: what a reader made of a document; Arrival: who brought it; and what the
//          list, one report and the summary show.
// In/Out:  readers → ReportStore → admin.
// Errors:  none: values.
// Limits:  records_max rows of a report; texts are cut by the readers.
// Not here: whether it is true: a reporter can lie, and so can who pretends to be one. Arrival says
//          what was proven of the mail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"

namespace report {

inline constexpr std::size_t records_max = 10'000;
inline constexpr std::size_t remarks_max = 20;

enum class ReportKind : std::uint8_t { aggregate, tls, failure };
[[nodiscard]] std::string_view to_string(ReportKind kind);
[[nodiscard]] ReportKind kind_of(std::string_view text);  // what is none of the words: aggregate

// What the summary adds up.
struct ReceivedRow {
  std::string source;  // the address that sent the mail, or that the TLS session came from
  std::uint64_t count = 0;
  bool good = false;   // DMARC passed; the session had the TLS it should have
  std::string result;  // "dkim", "spf", "dkim+spf", "none"; "success" or the type of failure
  std::string disposition;
};

struct ReceivedReport {
  ReportKind kind = ReportKind::aggregate;
  std::string organization;
  std::string contact;
  std::string report_id;
  std::string domain;  // whose mail it is about
  base::Time begin;
  base::Time end;
  std::uint64_t count = 0;  // messages or TLS sessions
  std::uint64_t good = 0;
  std::vector<ReceivedRow> rows;
  std::vector<std::string> remarks;  // what was wrong with the document, and mended
  std::string detail;                // all of it, as one JSON object
};

struct Arrival {
  base::Time when;
  std::string from;            // of the mail's From field; empty: imported
  std::string authentication;  // what our own Authentication-Results said; "imported from FILE"
  std::string file;            // the name of the attachment
  bool proven = false;         // DMARC passed for the mail, or an administrator brought it
};

struct ListedReport {
  std::int64_t number = 0;
  ReceivedReport report;  // without rows and detail
  Arrival arrival;
};

struct StoredReport {
  ListedReport listed;
  std::string detail;
};

struct ReportFilter {
  std::string domain;  // empty: all
  base::Time since;    // reports that came after it
  std::size_t max = 1'000;
  bool unproven = true;  // also what anybody may have written
};

struct SummaryLine {
  ReportKind kind = ReportKind::aggregate;
  std::string domain;
  std::string source;
  std::uint64_t count = 0;
  std::uint64_t good = 0;
  std::string results;  // the different ones, with commas
  std::uint64_t reports = 0;
};

}  // namespace report
