// See metrics.h.
#include "lib/base/metrics.h"

#include <fmt/format.h>

#include "lib/base/check.h"

namespace base {

std::size_t Counter::part_of_this_thread() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t part = threads.fetch_add(1) % parts_max;
  return part;
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, bool is_counter) {
  auto [at, fresh] = families_.try_emplace(std::string(name));
  if (fresh) {
    at->second.help = help;
    at->second.is_counter = is_counter;
  }
  CHECK(at->second.is_counter == is_counter, "one metric name is a counter and a gauge");
  return at->second;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, true).counters[std::string(labels)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, std::string_view labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, false).gauges[std::string(labels)];
  if (!slot) slot = std::make_unique<Gauge>();
  return *slot;
}

std::string Metrics::prometheus() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  auto line = [&out](std::string_view name, std::string_view labels, auto value) {
    if (labels.empty()) {
      fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
    } else {
      fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, labels, value);
    }
  };
  for (const auto& [name, family] : families_) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, family.help, name,
                   family.is_counter ? "counter" : "gauge");
    for (const auto& [labels, counter] : family.counters) line(name, labels, counter->value());
    for (const auto& [labels, gauge] : family.gauges) line(name, labels, gauge->value());
  }
  return out;
}

}  // namespace base
