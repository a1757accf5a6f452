// See plan.h.
#include "tools/bench/plan.h"

#include <cmath>

namespace bench {

std::optional<Plan::Turn> Plan::take(base::Instant now) {
  if (exhausted(now)) return std::nullopt;
  const std::uint64_t index = next_.fetch_add(1, std::memory_order_relaxed);
  if (index >= options_.messages_max) return std::nullopt;
  Turn turn{.number = options_.first_number + index, .due = now};
  if (options_.rate > 0) {
    const double micros = static_cast<double>(index) * 1e6 / options_.rate;
    turn.due = begun_ + base::Duration(std::llround(micros));
  }
  if (options_.length && turn.due >= begun_ + *options_.length) return std::nullopt;
  return turn;
}

bool Plan::exhausted(base::Instant now) const {
  if (stopped()) return true;
  if (next_.load(std::memory_order_relaxed) >= options_.messages_max) return true;
  return options_.length && now >= begun_ + *options_.length;
}

}  // namespace bench
