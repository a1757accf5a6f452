// See tally.h.
#include "report/dmarc/tally.h"

#include <chrono>
#include <utility>

namespace report {

std::int64_t day_of(base::Time time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

void Tally::observe(const Observation& observation) {
  std::string row = encode_row(observation.row);  // before the mutex: it is the dear part
  const std::scoped_lock lock(mutex_);
  const PeriodKey key{.day = day_of(observation.when), .domain = observation.policy.domain};
  auto period = counts_.find(key);
  if (period == counts_.end()) {
    if (rows_ >= tally_rows_max) return;
    period = counts_.try_emplace(key).first;
  }
  // RFC 9990 §3.1: the last configuration that was seen in the period.
  period->second.policy = observation.policy;
  const auto found = period->second.rows.find(row);
  if (found != period->second.rows.end()) {
    ++found->second;
  } else if (rows_ < tally_rows_max) {
    period->second.rows.emplace(std::move(row), 1);
    ++rows_;
  } else {
    ++period->second.dropped;
  }
}

Counts Tally::take() {
  const std::scoped_lock lock(mutex_);
  rows_ = 0;
  return std::exchange(counts_, {});
}

}  // namespace report
