// queue/queue.h: the queue: accepts, schedules, hands to couriers, ends or retries.
//
// What:    one Queue per loop owns its shard: its Store, its Schedule, its running attempts.
// In/Out:  open_draft() and submit() from session; Courier and Notifier are called; operators ask
//          with list/show and change with Operation.
// Errors:  submit gives the Store's (no_space → 452, io → 451): then the message does not exist.
// Limits:  queue/settings.h.
// Not here: how bytes lie on disk (journal/), when a retry is due (schedule.h), where to
//          (delivery/).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/doors.h"
#include "lib/io/task.h"
#include "queue/courier.h"
#include "queue/notifier.h"
#include "queue/settings.h"
#include "queue/store.h"

namespace queue {

// One line of `stagepost queue list`, and what `show` adds.
struct Summary {
  MessageId id;
  base::Time accepted;
  std::string sender;                     // "" is the null sender
  std::string account;                    // "": nobody logged in to bring it
  std::vector<std::string> recipients;    // still pending
  std::vector<std::string> destinations;  // their destination keys
  std::uint64_t bytes = 0;
  std::uint32_t attempts = 0;
  base::Time next_attempt;
  std::string last_reply;
  bool hold = false;
  std::string hold_reason;
  bool active = false;       // an attempt is running now
  bool scheduled = false;    // its sender wants it to go at next_attempt (RFC 4865)
  std::int8_t priority = 0;  // RFC 6710
  message::DeliverBy by;     // RFC 2852
};

// Whom an operator's word is for: every field that is set must match.
struct Filter {
  MessageId id = {};        // 0: any
  std::string sender = {};  // exact address; empty: any
  std::string recipient = {};
  std::string destination = {};  // key or domain
  std::string account = {};      // whose owner submitted it
  MessageId after = {};          // only younger ones: the next page of a list
  bool held_only = false;
  bool scheduled_only = false;
  // Of what is held: only if its reason begins so. What is not held passes.
  std::string hold_reason_prefix = {};
};

// What waits for one destination.
struct DestinationSummary {
  std::string key;
  std::size_t messages = 0;
  std::size_t held = 0;
  std::size_t active = 0;  // attempts that run now
  MessageId oldest;
  base::Time next_attempt = base::Time::max();  // max: all are held
  std::uint32_t failures = 0;                   // in a row, of the destination as a whole
  std::string last_reply;                       // why it could not be reached, if so
};

// How a message or an entry of it stands.
enum class Standing : std::uint8_t {
  due,       // as soon as there is a place for it
  active,    // an attempt is running
  deferred,  // tried, or its destination was: not before its next attempt
  scheduled,
  held,
};

// All that waits, in sum. A message for several destinations counts as its first entry stands.
struct Census {
  std::size_t messages = 0;
  std::size_t due = 0;
  std::size_t active = 0;
  std::size_t deferred = 0;
  std::size_t scheduled = 0;
  std::size_t held = 0;
  MessageId oldest;
};

// What is looked for among those that wait, the newest first. What is empty matches everything;
// upper and lower case are alike.
struct Search {
  std::vector<MessageId> ids = {};  // these alone
  std::optional<Standing> standing = {};
  std::string text = {};  // part of the sender, of a recipient or of the id
  std::string sender = {};
  std::string recipient = {};
  std::optional<base::Time> since = {};
  std::optional<base::Time> until = {};
  MessageId before = {};  // only older ones; 0: any
  std::size_t max = 100;  // found messages
};
struct SearchPage {
  std::vector<Summary> found;  // the newest first
  MessageId reached;           // all younger ones were looked at; the next page is before it
  bool end = true;             // and nothing is left
};

enum class Operation : std::uint8_t { retry, hold, release, bounce, remove };

struct Parts {
  io::Doors doors;
  Store& store;
  Courier& courier;
  Notifier& notifier;
  base::EventSink& events;
  base::Metrics& metrics;
  base::IdMaker& ids;
  // Hears of every message that the store brings back at start, before any is tried; of any loop.
  std::function<void(MessageId)> replayed = {};
};

// Asked when a message is safe on disk; its first attempt begins when the task has ended.
using BeforeDue = std::function<io::Task<void>()>;

class Queue {
 public:
  static constexpr std::size_t search_reads_max = 2'000;

  Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  virtual ~Queue() = default;

  [[nodiscard]] static std::unique_ptr<Queue> make(Parts parts,
                                                   std::shared_ptr<const Settings> settings);

  // Loads the store and begins to deliver.
  virtual io::Task<base::Result<ReplayReport>> start() = 0;
  // No new attempts; running ones get `grace`, then are cancelled; the store is closed.
  virtual io::Task<void> stop(base::Duration grace) = 0;

  virtual std::unique_ptr<Draft> open_draft() = 0;
  // Ends when the message is safe on disk; then it is due at once.
  io::Task<base::Result<>> submit(std::unique_ptr<Draft> draft, MessageInfo info) {
    return submit(std::move(draft), std::move(info), {});
  }
  // The same, with a word in between: what it writes is there before any trace of a delivery is.
  virtual io::Task<base::Result<>> submit(std::unique_ptr<Draft> draft, MessageInfo info,
                                          BeforeDue before_due) = 0;
  [[nodiscard]] virtual base::MessageId next_id() = 0;
  // Not empty: why nothing can be accepted now.
  [[nodiscard]] virtual std::string trouble() const = 0;

  // The oldest first.
  [[nodiscard]] virtual io::Task<std::vector<Summary>> list(Filter filter, std::size_t max) = 0;
  // How many list() would find, as far as that can be known without reading messages back: sender,
  // recipient, account and the hold's reason are not looked at.
  [[nodiscard]] virtual io::Task<std::size_t> count(Filter filter) = 0;
  [[nodiscard]] virtual io::Task<std::vector<DestinationSummary>> destinations() = 0;
  [[nodiscard]] virtual io::Task<Census> census() = 0;
  // Reads at most search_reads_max messages back; where it stops short, `reached` says so.
  [[nodiscard]] virtual io::Task<SearchPage> search(Search search) = 0;
  // How many messages it changed. `reason` goes into the journal and the trace.
  virtual io::Task<base::Result<std::size_t>> operate(Operation operation, Filter filter,
                                                      std::string reason, bool dry_run) = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  virtual void set_settings(std::shared_ptr<const Settings> settings) = 0;
};

}  // namespace queue
