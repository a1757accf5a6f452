// report/dmarc/tally.h: counts evaluated messages in memory, until they are written.
//
// What:    rows that are alike are one row with a count, by day and policy domain.
// In/Out:  observe() from every loop; take() every few seconds → what came since.
// Errors:  none: what is more than the limit is dropped and counted.
// Limits:  tally_rows_max rows between two take()s.
// Not here: the database (report_store.h), reports (reporter.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "report/dmarc/observation.h"

namespace report {

inline constexpr std::size_t tally_rows_max = 50'000;

// A policy domain in one UTC day.
struct PeriodKey {
  std::int64_t day = 0;  // since 1970
  std::string domain;
  auto operator<=>(const PeriodKey&) const = default;
};

struct PeriodCounts {
  PublishedPolicy policy;                     // the last that was seen
  std::map<std::string, std::uint64_t> rows;  // encoded row → messages
  std::uint64_t dropped = 0;                  // messages for which there was no room
};

using Counts = std::map<PeriodKey, PeriodCounts>;

[[nodiscard]] std::int64_t day_of(base::Time time);

class Tally {
 public:
  void observe(const Observation& observation);
  [[nodiscard]] Counts take();

 private:
  std::mutex mutex_;
  Counts counts_;
  std::size_t rows_ = 0;
};

}  // namespace report
