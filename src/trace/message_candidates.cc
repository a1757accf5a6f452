// See message_candidates.h.
#include "trace/message_candidates.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "trace/reader.h"

namespace trace {
namespace {

// Reading so many events one by one takes as long as reading through the file.
constexpr std::size_t events_by_index_max = 2'000;

// Reads through a file.
class Scan {
 public:
  Scan(const MessageQuery& query, std::uint64_t before) : query_(query), before_(before) {}

  bool see(const EventView& event, std::uint64_t offset) {
    out_.bytes = offset;
    if (offset >= before_) return false;
    if (event.name == "message.accepted") {
      settle(event);
    } else if (query_.begins_row(event.name) && query_.in_time(event.time) && may_match(event)) {
      add({{.offset = offset, .message = event.message}}, event);
    }
    return true;
  }

  // Without those that turned out to match nothing.
  Candidates take() {
    for (const Open& one : kept_) {
      if (!one.refuted) out_.found.push_back(one.candidate);
    }
    return std::move(out_);
  }

 private:
  struct Open {
    Candidate candidate;
    bool refuted = false;  // by an event that came later
  };

  // A message for several is queued without their names: then only who accepted it tells.
  [[nodiscard]] bool may_match(const EventView& event) const {
    if (!query_.sender_matches(event.field("from"))) return false;
    return !event.field("recipients").empty() || query_.names_match(event, event.field("to"));
  }

  void settle(const EventView& event) {
    const auto open = open_.find(event.message.value);
    if (open == open_.end()) return;
    const bool good = query_.names_match(event, event.field("to"));
    if (!good && open->second >= first_) kept_[open->second - first_].refuted = true;
    open_.erase(open);
  }

  void add(const Open& one, const EventView& event) {
    const bool names_matter = !query_.recipient.empty() || !query_.text.empty();
    if (names_matter && !event.field("recipients").empty() && open_.size() < candidates_max) {
      open_[one.candidate.message.value] = first_ + kept_.size();
    }
    kept_.push_back(one);
    if (kept_.size() < 2 * candidates_max) return;
    // The newest stay; a later step begins where these do.
    kept_.erase(kept_.begin(), kept_.begin() + candidates_max);
    first_ += candidates_max;
    out_.cut_at = kept_.front().candidate.offset;
  }

  const MessageQuery& query_;
  const std::uint64_t before_;
  Candidates out_;
  std::vector<Open> kept_;
  std::size_t first_ = 0;  // how many were before kept_
  std::unordered_map<std::uint64_t, std::size_t> open_;
};

// The event that begins the row of what this event is about, if that is in the same file.
std::optional<Candidate> beginning_of(Source& source, const StoredEvent& event,
                                      std::uint32_t offset, const MessageQuery& query) {
  std::vector<std::uint32_t> offsets = {offset};
  if (event.message) offsets = source.offsets(message_key(event.message));
  for (const std::uint32_t at : offsets) {
    const auto one = source.event(at);
    if (!one || one->message != event.message || !query.begins_row(one->name)) continue;
    if (!query.in_time(one->time)) return std::nullopt;
    return Candidate{.offset = at, .message = one->message};
  }
  return std::nullopt;
}

// Of the key that the fewest events have; nothing: there is no key, or all have too many.
std::optional<std::vector<std::uint32_t>> events_by_index(Source& source,
                                                          const MessageQuery& query) {
  std::optional<std::vector<std::uint32_t>> fewest;
  for (const std::uint64_t key : query.keys()) {
    std::vector<std::uint32_t> offsets = source.offsets(key);
    if (!fewest || offsets.size() < fewest->size()) fewest = std::move(offsets);
  }
  if (fewest && fewest->size() > events_by_index_max) return std::nullopt;
  return fewest;
}

Candidates look_up(Source& source, const std::vector<std::uint32_t>& events,
                   const MessageQuery& query, std::uint64_t before) {
  Candidates out;
  base::MessageId last;  // the events of one message often follow each other
  for (const std::uint32_t offset : events) {
    const auto event = source.event(offset);
    if (!event || (event->message && event->message == last)) continue;
    last = event->message;
    const auto begun = beginning_of(source, *event, offset, query);
    if (begun && begun->offset < before) out.found.push_back(*begun);
  }
  std::ranges::sort(out.found, {}, &Candidate::offset);
  const auto twice = std::ranges::unique(out.found, {}, &Candidate::offset);
  out.found.erase(twice.begin(), twice.end());
  return out;
}

}  // namespace

Candidates find_candidates(io::Files& files, Source& source, const MessageQuery& query,
                           std::uint64_t before) {
  if (const auto events = events_by_index(source, query)) {
    return look_up(source, *events, query, before);
  }
  Scan scan(query, before);
  // What can be read of a damaged file counts.
  [[maybe_unused]] const auto scanned =
      scan_views(files, source.path(),
                 [&scan](const EventView& event, std::uint64_t offset, std::string_view) {
                   return scan.see(event, offset);
                 });
  return scan.take();
}

}  // namespace trace
