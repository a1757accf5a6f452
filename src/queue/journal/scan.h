// queue/journal/scan.h: reads a segment that has no index, record by record.
//
// What:    finds every whole record, tells torn writes from damage, and sums up what they mean.
// In/Out:  the octets of a segment and its header → Scan with a Summary. Pure.
// Errors:  none: whatever does not hold is skipped, and counted as torn or listed as damage.
// Limits:  linear in the octets.
// Not here: reading the file and mending its tail (segment.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "queue/journal/format.h"
#include "queue/journal/summary.h"

namespace queue::journal {

struct Damage {
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
  std::string what;
};

struct Scan {
  Summary summary;
  std::uint32_t tail = segment_header_bytes;   // end of the last record whose envelope holds
  std::uint32_t epoch = segment_header_bytes;  // where the last epoch begins
  std::uint64_t torn_bytes = 0;
  std::vector<Damage> damages;
};

[[nodiscard]] Scan scan_segment(std::string_view bytes, const SegmentHeader& header);

// Every octet is zero.
[[nodiscard]] bool all_zero(std::string_view bytes);

}  // namespace queue::journal
