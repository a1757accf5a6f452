// See message_search.h.
#include "trace/message_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "lib/base/text.h"
#include "trace/source.h"

namespace trace {
namespace {

using base::Result;

constexpr std::size_t name_digits = 16;  // of a trace file's name
// A file is named by the time of its first write; the events in it are older by so much.
constexpr base::Duration write_delay_max = std::chrono::minutes(1);

bool has_part(std::string_view text, std::string_view part) {
  return part.empty() || base::icontains(text, part);
}

// A whole address is itself and not a part of another.
bool address_matches(std::string_view address, std::string_view wanted) {
  if (is_whole_address(wanted)) return base::iequals(base::trim(address), base::trim(wanted));
  return has_part(address, wanted);
}

bool any_matches(const std::vector<std::string>& addresses, std::string_view wanted) {
  return wanted.empty() || std::ranges::any_of(addresses, [wanted](const std::string& one) {
           return address_matches(one, wanted);
         });
}

// One of those between commas.
bool list_matches(std::string_view list, std::string_view wanted) {
  if (wanted.empty()) return true;
  const auto parts = base::split(list, ',');
  return std::ranges::any_of(
      parts, [wanted](std::string_view one) { return address_matches(one, wanted); });
}

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

bool is_whole_address(std::string_view text) {
  text = base::trim(text);
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::size_t dot = text.find('.', at);
  return dot != std::string_view::npos && dot > at + 1 && dot + 1 < text.size();
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

// The messages that a file begins and that may match, oldest first.
class MessageSearch::Scan {
 public:
  Scan(const MessageSearch& search, std::uint64_t before)
      : search_(search), query_(search.query_), before_(before) {}

  bool see(const EventView& event, std::uint64_t offset) {
    bytes_ = offset;
    if (offset >= before_) return false;
    if (event.name == "message.accepted") {
      settle(event);
    } else if (begins_row(event.name) && search_.in_time(event.time) && may_match(event)) {
      add({.offset = offset, .message = event.message}, event);
    }
    return true;
  }

  // Without those that turned out to match nothing.
  std::vector<Match> take() {
    std::erase_if(matches_, [](const Match& one) { return one.refuted; });
    return std::move(matches_);
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // What lies before this was not remembered; 0: all was.
  [[nodiscard]] std::uint64_t cut_at() const { return cut_at_; }

 private:
  [[nodiscard]] bool begins_row(std::string_view name) const {
    if (name == "message.refused") return true;
    if (query_.refused) return name == "recipient.refused";
    return name == "message.queued" || name == "message.discarded";
  }

  [[nodiscard]] bool text_matches(const EventView& event, std::string_view to) const {
    if (query_.text.empty()) return true;
    return address_matches(event.field("from"), query_.text) || list_matches(to, query_.text) ||
           (event.message && has_part(event.message.text(), query_.text));
  }

  // A message for several is queued without their names: then only who accepted it tells.
  [[nodiscard]] bool may_match(const EventView& event) const {
    if (!query_.sender.empty() && !address_matches(event.field("from"), query_.sender)) {
      return false;
    }
    if (!event.field("recipients").empty()) return true;
    const std::string_view to = event.field("to");
    return list_matches(to, query_.recipient) && text_matches(event, to);
  }

  void settle(const EventView& event) {
    const auto open = open_.find(event.message.value);
    if (open == open_.end()) return;
    const std::string_view to = event.field("to");
    const bool good = list_matches(to, query_.recipient) && text_matches(event, to);
    if (!good && open->second >= first_) matches_[open->second - first_].refuted = true;
    open_.erase(open);
  }

  void add(const Match& match, const EventView& event) {
    const bool names_matter = !query_.recipient.empty() || !query_.text.empty();
    if (names_matter && !event.field("recipients").empty() && open_.size() < matches_max) {
      open_[match.message.value] = first_ + matches_.size();
    }
    matches_.push_back(match);
    if (matches_.size() < 2 * matches_max) return;
    // The newest stay; a later step begins where these do.
    matches_.erase(matches_.begin(), matches_.begin() + matches_max);
    first_ += matches_max;
    cut_at_ = matches_.front().offset;
  }

  const MessageSearch& search_;
  const MessageQuery& query_;
  const std::uint64_t before_;
  std::vector<Match> matches_;
  std::size_t first_ = 0;  // how many were before matches_
  std::unordered_map<std::uint64_t, std::size_t> open_;
  std::uint64_t bytes_ = 0;
  std::uint64_t cut_at_ = 0;
};

bool MessageSearch::in_time(base::Time time) const {
  return (!query_.since || time >= *query_.since) && (!query_.until || time < *query_.until);
}

// By all that is known of the message; of very many recipients the events name the first ones.
bool MessageSearch::matches(const MessageRow& row) const {
  if (!query_.sender.empty() && !address_matches(row.sender, query_.sender)) return false;
  if (row.recipients_total > row.recipients.size()) return true;
  if (!any_matches(row.recipients, query_.recipient)) return false;
  return query_.text.empty() || address_matches(row.sender, query_.text) ||
         any_matches(row.recipients, query_.text) ||
         (row.message && has_part(row.message.text(), query_.text));
}

// Of all of which a file must have an event, or nothing in it matches.
std::vector<std::uint64_t> MessageSearch::keys() const {
  std::vector<std::uint64_t> out;
  for (const std::string* const one : {&query_.text, &query_.sender, &query_.recipient}) {
    if (is_whole_address(*one)) out.push_back(address_key(*one));
  }
  if (const auto id = base::MessageId::parse(query_.text)) out.push_back(message_key(*id));
  return out;
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
    if (one == live.file_name) sources.back().use({live.entries.begin(), live.entries.end()});
  }
  for (const std::uint64_t key : keys()) {
    if (sources.front().offsets(key).empty()) return out;
  }
  Scan scan(*this, files.whole ? ~std::uint64_t{0} : from.offset);
  // What can be read of a damaged file counts.
  [[maybe_unused]] const auto scanned =
      scan_views(files_, sources.front().path(),
                 [&scan](const EventView& event, std::uint64_t offset, std::string_view) {
                   return scan.see(event, offset);
                 });
  out.bytes_read = scan.bytes();
  const std::uint64_t cut_at = scan.cut_at();
  std::vector<Match> found = scan.take();
  if (cut_at != 0) out.next = Place{.file = name, .offset = cut_at};
  while (!found.empty() && out.rows.size() < rows_max) {
    const Match match = found.back();
    found.pop_back();
    MessageRow row = row_of(sources, match.offset, match.message);
    if (!matches(row)) continue;
    out.rows.push_back({std::move(row), {.file = name, .offset = match.offset}});
  }
  if (!found.empty()) out.next = Place{.file = name, .offset = found.back().offset + 1};
  if (!found.empty() && !out.rows.empty()) out.reached = out.rows.back().row.time;
  return out;
}

}  // namespace trace
