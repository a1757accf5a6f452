// lib/base/metrics.h: counters and gauges that /metrics shows.
//
// What:    a Metrics object owns named series; parts get a Counter& once and add to it.
// In/Out:  counter(name, help, labels) → Counter&; prometheus() → the text exposition format 0.0.4.
// Errors:  two calls with one name and the same labels give the same series.
// Limits:  labels come from code or settings, never from peers (cardinality).
// Not here: serving them (admin/).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace base {

// Grows only. Each loop adds to a cache line of its own: one that all of them write costs each of
// them its way between the cores.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    parts_[part_of_this_thread()].value.fetch_add(count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t sum = 0;
    for (const Part& part : parts_) sum += part.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr std::size_t parts_max = 8;  // with more threads than these some share
  struct alignas(64) Part {
    std::atomic<std::uint64_t> value{0};
  };
  static std::size_t part_of_this_thread();

  std::array<Part, parts_max> parts_;
};

// Goes up and down; several loops may share one.
class Gauge {
 public:
  void add(std::int64_t count) { value_.fetch_add(count, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

class Metrics {
 public:
  // name: "stagepost_messages_accepted_total"; labels: `listener="smtp"` or empty.
  [[nodiscard]] Counter& counter(std::string_view name, std::string_view help,
                                 std::string_view labels = {});
  [[nodiscard]] Gauge& gauge(std::string_view name, std::string_view help,
                             std::string_view labels = {});
  [[nodiscard]] std::string prometheus() const;

 private:
  struct Family {
    std::string help;
    bool is_counter = true;
    std::map<std::string, std::unique_ptr<Counter>, std::less<>> counters;
    std::map<std::string, std::unique_ptr<Gauge>, std::less<>> gauges;
  };
  Family& family(std::string_view name, std::string_view help, bool is_counter);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace base
