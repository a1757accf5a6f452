// See store.h: the events of a span of time.
#include <fmt/format.h>

#include "trace/reader.h"
#include "trace/store.h"

namespace trace {

base::Result<std::vector<StoredEvent>> TraceStore::events_between(
    const Range& range, const std::function<bool(std::string_view name)>& wanted, base::Time now) {
  auto names = ended_files(now);
  if (!names) return std::unexpected(names.error());
  std::vector<StoredEvent> out;
  for (const std::string& name : *names) {
    if (out.size() >= range.events_max) break;
    // A file that cannot be read has nothing to tell, as in find().
    [[maybe_unused]] const auto scanned =
        scan_events(files_, fmt::format("{}/{}", settings_.folder, name),
                    [&](const StoredEvent& event, std::uint64_t, std::string_view) {
                      if (out.size() >= range.events_max) return false;
                      const bool within = event.time >= range.since && event.time < range.until;
                      if (within && wanted(event.name)) out.push_back(event);
                      return true;
                    });
  }
  return out;
}

}  // namespace trace
