// See counts.h.
#include "admin/flow/counts.h"

#include <algorithm>

namespace flow {

std::optional<Period> period_of(std::string_view name) {
  const auto* const found = std::ranges::find(periods, name, &Period::name);
  if (found == periods.end()) return std::nullopt;
  return *found;
}

base::Time begin_of_step(base::Time time, std::chrono::seconds length) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const auto whole = seconds - (seconds % length.count() + length.count()) % length.count();
  return base::Time(std::chrono::seconds(whole));
}

base::Time begin_of(const Period& period, base::Time now) {
  return begin_of_step(now, period.step) - period.step * (period.count - 1);
}

}  // namespace flow
