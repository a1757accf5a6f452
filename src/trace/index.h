// trace/index.h: by which keys the events of a trace file are found.
//
// What:    the keys of an event as 64-bit hashes: its message, its session, its addresses.
// In/Out:  StoredEvent → entries of the index (sidecar.h).
// Errors:  none.
// Limits:  keys_per_event_max. Two keys may share a hash: who reads an event checks that it is the
//          one asked for.
// Not here: the index on the disk (sidecar.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trace/record.h"
#include "trace/sidecar.h"

namespace trace {

inline constexpr std::size_t keys_per_event_max = 128;

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

}  // namespace trace
