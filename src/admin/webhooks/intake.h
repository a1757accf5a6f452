// admin/webhooks/intake.h: where events wait until webhooks look at them.
//
// What:    a sink beside log and trace that keeps copies of the events that webhooks may want.
// In/Out:  emit() from every loop; take() gives what has come.
// Errors:  when nobody takes, what comes is dropped and counted: the mail never waits.
// Limits:  events_max and bytes_max in memory.
// Not here: who wants which (hook.h), the disk (store.h).
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "lib/base/event.h"
#include "trace/record.h"

namespace webhooks {

class Intake final : public base::EventSink {
 public:
  static constexpr std::size_t events_max = 50'000;
  static constexpr std::size_t bytes_max = 16UL << 20U;

  void emit(const base::Event& event) override;
  // Without webhooks an event costs one look at a flag.
  void set_wanted(bool wanted) { wanted_.store(wanted, std::memory_order_relaxed); }
  [[nodiscard]] std::vector<trace::StoredEvent> take();
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  std::atomic<bool> wanted_ = false;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex mutex_;  // guards what follows; held for a copy
  std::vector<trace::StoredEvent> events_;
  std::size_t bytes_ = 0;
};

}  // namespace webhooks
