// queue/journal/segment.h: a segment as a file.
//
// What:    names, making, opening, reading what it means, sealing, mending after a crash, removing.
// In/Out:  io::Files → OpenSegment, Reading. Calls block.
// Errors:  those of io::Files; unsupported for a newer format; damage is no error.
// Limits:  a segment without index is read into memory as a whole (segment_bytes_max).
// Not here: which segment is written to (head.h), which are still needed (ledger.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"
#include "queue/journal/format.h"
#include "queue/journal/scan.h"

namespace queue::journal {

struct SegmentName {
  std::uint32_t stream = 0;
  std::uint32_t segment = 0;
  auto operator<=>(const SegmentName&) const = default;
  [[nodiscard]] std::string text() const;  // "0003-0000000012.log"
  [[nodiscard]] static std::optional<SegmentName> parse(std::string_view text);
  // Of its file while that waits to be written over: "0003-0000000012.spare".
  [[nodiscard]] std::string spare_text() const;
  [[nodiscard]] static std::optional<SegmentName> parse_spare(std::string_view text);
};

// Every segment in the folder, in order. A missing folder is an empty one.
[[nodiscard]] base::Result<std::vector<SegmentName>> list_segments(io::Files& files,
                                                                   const std::string& folder);

struct OpenSegment {
  std::unique_ptr<io::File> file;
  SegmentHeader header;
};

// Allocates the file, writes its header and syncs it and the folder. What fails is removed again.
[[nodiscard]] base::Result<OpenSegment> create_segment(io::Files& files, const std::string& folder,
                                                       const SegmentHeader& header,
                                                       std::uint64_t bytes);

// Puts a dead segment aside, to be written over; safe when it returns.
[[nodiscard]] base::Result<> set_aside_segment(io::Files& files, const std::string& folder,
                                               SegmentName name);
// A new file of that length, in case that it is found as a spare after a crash; write_zeros then
// makes its blocks known to the disk as written. What fails is removed again.
[[nodiscard]] base::Result<std::shared_ptr<io::File>> create_spare(io::Files& files,
                                                                   const std::string& folder,
                                                                   SegmentName name,
                                                                   std::uint64_t bytes);
// Safe when it returns.
[[nodiscard]] base::Result<> write_zeros(io::File& file, std::uint64_t offset, std::uint64_t bytes);
// As create_segment, from a spare file: to write over blocks that the disk knows costs a sync less
// than half of what fresh ones cost, which must be noted as written. What fails is removed.
[[nodiscard]] base::Result<OpenSegment> recycle_segment(io::Files& files, const std::string& folder,
                                                        SegmentName spare,
                                                        const SegmentHeader& header,
                                                        std::uint64_t bytes);
// Spares in the folder, in order. A missing folder is an empty one.
[[nodiscard]] base::Result<std::vector<SegmentName>> list_spares(io::Files& files,
                                                                 const std::string& folder);
[[nodiscard]] base::Result<> remove_spare(io::Files& files, const std::string& folder,
                                          SegmentName spare);

// For reading records of a segment known to be sound enough.
[[nodiscard]] base::Result<OpenSegment> open_segment(io::Files& files, const std::string& folder,
                                                     SegmentName name);

// Index, sync, trailer, truncate, sync; gives the length of the file.
[[nodiscard]] base::Result<std::uint64_t> seal_segment(const OpenSegment& segment,
                                                       std::uint32_t tail, std::uint32_t epoch,
                                                       const Summary& summary);
// What sealing adds to a file whose Summary encodes to so many octets.
[[nodiscard]] constexpr std::uint64_t seal_bytes(std::uint64_t summary_bytes) {
  return record_bytes(summary_bytes, 0) + trailer_bytes;
}

// What a segment of an earlier run means.
struct Reading {
  enum class Condition : std::uint8_t { sealed, unsealed, unused, unreadable };
  Condition condition = Condition::sealed;
  Scan scan;  // of a sealed one only the summary (and damages of its index)
  std::uint64_t file_bytes = 0;
  std::uint64_t bytes_read = 0;
};

[[nodiscard]] base::Result<Reading> read_segment(io::Files& files, const std::string& folder,
                                                 SegmentName name);

// After read_segment found it unsealed: its last epoch is made safe, then it is sealed when there
// is
// room for that. Gives the length of the file.
[[nodiscard]] base::Result<std::uint64_t> recover_segment(io::Files& files,
                                                          const std::string& folder,
                                                          SegmentName name, const Scan& scan);

// Removes the file; safe when it returns.
[[nodiscard]] base::Result<> remove_segment(io::Files& files, const std::string& folder,
                                            SegmentName name);

}  // namespace queue::journal
