// See message_search.h.
#include "admin/message_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

using queue::Standing;

// Of a message that waits, in the order of Standing.
constexpr std::array<std::string_view, 5> queue_states = {"due", "active", "deferred", "scheduled",
                                                          "held"};
constexpr std::array<std::string_view, 5> ended_states = {"delivered", "failed", "removed",
                                                          "refused", "discarded"};
constexpr std::size_t rows_per_step = 100;
constexpr std::size_t recipients_shown = 5;

std::optional<Standing> standing_named(std::string_view word) {
  const auto* const at = std::ranges::find(queue_states, word);
  if (at == queue_states.end()) return std::nullopt;
  return static_cast<Standing>(at - queue_states.begin());
}

Standing standing_of(const queue::Summary& line, base::Time now) {
  if (line.hold) return Standing::held;
  if (line.active) return Standing::active;
  if (line.scheduled) return Standing::scheduled;
  return line.attempts > 0 || line.next_attempt > now ? Standing::deferred : Standing::due;
}

std::string_view name_of(Standing standing) {
  return queue_states.at(static_cast<std::size_t>(standing));
}

std::string last_of(const queue::Summary& line) {
  return line.hold && !line.hold_reason.empty() ? line.hold_reason : line.last_reply;
}

FoundMessage found_of(const queue::Summary& line, base::Time now) {
  FoundMessage out{.id = line.id.text(),
                   .time = line.accepted,
                   .sender = line.sender,
                   .recipients = line.recipients,
                   .recipients_total = line.recipients.size(),
                   .bytes = line.bytes,
                   .state = name_of(standing_of(line, now)),
                   .last = last_of(line)};
  if (out.recipients.size() > recipients_shown) out.recipients.resize(recipients_shown);
  return out;
}

FoundMessage found_of(trace::MessageRow row) {
  const bool waits = row.state == trace::RowState::waiting;
  if (row.recipients.size() > recipients_shown) row.recipients.resize(recipients_shown);
  return {.id = row.message ? row.message.text() : row.session.text(),
          .time = row.time,
          .sender = std::move(row.sender),
          .recipients = std::move(row.recipients),
          .recipients_total = row.recipients_total,
          .bytes = row.bytes,
          .state = waits ? "unknown" : to_string(row.state),
          .last = std::move(row.last)};
}

// Cursors: "t" and a place in the traces, "q" and an id.
struct Cursor {
  std::optional<trace::Place> place;
  queue::MessageId before;
};

base::Result<Cursor> parse_cursor(std::string_view text) {
  Cursor out;
  if (text.empty()) return out;
  if (text.starts_with('t')) {
    out.place = trace::parse_place(text.substr(1));
    if (out.place) return out;
  } else if (text.starts_with('q')) {
    if (const auto id = queue::MessageId::parse(text.substr(1)); id && *id) {
      out.before = *id;
      return out;
    }
  }
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("after=\"{}\" is not the `next` of an answer; leave it out to "
                                "begin with the newest",
                                base::printable(text, 40)));
}

// What waits in a known state, whoever it is from, the queues find at once.
bool queues_only(const SearchAsk& ask) {
  return standing_named(ask.state) && ask.text.empty() && ask.sender.empty() &&
         ask.recipient.empty();
}

}  // namespace

bool is_state(std::string_view word) {
  return standing_named(word) || std::ranges::find(ended_states, word) != ended_states.end();
}

std::string states_text() {
  return fmt::format("{}, {}", fmt::join(queue_states, ", "), fmt::join(ended_states, ", "));
}

struct MessageSearch::Run {
  SearchAsk ask;
  base::Time now;
  trace::Place place = {};       // where the traces are looked at next
  queue::MessageId before = {};  // where the queues are
  SearchAnswer answer = {};
  bool over = false;  // the answer is whole, or the request has had its share

  [[nodiscard]] bool wants(std::string_view state) const {
    return ask.state.empty() || ask.state == state;
  }
  // One that arrived while the oldest trace began is known to both.
  [[nodiscard]] bool has(const std::string& id) const {
    return std::ranges::find(answer.messages, id, &FoundMessage::id) != answer.messages.end();
  }
  [[nodiscard]] bool full() const { return answer.messages.size() >= ask.limit; }
  // Nothing of this request is left to do; the next goes on there.
  void stop_at(std::string cursor, base::Time reached) {
    answer.next = std::move(cursor);
    answer.searched_to = reached;
    over = true;
  }
};

