// admin/message_search.h: finds messages, those that wait and those that are gone, the newest
// first.
//
// What:    joins the traces (every message of the last days) with the queues (how those that wait
//          stand, and those that are older than the traces).
// In/Out:  SearchAsk → SearchAnswer, whose cursor goes on where it ended. Cursors stay good while
//          mail comes and goes; after a restart, too.
// Errors:  busy when too many search at once; those of the traces.
// Limits:  for one request: trace_bytes_max octets of traces (a file of 16 MiB takes some 50 ms of
//          a pool thread) or one file, files_max files, rows_max messages summed up, and of the
//          queues queue::Queue::search_reads_max messages per loop. One search at a time.
// Not here: HTTP (message_search_route.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admin/queues.h"
#include "admin/turn.h"
#include "lib/io/doors.h"
#include "trace/store.h"

namespace admin {

struct SearchAsk {
  std::string text = {};
  std::string sender = {};
  std::string recipient = {};
  std::optional<base::Time> since = {};
  std::optional<base::Time> until = {};
  std::string state = {};  // one of the states below; empty: any
  std::string after = {};  // a cursor; empty: from the newest on
  std::size_t limit = 50;
};

struct FoundMessage {
  std::string id;  // of the message; of what was refused at RCPT the session's
  base::Time time;
  std::string sender;
  std::vector<std::string> recipients;  // the first of them
  std::size_t recipients_total = 0;
  std::uint64_t bytes = 0;
  std::string_view state;
  std::string last;
};

struct SearchAnswer {
  std::vector<FoundMessage> messages;
  std::string next;        // a cursor; empty: nothing older is left
  base::Time searched_to;  // with `next`: all that is younger was looked at
};

class MessageSearch {
 public:
  static constexpr std::uint64_t trace_bytes_max = 64ULL << 20U;
  static constexpr std::size_t files_max = 200;
  static constexpr std::size_t rows_max = 2'000;

  MessageSearch(Queues& queues, trace::TraceStore& trace, io::Doors doors)
      : queues_(queues), trace_(trace), doors_(doors) {}

  io::Task<base::Result<SearchAnswer>> find(SearchAsk ask);

 private:
  struct Run;  // one search under way

  io::Task<base::Result<>> search_traces(io::Ref<Run> run);
  io::Task<void> take_rows(io::Ref<Run> run, io::Ref<trace::SearchStep> step);
  io::Task<void> search_queues(io::Ref<Run> run);

  Queues& queues_;
  trace::TraceStore& trace_;
  io::Doors doors_;
  Turns turns_;
};

// Nothing: there is no such state.
[[nodiscard]] bool is_state(std::string_view word);
[[nodiscard]] std::string states_text();  // "due, active, …"

}  // namespace admin
