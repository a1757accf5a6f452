// queue/store.h: the seam to whatever keeps queued messages safe.
//
// What:    drafts, commit, finish, defer, read_body: all that the queue asks of durable storage.
//          The embedded engine is the journal (journal/), a cluster engine can take its place
//          (HOUSE §4).
// In/Out:  calls of one loop; a commit's task ends when the message is safe on disk, not before.
// Errors:  no_space (answer 452), io (answer 451): nothing was accepted; the message does not
//          exist. After `io` from a commit it may exist after a restart (a duplicate, invariant 2).
// Limits:  draft bytes are the caller's limit (session: message_bytes_max).
// Not here: when a message is due (schedule.h), who delivers it (courier.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/task.h"
#include "queue/message.h"

namespace queue {

// A body that is arriving. Destroyed without commit, it is abandoned and leaves nothing behind.
class Draft {
 public:
  Draft() = default;
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  virtual ~Draft() = default;
  // Takes the octets (moved from when possible). Large bodies go to disk in pieces as they come.
  virtual io::Task<base::Result<>> append(std::string bytes) = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // What was appended, read back: [offset, offset+length), short only at the end.
  virtual io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) = 0;
};

// Octets of a body and what keeps them alive: what is in memory already is not copied.
class BodyOctets {
 public:
  BodyOctets() = default;
  explicit BodyOctets(std::string octets)
      : owner_(std::make_shared<const std::string>(std::move(octets))), view_(*owner_) {}
  // [offset, offset+length) of the owner, short only at its end.
  BodyOctets(std::shared_ptr<const std::string> owner, std::uint64_t offset, std::uint64_t length)
      : owner_(std::move(owner)),
        view_(std::string_view(*owner_).substr(std::min<std::uint64_t>(offset, owner_->size()),
                                               length)) {}

  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  std::shared_ptr<const std::string> owner_;
  std::string_view view_;
};

// How a recipient ended for good; or (pending_told) that its sender was told of the delay.
struct RecipientEnd {
  std::uint32_t recipient = 0;
  RecipientState state = RecipientState::delivered;
};

// The end of recipients of one message; when it names the last pending ones the message is done.
struct Finish {
  MessageId id;
  std::vector<RecipientEnd> ends;
  bool message_done = false;
  std::string decision;  // for an operator's removal or a discard: who and why (invariant 1)
};

// Put off: a message, or (id 0) a whole destination as one record.
struct Defer {
  MessageId id;
  std::string destination;  // with id 0
  base::Time next_attempt;
  std::uint32_t attempts = 0;
  std::vector<std::uint32_t> recipients;  // those it speaks of; empty: all pending
  std::string last_reply;                 // the remote's words
  bool hold = false;
  std::string hold_reason;
};

// A message of ours (a DSN) committed together with the end of another.
struct NewMessage {
  MessageInfo info;
  std::string body;
};

// A message as replay finds it.
struct Stored {
  MessageInfo info;
  std::vector<RecipientState> states;  // one per recipient
  std::uint32_t attempts = 0;
  base::Time next_attempt;
  std::string last_reply;
  bool hold = false;
  std::string hold_reason;
};

struct ReplayReport {
  std::uint64_t segments = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t messages = 0;
  std::uint64_t torn_bytes = 0;      // cut from the tail: never answered 250
  std::vector<std::string> damages;  // records in the middle that fail their checksum, in words
  std::vector<Defer> destinations;   // whole destinations put off, still in force (id 0)
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  virtual std::unique_ptr<Draft> open_draft() = 0;
  // Ends when the message is safe on disk (group commit: shares its sync with others of this turn).
  virtual io::Task<base::Result<>> commit(std::unique_ptr<Draft> draft, MessageInfo info) = 0;
  // Ends and new messages in one record group: after a crash all of it is there, or nothing.
  virtual io::Task<base::Result<>> finish(std::vector<Finish> ends,
                                          std::vector<NewMessage> new_messages) = 0;
  virtual io::Task<base::Result<>> defer(std::vector<Defer> deferrals) = 0;
  // Octets [offset, offset+length) of the received body; short only at its end.
  virtual io::Task<base::Result<BodyOctets>> read_body(MessageId id, std::uint64_t offset,
                                                       std::uint64_t length) = 0;
  // A hint: the message waits for long, so its body need not stay in memory.
  virtual void forget_body(MessageId /*id*/) {}
  // A live message as the journal has it now: the queue forgets envelopes of messages that wait.
  virtual io::Task<base::Result<Stored>> read(MessageId id) = 0;
  // What earlier runs left, once, at start; in no order. `info.content` is left empty (it would
  // make a start read everything): read() gives it.
  virtual io::Task<base::Result<ReplayReport>> load(std::function<void(Stored)> each) = 0;
  // For the watchdog (HOUSE invariant 8): how many messages are live, and which.
  [[nodiscard]] virtual std::size_t live_count() const = 0;
  virtual void each_live(const std::function<void(MessageId)>& each) const = 0;
  // Why commits are refused at the moment (a failed sync, a full disk); empty when all is well.
  [[nodiscard]] virtual std::string trouble() const = 0;
  // Syncs what is pending and closes; nothing may be called after it.
  virtual io::Task<void> close() = 0;
};

}  // namespace queue
