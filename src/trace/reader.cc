// See reader.h.
#include "trace/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "lib/base/text.h"
#include "trace/source.h"

namespace trace {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::size_t chunk_bytes = 1 << 20;
// A trace file is file_bytes_max and one batch at most; more is not ours.
constexpr std::uint64_t scan_bytes_max = 1ULL << 32U;

class Search {
 public:
  Search(io::Files& files, const std::string& folder, const std::vector<std::string>& names,
         const LiveIndex& live) {
    for (const auto& name : names) {
      sources_.emplace_back(files, fmt::format("{}/{}", folder, name));
      if (name == live.file_name) {
        sources_.back().use(live.entries);
      }
    }
  }

  void add_session(base::SessionId session) {
    add(session_key(session),
        [session](const StoredEvent& event) { return event.session == session; });
  }

  void add_message(base::MessageId id) {
    add(message_key(id), [id](const StoredEvent& event) { return event.message == id; });
    const auto brought = std::ranges::find_if(events_, [id](const auto& entry) {
      return entry.second.message == id && entry.second.session.value != 0;
    });
    if (brought == events_.end()) return;
    // The session that brought it: what happened in it before this message was accepted.
    const base::SessionId session = brought->second.session;
    const base::Time until = brought->second.time;
    add(session_itself_key(session), [session, until](const StoredEvent& event) {
      return event.session == session && !event.message && event.time <= until &&
             event.name.starts_with("session.");
    });
  }

  // The newest messages_max messages that name it, and what names it without being of a message.
  void add_address(std::string_view address) {
    std::vector<base::MessageId> ids;
    const std::uint64_t key = address_key(address);
    for (std::size_t i = sources_.size(); i-- > 0 && ids.size() < messages_max;) {
      auto offsets = sources_[i].offsets(key);
      for (std::size_t j = offsets.size(); j-- > 0 && ids.size() < messages_max;) {
        auto event = sources_[i].event(offsets[j]);
        if (!event || !names_address(*event, address)) continue;
        if (!event->message) {
          keep(i, offsets[j], std::move(*event));
        } else if (std::ranges::find(ids, event->message) == ids.end()) {
          ids.push_back(event->message);
        }
      }
    }
    for (const auto id : ids) add_message(id);
  }

  // In the order of time; the newest when there are more.
  std::vector<StoredEvent> take(std::size_t events_max) {
    const std::size_t skip = events_.size() - std::min(events_.size(), events_max);
    std::vector<StoredEvent> out;
    for (auto at = std::next(events_.begin(), static_cast<std::ptrdiff_t>(skip));
         at != events_.end(); ++at) {
      out.push_back(std::move(at->second));
    }
    return out;
  }

 private:
  template <class Wanted>
  void add(std::uint64_t key, Wanted wanted) {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      for (const std::uint32_t offset : sources_[i].offsets(key)) {
        auto event = sources_[i].event(offset);
        if (event && wanted(*event)) keep(i, offset, std::move(*event));
      }
    }
  }

  void keep(std::size_t source, std::uint32_t offset, StoredEvent event) {
    const auto key = std::tuple(event.time, source, offset);
    events_.emplace(key, std::move(event));
  }

  std::vector<Source> sources_;  // oldest first
  // By time; of equal times those written first come first.
  std::map<std::tuple<base::Time, std::size_t, std::uint32_t>, StoredEvent> events_;
};

std::optional<base::SessionId> parse_session(std::string_view text) {
  if (!text.starts_with('s') && !text.starts_with('S')) return std::nullopt;
  const auto id = base::MessageId::parse(text.substr(1));
  if (!id) return std::nullopt;
  return base::SessionId{id->value};
}

}  // namespace

Result<std::vector<std::string>> trace_files(io::Files& files, const std::string& folder) {
  auto list = files.list(folder);
  if (!list) {
    if (list.error().kind == ErrorKind::not_found) return std::vector<std::string>();
    return std::unexpected(list.error());
  }
  std::vector<std::string> out;
  for (const auto& info : *list) {
    if (!info.directory && info.name.ends_with(file_suffix)) out.push_back(info.name);
  }
  return out;  // sorted by name, which is by time
}

std::optional<base::Time> file_begun(std::string_view name) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value, 16);
  if (error != std::errc() ||
      name.substr(static_cast<std::size_t>(end - name.data())) != file_suffix) {
    return std::nullopt;
  }
  return base::Time(base::Duration(value));
}

Result<> scan_views(io::Files& files, const std::string& path, const ViewUse& use) {
  auto file = files.open(path, io::OpenMode::read);
  if (!file) return std::unexpected(file.error());
  std::string bytes;  // what was read and is not decoded yet; begins at `offset` of the file
  std::uint64_t offset = 0;
  bool begun = false;
  EventView event;
  while (offset < scan_bytes_max) {
    const std::size_t had = bytes.size();
    bytes.resize(had + chunk_bytes);
    auto read = (*file)->read_at(offset + had, std::span(bytes).subspan(had));
    if (!read) return std::unexpected(read.error());
    bytes.resize(had + *read);
    std::string_view rest = bytes;
    if (!begun) {
      if (!rest.starts_with(file_magic)) return fail(ErrorKind::corrupt, path + ": no trace file");
      rest.remove_prefix(file_magic.size());
      begun = true;
    }
    while (true) {
      const auto size = record_size(rest);
      if (!size || *size > rest.size()) break;
      // What a crash tore ends the file.
      if (!view_record(rest, Checksum::verify, event)) return {};
      if (!use(event, offset + bytes.size() - rest.size(), rest.substr(0, *size))) return {};
      rest.remove_prefix(*size);
    }
    if (*read < chunk_bytes || (rest.size() >= record_head_bytes && !record_size(rest))) return {};
    offset += bytes.size() - rest.size();
    bytes = std::string(rest);
  }
  return {};
}

Result<> scan_events(io::Files& files, const std::string& path, const EventUse& use) {
  return scan_views(files, path,
                    [&use](const EventView& view, std::uint64_t offset, std::string_view record) {
                      return use(stored(view), offset, record);
                    });
}

Result<std::vector<IndexEntry>> scan_file(io::Files& files, const std::string& path) {
  std::vector<IndexEntry> out;
  auto scanned =
      scan_views(files, path,
                 [&out](const EventView& event, std::uint64_t offset, std::string_view /*record*/) {
                   append_keys(event, static_cast<std::uint32_t>(offset), out);
                   return true;
                 });
  if (!scanned) return std::unexpected(scanned.error());
  return out;
}

Result<std::vector<StoredEvent>> find_events(io::Files& files, const std::string& folder,
                                             std::span<const std::string> what,
                                             std::size_t events_max, const LiveIndex& live) {
  auto names = trace_files(files, folder);
  if (!names) return std::unexpected(names.error());
  Search search(files, folder, *names, live);
  for (const std::string& one : what) {
    const std::string_view text = base::trim(one);
    if (const auto session = parse_session(text)) {
      search.add_session(*session);
    } else if (const auto id = base::MessageId::parse(text)) {
      search.add_message(*id);
    } else if (text.find('@') != std::string_view::npos) {
      search.add_address(text);
    } else {
      return fail(
          ErrorKind::invalid,
          fmt::format("\"{}\" is neither a message id (13 letters and digits) nor a session id "
                      "(s and 13) nor an address",
                      base::printable(text, 100)));
    }
  }
  return search.take(events_max);
}

}  // namespace trace
