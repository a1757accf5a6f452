// tools/bench/plan.h: which message is to be sent next, and when.
//
// What:    hands out turns. Closed loop: at once, whoever asks. Open loop: turn k begins k/rate
//          seconds after the start, whether those before it have ended or not.
// In/Out:  take(now) → number and due instant; nullopt when all have been given.
// Errors:  none.
// Limits:  messages, or seconds, or both: what comes first. Thread-safe.
// Not here: waiting for the instant, sending (load.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "lib/base/time.h"

namespace bench {

struct PlanOptions {
  std::uint64_t messages_max = UINT64_MAX;
  std::optional<base::Duration> length = std::nullopt;
  double rate = 0;  // turns per second of the open loop; 0: closed loop
  std::uint64_t first_number = 0;
};

class Plan {
 public:
  struct Turn {
    std::uint64_t number = 0;
    base::Instant due;  // latency counts from here
  };

  explicit Plan(PlanOptions options) : options_(options) {}

  void begin(base::Instant now) { begun_ = now; }
  [[nodiscard]] base::Instant begun() const { return begun_; }
  [[nodiscard]] std::optional<Turn> take(base::Instant now);
  // No turn any more.
  void stop() { stopped_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  // Nobody gets a turn from now on.
  [[nodiscard]] bool exhausted(base::Instant now) const;

 private:
  const PlanOptions options_;
  base::Instant begun_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
};

}  // namespace bench
