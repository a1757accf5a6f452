// tools/bench/disk.h: how fast a disk makes things safe.
//
// What:    the time of a sync after an overwrite and after an append of 4 KiB; the rate of writing
//          a large file.
// In/Out:  a folder on that disk → DiskReport. Its files are removed afterwards.
// Errors:  no_space before anything large is written; io.
// Limits:  sequential_bytes; seconds_max for each part.
// Not here: what the journal does with it (queue/journal).
#pragma once

#include <string>

#include "lib/io/doors.h"
#include "tools/bench/histogram.h"

namespace bench {

struct DiskOptions {
  static constexpr std::size_t block_bytes = 4096;
  static constexpr std::size_t batch_bytes = 1UL << 20;
  // Much for each sync: what binds is to be the rate of the disk, not the time of its syncs.
  static constexpr std::uint64_t sequential_sync_bytes = 64UL << 20;
  static constexpr unsigned syncs_max = 2000;
  static constexpr base::Duration seconds_max = std::chrono::seconds(5);

  std::string folder;
  std::uint64_t sequential_bytes = 1UL << 30;
};

struct DiskReport {
  Histogram overwrite;  // in a file whose blocks were all written before
  Histogram append;     // at the end of a growing file
  std::uint64_t sequential_bytes = 0;
  base::Duration sequential_took = {};  // a sync after each sequential_sync_bytes
};

[[nodiscard]] base::Result<DiskReport> measure_disk(io::Doors doors, const DiskOptions& options);

}  // namespace bench
