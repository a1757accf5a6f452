// queue/journal/summary.h: what a segment still means, without bodies: its envelope index.
//
// What:    Summary is built by the head as it writes, by a scan, or read from a sealed segment.
// In/Out:  encode/decode of the index record's meta.
// Errors:  decode returns nullopt for anything that encode does not write.
// Limits:  bytes_max() is how much encode() would write at most: the head keeps that free.
// Not here: which of its entries still count (ledger.h, replay.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "queue/journal/record.h"

namespace queue::journal {

struct SummaryCommit {
  MessageId id;
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;  // of the whole record
  std::vector<Chunk> chunks;
  std::string state;     // encoded; empty for a commit
  std::string envelope;  // encoded
};

struct SummaryDefer {
  std::uint32_t offset = 0;  // of the record that has it; 0: inside a moved record
  Defer defer;
};

struct Summary {
  struct States {
    MessageId id;
    std::string recipients;
  };
  struct Done {
    MessageId id;
    Homes homes;
  };

  std::vector<SummaryCommit> commits;
  std::vector<States> states;
  std::vector<SummaryDefer> defers;
  // Of messages of which a commit lies in an older segment.
  std::vector<Done> dones;
  std::vector<Defer> destinations;

  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static std::optional<Summary> decode(std::string_view meta);
};

// Octets that these add to an encoded Summary, at most.
[[nodiscard]] std::uint64_t summary_bytes_max(const SummaryCommit& commit);
[[nodiscard]] std::uint64_t summary_bytes_max(const Defer& defer);
inline constexpr std::uint64_t summary_done_bytes = 16;
inline constexpr std::uint64_t summary_base_bytes = 64;  // the counts

}  // namespace queue::journal
