// admin/flow/flow.h: the mail's flow over time.
//
// What:    every few seconds takes what the metrics counted since, and what the tally of receivers
//          has, and adds both to flow.db.
// In/Out:  run() on lane 0; series(), today() and receivers() for the API, up to now.
// Errors:  a history that cannot be opened or written is told once, and mail goes on; what could
//          not be written is tried again with the next sample.
// Limits:  sample_every; old steps are forgotten once per forget_every, and never within that time
//          after a start or a jump of the clock: a clock that is wrong for a while costs nothing.
// Not here: the counters themselves (session/, queue/), the file (flow_store.h).
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admin/flow/counts.h"
#include "admin/flow/flow_store.h"
#include "admin/flow/receiver_tally.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace flow {

struct Moment {
  base::Time wall;
  base::Instant steady;
};

class Flow {
 public:
  static constexpr base::Duration sample_every = std::chrono::seconds(10);
  static constexpr base::Duration forget_every = std::chrono::hours(1);
  // Two clocks that differ by more within one sample: the wall clock was set.
  static constexpr base::Duration jump_min = std::chrono::minutes(1);

  // With a file that is not good the history is kept in memory alone; that is told.
  [[nodiscard]] static base::Result<std::unique_ptr<Flow>> open(const std::string& path,
                                                                base::Metrics& metrics,
                                                                base::EventSink& events,
                                                                base::Time now);
  Flow(std::unique_ptr<FlowStore> store, base::Metrics& metrics, base::EventSink& events);
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  // For the trace's store: see TraceStore::watch.
  [[nodiscard]] ReceiverTally& tally() { return tally_; }

  io::Task<void> run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool);
  // What was counted until now. Blocks.
  [[nodiscard]] base::Result<> sample(Moment now);

  // Each up to now; they block.
  [[nodiscard]] base::Result<std::vector<Counts>> series(const Period& period, Moment now);
  [[nodiscard]] base::Result<Counts> today(Moment now);  // since midnight in UTC
  [[nodiscard]] base::Result<std::vector<ReceiverLine>> receivers(const Period& period, Moment now,
                                                                  std::size_t max);

 private:
  // What the counters of the metrics have grown to.
  struct Counters {
    explicit Counters(base::Metrics& metrics);
    [[nodiscard]] Counts now() const;
    base::Counter& messages;
    base::Counter& submissions;
    base::Counter& messages_refused;
    base::Counter& recipients_refused;
    base::Counter& delivered;
    base::Counter& deferred;
    base::Counter& failed;
  };
  // With mutex_ held: everything up to now is written.
  [[nodiscard]] base::Result<> sample_locked(Moment now);
  [[nodiscard]] Sample take(base::Time now);
  [[nodiscard]] base::Result<> forget_if_sure(Moment now);
  void tell(base::Severity severity, const base::Error& error, base::Time now);

  base::EventSink& events_;
  const Counters counters_;
  ReceiverTally tally_;
  std::mutex mutex_;  // guards what follows; only pool threads wait for it
  std::unique_ptr<FlowStore> store_;
  Counts before_;               // of the counters, when they were last looked at
  std::deque<Sample> unsaved_;  // in order
  std::optional<Moment> last_;
  base::Instant sure_since_;  // since then the clock was not set, and nothing was forgotten
  bool failing_ = false;
};

}  // namespace flow
