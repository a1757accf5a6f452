// report/report_store.h: reports.db: what is counted for reports of ours, and reports that arrived.
//
// What:    counts by day and policy domain, which periods were sent, received reports and their
//          rows, in SQLite.
// In/Out:  values ↔ tables; one connection, used by one thread at a time (reports.h has the mutex).
// Errors:  busy, no_space, corrupt, io …, with SQLite's words; `unsupported` for a newer schema;
//          `exists` for a report that is there already.
// Limits:  rows_per_report_max, reports_per_day_max when counts are added; keep_for in expire().
//          Blocks: pool threads, start and stop only.
// Not here: when what is written (reports.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "directory/database.h"
#include "report/dmarc/aggregate_xml.h"
#include "report/dmarc/tally.h"
#include "report/incoming/received.h"
#include "report/settings.h"

namespace report {

// Counts of a domain that no report has told yet.
struct OpenPeriod {
  PeriodKey key;
  PublishedPolicy policy;
  std::uint64_t dropped = 0;
  std::uint64_t messages = 0;
  base::Time begin;  // the end of the last report of that day, or the day's first second
};

struct SentPeriod {
  PeriodKey key;
  base::Time begin;
  base::Time end;  // the first second that does not belong to it
  base::Time when;
  std::string report_id;
  std::string result;  // in words: to whom, or why not
};

class ReportStore {
 public:
  // Makes the file and its tables when missing. ":memory:" keeps nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<ReportStore>> open(const std::string& path);

  // --- ours
  [[nodiscard]] base::Result<> add(const Counts& counts, const OutgoingSettings& limits);
  [[nodiscard]] base::Result<std::vector<OpenPeriod>> open_periods();
  // The rows of a period, those with most messages first.
  [[nodiscard]] base::Result<std::vector<CountedRow>> rows(const PeriodKey& key);
  // In one transaction: the period is told, its counts are gone.
  [[nodiscard]] base::Result<> close(const SentPeriod& sent);
  [[nodiscard]] base::Result<std::vector<SentPeriod>> sent(std::size_t max);
  // Random octets of this installation, in hex: makes report ids that nobody can foretell.
  [[nodiscard]] base::Result<std::string> secret();

  // --- received (received_store.cc)
  // Its number; `exists` when the same reporter's report of that id is there.
  [[nodiscard]] base::Result<std::int64_t> add(const ReceivedReport& report,
                                               const Arrival& arrival);
  // How many came from that sender since then.
  [[nodiscard]] base::Result<std::uint64_t> count_from(const std::string& sender, base::Time since);
  // While more octets are in use the oldest reports go, those first that anybody may have written;
  // how many went.
  [[nodiscard]] base::Result<std::uint64_t> shrink(std::uint64_t bytes_max);
  // False: there was none of that number.
  [[nodiscard]] base::Result<bool> remove(std::int64_t number);
  [[nodiscard]] base::Result<std::vector<ListedReport>> list(const ReportFilter& filter);
  [[nodiscard]] base::Result<std::optional<StoredReport>> find(std::int64_t number);
  [[nodiscard]] base::Result<std::vector<SummaryLine>> summary(const ReportFilter& filter);

  [[nodiscard]] base::Result<> expire(base::Time before);

 private:
  explicit ReportStore(std::unique_ptr<directory::Database> database)
      : database_(std::move(database)) {}
  [[nodiscard]] base::Result<> make_tables();
  [[nodiscard]] base::Result<> add_period(const PeriodKey& key, const PeriodCounts& counts,
                                          const OutgoingSettings& limits);

  std::unique_ptr<directory::Database> database_;
};

}  // namespace report
