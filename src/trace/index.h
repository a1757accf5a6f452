// trace/index.h: from a message, session or address to its events in one trace file.
//
// What:    the keys of an event as 64-bit hashes, and the sorted sidecar file of (hash, offset).
// In/Out:  StoredEvent → keys; entries → sidecar octets; sidecar File and key → offsets.
// Errors:  a sidecar that is not whole gives corrupt: the trace file itself is then scanned.
// Limits:  keys_per_event_max.
// Not here: which files there are (store.h, reader.h).
//
// Sidecar format, little endian: "STPGIDX1" · u64 count · count × (u64 key, u32 offset), sorted.
// Two keys may share a hash: who reads an event checks that it is the one asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"
#include "trace/record.h"

namespace trace {

inline constexpr std::size_t keys_per_event_max = 128;

struct IndexEntry {
  std::uint64_t key = 0;
  std::uint32_t offset = 0;
  auto operator<=>(const IndexEntry&) const = default;
};

[[nodiscard]] std::uint64_t message_key(base::MessageId id);
[[nodiscard]] std::uint64_t session_key(base::SessionId id);
// Its events that are of no message: few, even where a session brings ten thousand messages.
[[nodiscard]] std::uint64_t session_itself_key(base::SessionId id);
// Without the <> around it.
[[nodiscard]] std::string_view bare(std::string_view address);
[[nodiscard]] std::uint64_t address_key(std::string_view address);  // upper and lower case alike

// Does the event name this address (or Message-ID)?
[[nodiscard]] bool names_address(const StoredEvent& event, std::string_view address);
void append_keys(const EventView& event, std::uint32_t offset, std::vector<IndexEntry>& out);

[[nodiscard]] std::string encode_index(std::vector<IndexEntry> entries);
// Offsets of the key's events, ascending; two or three short reads of the file.
[[nodiscard]] base::Result<std::vector<std::uint32_t>> find_in_index(io::File& sidecar,
                                                                     std::uint64_t key);

}  // namespace trace