io::Task<base::Result<SearchAnswer>> MessageSearch::find(SearchAsk ask) {
  const auto cursor = parse_cursor(ask.after);
  if (!cursor) co_return std::unexpected(cursor.error());
  const auto turn = co_await turns_.take();
  if (!turn) co_return std::unexpected(turn.error());
  Run run{.ask = std::move(ask), .now = doors_.clock.wall(), .before = cursor->before};
  if (!cursor->before && !queues_only(run.ask)) {
    if (cursor->place) run.place = *cursor->place;
    if (auto done = co_await search_traces(run); !done) co_return std::unexpected(done.error());
  }
  const bool ended = !run.ask.state.empty() && !standing_named(run.ask.state);
  if (!run.over && !ended) co_await search_queues(run);
  co_return std::move(run.answer);
}

io::Task<base::Result<>> MessageSearch::search_traces(io::Ref<Run> run) {
  const trace::MessageQuery query{.text = run->ask.text,
                                  .sender = run->ask.sender,
                                  .recipient = run->ask.recipient,
                                  .since = run->ask.since,
                                  .until = run->ask.until,
                                  .refused = run->ask.state == "refused"};
  std::uint64_t bytes = 0;
  std::size_t rows = 0;
  for (std::size_t files = 1;; ++files) {
    auto step = co_await io::on_pool(doors_.pool,
                                     [trace = &trace_, query, place = run->place, now = run->now] {
                                       return trace->search(query, place, rows_per_step, now);
                                     });
    if (!step) co_return std::unexpected(step.error());
    bytes += step->bytes_read;
    rows += step->rows.size();
    co_await take_rows(run, *step);
    if (run->over || !step->next) co_return base::Result<>();
    run->place = *step->next;
    if (bytes >= trace_bytes_max || rows >= rows_max || files >= files_max) {
      run->stop_at("t" + trace::place_text(run->place), step->reached);
      co_return base::Result<>();
    }
  }
}

// How those that wait stand, the queues know better than the traces.
io::Task<void> MessageSearch::take_rows(io::Ref<Run> run, io::Ref<trace::SearchStep> step) {
  queue::Search waiting;
  for (const trace::PlacedRow& one : step->rows) {
    if (one.row.state == trace::RowState::waiting) waiting.ids.push_back(one.row.message);
  }
  std::unordered_map<std::string, FoundMessage> queued;
  if (!waiting.ids.empty()) {
    waiting.max = waiting.ids.size();
    const auto page = co_await queues_.search(std::move(waiting));
    for (const queue::Summary& line : page.found) {
      FoundMessage found = found_of(line, run->now);
      queued.emplace(found.id, std::move(found));
    }
  }
  for (trace::PlacedRow& one : step->rows) {
    const base::Time time = one.row.time;
    FoundMessage found = found_of(std::move(one.row));
    if (const auto at = queued.find(found.id); at != queued.end()) {
      found.state = at->second.state;
      if (!at->second.last.empty()) found.last = at->second.last;
    }
    if (!run->wants(found.state)) continue;
    run->answer.messages.push_back(std::move(found));
    if (!run->full()) continue;
    run->stop_at("t" + trace::place_text(one.place), time);
    co_return;
  }
}

io::Task<void> MessageSearch::search_queues(io::Ref<Run> run) {
  queue::Search search{.standing = standing_named(run->ask.state),
                       .text = run->ask.text,
                       .sender = run->ask.sender,
                       .recipient = run->ask.recipient,
                       .since = run->ask.since,
                       .until = run->ask.until,
                       .before = run->before,
                       .max = run->ask.limit - run->answer.messages.size()};
  if (!queues_only(run->ask)) {
    // The traces have all that is younger than their oldest event.
    const auto horizon =
        co_await io::on_pool(doors_.pool, [trace = &trace_] { return trace->oldest(); });
    if (horizon) search.until = std::min(search.until.value_or(*horizon), *horizon);
  }
  const auto page = co_await queues_.search(std::move(search));
  for (const queue::Summary& line : page.found) {
    FoundMessage found = found_of(line, run->now);
    if (!run->wants(found.state) || run->has(found.id)) continue;
    run->answer.messages.push_back(std::move(found));
  }
  if (!page.end) run->stop_at("q" + page.reached.text(), page.reached.made());
}

}  // namespace admin
