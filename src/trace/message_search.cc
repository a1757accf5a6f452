// See message_search.h.
#include "trace/message_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"
#include "trace/message_candidates.h"
#include "trace/source.h"

namespace trace {
namespace {

using base::Result;

constexpr std::size_t name_digits = 16;  // of a trace file's name
// A file is named by the time of its first write; the events in it are older by so much.
constexpr base::Duration write_delay_max = std::chrono::minutes(1);

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<base::Time> oldest_event(io::Files& files, const std::string& folder) {
  const auto names = trace_files(files, folder);
  if (!names) return std::nullopt;
  for (const std::string& name : *names) {
    const auto first = Source(files, fmt::format("{}/{}", folder, name)).event(file_magic.size());
    if (first) return first->time;
  }
  return std::nullopt;
}

std::string place_text(const Place& place) {
  return fmt::format("{}.{:x}", std::string_view(place.file).substr(0, name_digits), place.offset);
}

std::optional<Place> parse_place(std::string_view text) {
  if (text.size() < name_digits + 2 || text.size() > name_digits + 17) return std::nullopt;
  if (text[name_digits] != '.') return std::nullopt;
  const auto begun = parse_hex(text.substr(0, name_digits));
  const auto offset = parse_hex(text.substr(name_digits + 1));
  if (!begun || !offset) return std::nullopt;
  return Place{.file = fmt::format("{:016x}{}", *begun, file_suffix), .offset = *offset};
}

namespace {

// The files of a step: the one that is looked through, and the younger ones.
struct Files {
  std::vector<std::string> names;  // the one and the younger
  bool older = false;              // there is another before it
  bool whole = true;               // it is looked at from its end
};

Files files_from(std::vector<std::string> names, const Place& from) {
  Files out;
  std::erase_if(names, [](const std::string& name) { return !file_begun(name); });
  auto end = names.end();
  if (!from.file.empty()) {
    end = std::ranges::upper_bound(names, from.file);
    const bool there = end != names.begin() && *std::prev(end) == from.file;
    if (there && from.offset <= file_magic.size()) --end;
    out.whole = !there || from.offset <= file_magic.size();
  }
  if (end == names.begin()) return out;
  out.older = std::prev(end) != names.begin();
  out.names.assign(std::prev(end), names.end());
  return out;
}

// Its events of this file and of those after it, until one says that it is done.
MessageRow row_of(std::vector<Source>& sources, std::uint64_t offset, base::MessageId id) {
  MessageRow row;
  if (!id) {
    if (const auto event = sources.front().event(static_cast<std::uint32_t>(offset))) {
      row.add(*event);
    }
    return row;
  }
  for (Source& source : sources) {
    std::vector<std::uint32_t> offsets = source.offsets(message_key(id));
    if (offsets.size() > MessageSearch::events_max) {  // how it began and how it ended
      constexpr auto half = static_cast<std::ptrdiff_t>(MessageSearch::events_max / 2);
      offsets.erase(offsets.begin() + half, offsets.end() - half);
    }
    for (const std::uint32_t at : offsets) {
      const auto event = source.event(at);
      if (event && event->message == id) row.add(*event);
    }
    if (row.state != RowState::waiting) break;
  }
  return row;
}

}  // namespace

Result<SearchStep> MessageSearch::step(const Place& from, std::size_t rows_max,
                                       const LiveIndex& live) const {
  auto names = trace_files(files_, folder_);
  if (!names) return std::unexpected(names.error());
  const Files files = files_from(std::move(*names), from);
  SearchStep out;
  if (files.names.empty()) return out;
  const std::string& name = files.names.front();
  const Place older{.file = name, .offset = 0};
  out.reached = *file_begun(name);
  // What is younger than it ended before `since` has nothing for us, nor has what is older.
  const bool too_old = query_.since && files.names.size() > 1 &&
                       file_begun(files.names[1]).value_or(base::Time::max()) < *query_.since;
  if (files.older && !too_old) out.next = older;
  if (too_old || (query_.until && out.reached - write_delay_max >= *query_.until)) return out;

  std::vector<Source> sources;
  for (const std::string& one : files.names) {
    sources.emplace_back(files_, fmt::format("{}/{}", folder_, one));
    if (one == live.file_name) sources.back().use(live.entries);
  }
  const std::uint64_t before = files.whole ? ~std::uint64_t{0} : from.offset;
  Candidates candidates = find_candidates(files_, sources.front(), query_, before);
  out.bytes_read = candidates.bytes;
  std::vector<Candidate>& found = candidates.found;
  if (candidates.cut_at != 0) out.next = Place{.file = name, .offset = candidates.cut_at};
  while (!found.empty() && out.rows.size() < rows_max) {
    const Candidate one = found.back();
    found.pop_back();
    MessageRow row = row_of(sources, one.offset, one.message);
    if (!query_.matches(row)) continue;
    out.rows.push_back({std::move(row), {.file = name, .offset = one.offset}});
  }
  if (!found.empty()) out.next = Place{.file = name, .offset = found.back().offset + 1};
  if (!found.empty() && !out.rows.empty()) out.reached = out.rows.back().row.time;
  return out;
}

}  // namespace trace
