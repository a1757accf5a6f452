// trace/reader.h: finds events in the trace files, also while no server runs.
//
// What:    find() by message id, session id, address or Message-ID, over the files of a folder.
// In/Out:  the text that a person typed → events in the order of time.
// Errors:  invalid for a text that is none of these; a damaged file ends at its damage.
// Limits:  events_max of the caller; messages_max messages of one address, the newest.
// Not here: writing the files (store.h), words for people (explain.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"
#include "trace/index.h"
#include "trace/record.h"

namespace trace {

inline constexpr std::string_view file_magic = "STPGTRC1";
inline constexpr std::string_view file_suffix = ".trace";
inline constexpr std::string_view index_suffix = ".index";
inline constexpr std::size_t messages_max = 100;

// The trace files of a folder, oldest first, without their folder. None when there is no folder.
[[nodiscard]] base::Result<std::vector<std::string>> trace_files(io::Files& files,
                                                                 const std::string& folder);
// When the file of that name was begun; nothing: the name is not ours.
[[nodiscard]] std::optional<base::Time> file_begun(std::string_view name);
// Calls `use` with each event of a whole trace file, its place and its octets, until that says no.
using ViewUse =
    std::function<bool(const EventView& event, std::uint64_t offset, std::string_view record)>;
[[nodiscard]] base::Result<> scan_views(io::Files& files, const std::string& path,
                                        const ViewUse& use);
// The same with events that own their texts.
using EventUse =
    std::function<bool(const StoredEvent& event, std::uint64_t offset, std::string_view record)>;
[[nodiscard]] base::Result<> scan_events(io::Files& files, const std::string& path,
                                         const EventUse& use);
// Reads a whole trace file and makes its index.
[[nodiscard]] base::Result<std::vector<IndexEntry>> scan_file(io::Files& files,
                                                              const std::string& path);

// The index of the file that is being written, which has no sidecar yet.
struct LiveIndex {
  std::string file_name;
  SortedEntries entries;
};

// By a message id: its events, and those of the session that brought it up to then. By a session
// id: its events. By an address: all events of the newest messages that name it, and what was
// refused. `what`: one text, or an address under several names.
[[nodiscard]] base::Result<std::vector<StoredEvent>> find_events(io::Files& files,
                                                                 const std::string& folder,
                                                                 std::span<const std::string> what,
                                                                 std::size_t events_max,
                                                                 const LiveIndex& live = {});

}  // namespace trace
