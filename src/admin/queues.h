// admin/queues.h: what administration asks of the running parts.
//
// What:    seams to all queues of all loops, to their files for a backup, and to the injection of a
//          message; server/ joins them.
// In/Out:  questions as tasks of the administrator's loop.
// Errors:  those of queue/queue.h.
// Limits:  the callers' `max`.
// Not here: HTTP (api.h), one queue (queue/queue.h).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/task.h"
#include "queue/queue.h"
#include "session/submission.h"

namespace admin {

struct QueueCensus {
  queue::Census counts;
  std::uint64_t bytes = 0;  // of the journal that the messages need
};

class Queues {
 public:
  Queues() = default;
  Queues(const Queues&) = delete;
  Queues& operator=(const Queues&) = delete;
  virtual ~Queues() = default;
  virtual io::Task<std::vector<queue::Summary>> list(queue::Filter filter, std::size_t max) = 0;
  // How many list() would find but for sender, recipient, account and the hold's reason.
  virtual io::Task<std::size_t> count(queue::Filter filter) = 0;
  // How all that waits stands, in sum.
  virtual io::Task<QueueCensus> census() = 0;
  // The newest first; `ids` alone, or a page of those that match.
  virtual io::Task<queue::SearchPage> search(queue::Search search) = 0;
  // What waits for each destination, the most first.
  virtual io::Task<std::vector<queue::DestinationSummary>> destinations() = 0;
  virtual io::Task<base::Result<std::size_t>> operate(queue::Operation operation,
                                                      queue::Filter filter, std::string reason,
                                                      bool dry_run) = 0;
  // Why nothing can be accepted at the moment; empty when all is well.
  virtual io::Task<std::string> trouble() = 0;
};

// All queues at one moment, as files of the journal's folder that nobody writes to.
struct CopyableQueue {
  std::vector<std::string> segments;
  std::uint64_t messages = 0;
};

class JournalHold {
 public:
  JournalHold() = default;
  JournalHold(const JournalHold&) = delete;
  JournalHold& operator=(const JournalHold&) = delete;
  virtual ~JournalHold() = default;
  // They stay as they are until then, or until what keep() says later.
  virtual io::Task<base::Result<CopyableQueue>> hold(base::Instant until) = 0;
  virtual void keep(base::Instant until) = 0;
};

// A message of this host's own users and programs.
struct Injection {
  message::Address sender;
  std::vector<message::Address> recipients;
  std::string message;                    // RFC 5322 text; line ends of any kind, they become CRLF
  session::CommitNotes* notes = nullptr;  // null: nobody wants to know
};

class Injector {
 public:
  Injector() = default;
  Injector(const Injector&) = delete;
  Injector& operator=(const Injector&) = delete;
  virtual ~Injector() = default;
  // The id once the message is safe on disk. `invalid` with the reply's words when policy refuses.
  virtual io::Task<base::Result<base::MessageId>> inject(Injection injection) = 0;
};

}  // namespace admin
