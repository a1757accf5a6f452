// tools/bench/counters.h: what the sink has seen.
//
// What:    counts messages and remembers which numbers came, so that doubles are seen.
// In/Out:  note(Finding) from any thread; counts() at any time; reset() begins anew.
// Errors:  none.
// Limits:  pages_max × 65,536 numbers are remembered (1 GiB of numbers in 128 MiB); a message whose
//          number has no room counts as foreign.
// Not here: where the counts are shown (sink.h).
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "tools/bench/inspection.h"

namespace bench {

// messages = distinct + duplicates + damaged + foreign
struct Counts {
  std::uint64_t messages = 0;  // accepted
  std::uint64_t distinct = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t damaged = 0;
  std::uint64_t foreign = 0;
  std::uint64_t refused = 0;  // commands and messages that got 4yz or 5yz
  std::uint64_t connections = 0;
  std::uint64_t bytes = 0;  // of accepted messages

  bool operator==(const Counts&) const = default;
};

// One line of JSON with its line end; always equally long, so that it can be overwritten in place.
[[nodiscard]] std::string counts_line(const Counts& counts);

class Counters {
 public:
  static constexpr std::size_t pages_max = 16'384;

  void note_message(const Finding& finding);
  void note_refusal() { add(Which::refused, 1); }
  void note_connection() { add(Which::connections, 1); }
  [[nodiscard]] Counts counts() const;
  void reset();

 private:
  enum class Which : std::uint8_t {
    distinct,
    duplicates,
    damaged,
    foreign,
    refused,
    connections,
    bytes,
    count,
  };
  static constexpr std::size_t page_bits = 65'536;
  using Page = std::bitset<page_bits>;

  void add(Which which, std::uint64_t number);
  [[nodiscard]] std::uint64_t get(Which which) const;
  [[nodiscard]] Which kind_of(const Finding& finding);

  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Which::count)> numbers_ = {};
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // under mutex_
};

}  // namespace bench
