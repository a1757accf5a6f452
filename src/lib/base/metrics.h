// lib/base/metrics.h: counters and gauges that /metrics shows.
//
// What:    a Metrics object owns named series; parts get a Counter& once and add to it.
// In/Out:  counter(name, help, labels) → Counter&; prometheus() → the text exposition format 0.0.4.
// Errors:  two calls with one name and the same labels give the same series.
// Limits:  labels come from code or settings, never from peers (cardinality).
// Not here: serving them (admin/).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace base {

// Grows only. Relaxed atomics: one loop writes it nearly always, scraping reads it.
class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
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
