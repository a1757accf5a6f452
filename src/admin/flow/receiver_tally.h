// admin/flow/receiver_tally.h: how each receiving domain took our mail, since it was last asked.
//
// What:    counts deliveries, deferrals and failures per domain from the trace's events, and keeps
//          the last trouble of each.
// In/Out:  see(event) → take(): the counts since the last take, the most mail first.
// Errors:  none; an event without a recipient is nobody's.
// Limits:  domains_max at once; what comes beyond is counted as `others`. Troubles likewise.
// Not here: who shows it the events (trace/store.h), keeping them (flow_store.h).
//
// The trace's thread on the pool calls see(), lane 0's work on the pool take(): the mutex between
// them is none of the mail's way.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/flow/counts.h"
#include "trace/record.h"

namespace flow {

// Stands for all domains that have no line of their own.
inline constexpr std::string_view others = "";

struct Receivers {
  std::vector<std::pair<std::string, ReceiverCounts>> counts;
  std::vector<std::pair<std::string, Trouble>> troubles;
  std::uint64_t injected = 0;  // messages that no session brought, but one of our programs
};

class ReceiverTally {
 public:
  static constexpr std::size_t domains_max = 2'000;
  static constexpr std::size_t text_bytes_max = 300;

  void see(const trace::EventView& event);
  [[nodiscard]] Receivers take();

 private:
  void note(std::string_view domain, const ReceiverCounts& counts);
  void note_trouble(std::string_view domain, const trace::EventView& event);

  std::mutex mutex_;
  std::map<std::string, ReceiverCounts, std::less<>> counts_;
  std::map<std::string, Trouble, std::less<>> troubles_;
  std::uint64_t injected_ = 0;
};

// Local parts go: "550 5.1.1 <an@example.org> unknown" → "550 5.1.1 <…@example.org> unknown".
[[nodiscard]] std::string without_local_parts(std::string_view text);

}  // namespace flow
