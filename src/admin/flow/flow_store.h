// admin/flow/flow_store.h: flow.db, where the history of the mail's flow outlives a restart.
//
// What:    counts per step of time, for all mail and per receiving domain, in SQLite.
// In/Out:  add(Sample) → each step that it belongs to grows; series(), sum() and receivers() read.
// Errors:  busy, no_space, corrupt, io, with SQLite's words; `unsupported` for a newer schema.
// Limits:  domains_per_step_max lines per step, the rest is `others`; troubles_max; what is older
//          than a step's kept_for goes at forget(). Some 20 MB at most. A crash of the machine may
//          lose the last seconds. Blocks: pool threads, one at a time.
// Not here: counting (flow.h), what accounts sent (policy/state/).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/flow/counts.h"
#include "admin/flow/receiver_tally.h"
#include "directory/database.h"

namespace flow {

struct Sample {
  base::Time when;
  Counts counts;
  Receivers receivers = {};
};

struct ReceiverLine {
  std::string domain;  // `others`: all that have no line of their own
  ReceiverCounts counts;
  std::optional<Trouble> trouble = {};
};

class FlowStore {
 public:
  static constexpr std::int64_t domains_per_step_max = 300;
  static constexpr std::int64_t troubles_max = 1'000;

  // Makes the file and its tables when missing. ":memory:" keeps nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<FlowStore>> open(const std::string& path);

  [[nodiscard]] base::Result<> add(const Sample& sample);
  // A value per step of the period, the oldest first; where nothing was counted it is 0.
  [[nodiscard]] base::Result<std::vector<Counts>> series(const Period& period, base::Time now);
  // All that was counted since a time of the last day, to five minutes.
  [[nodiscard]] base::Result<Counts> sum(base::Time since, base::Time now);
  // Those with the most mail first, `others` last.
  [[nodiscard]] base::Result<std::vector<ReceiverLine>> receivers(const Period& period,
                                                                  base::Time now, std::size_t max);
  // Away with what is too old, or of a time that has not come. Not while the clock is in doubt.
  [[nodiscard]] base::Result<> forget(base::Time now);

 private:
  explicit FlowStore(std::unique_ptr<directory::Database> database)
      : database_(std::move(database)) {}
  [[nodiscard]] base::Result<> make_tables();
  [[nodiscard]] base::Result<> add_counts(const Step& step, const Sample& sample);
  [[nodiscard]] base::Result<> add_receivers(const Step& step, const Sample& sample);
  [[nodiscard]] base::Result<bool> grow(std::int64_t step, std::int64_t begin,
                                        const std::pair<std::string, ReceiverCounts>& line);
  [[nodiscard]] base::Result<> insert(std::int64_t step, std::int64_t begin,
                                      std::string_view domain, const ReceiverCounts& counts);
  [[nodiscard]] base::Result<> add_troubles(const Sample& sample);

  std::unique_ptr<directory::Database> database_;
};

}  // namespace flow
