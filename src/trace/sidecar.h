// trace/sidecar.h: the index of one trace file, beside it on the disk: sorted (key, offset) pairs.
//
// What:    writes and reads it. Keys are hashes (index.h), so a key's value tells its place: one or
//          two short reads find it among hundreds of thousands.
// In/Out:  entries → octets; a file and a key → offsets.
// Errors:  a sidecar that is not whole gives corrupt: the trace file itself is then scanned.
// Limits:  offsets_max of one key are told.
// Not here: which keys an event has (index.h), which files there are (store.h, reader.h).
//
// Format, little endian: "STPGIDX1" · u64 count · count × (u64 key, u32 offset), sorted.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"

namespace trace {

struct IndexEntry {
  std::uint64_t key = 0;
  std::uint32_t offset = 0;
  auto operator<=>(const IndexEntry&) const = default;
};

// Shared by those who look something up at the same time; nullptr is none.
using SortedEntries = std::shared_ptr<const std::vector<IndexEntry>>;

[[nodiscard]] std::string encode_index(std::vector<IndexEntry> entries);

class Sidecar {
 public:
  // More events of one key in one file are not looked at; a session has fewer.
  static constexpr std::size_t offsets_max = 100'000;

  [[nodiscard]] static base::Result<Sidecar> open(std::unique_ptr<io::File> file);
  // Of the key's events, ascending.
  [[nodiscard]] base::Result<std::vector<std::uint32_t>> offsets(std::uint64_t key);

 private:
  class Block;

  Sidecar(std::unique_ptr<io::File> file, std::uint64_t count)
      : file_(std::move(file)), count_(count) {}
  base::Result<Block> read(std::uint64_t first, std::uint64_t end);
  base::Result<std::uint64_t> first_not_less(std::uint64_t key);

  std::unique_ptr<io::File> file_;
  std::uint64_t count_;
};

}  // namespace trace
