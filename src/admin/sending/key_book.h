// admin/sending/key_book.h: which mails were sent under which Idempotency-Key.
//
// What:    a row per key: what was asked, the message's id, the answer, whether it was committed;
//          in a database of its own (idempotency.db), so that it outlives a crash.
// In/Out:  note() before the commit, settle() after it, find() when the same key comes again;
//          replayed() of each message that the queue finds at start, then end_replay().
// Errors:  those of directory/database.h; `limit` when keys_max are remembered.
// Limits:  keys_max rows, each for keep_for; an answer of recipients_max lines. Blocks but for
//          replayed(); from any thread.
// Not here: who waits for whom (key_desk.h).
//
// Why nothing is sent twice, and nothing lost, whatever instant a crash picks:
//   1. the row is on disk, unsettled, with the message's id, before the message is committed;
//   2. the message is committed to the journal;
//   3. the row is settled, on disk; only now is the message given to the schedule
//      (queue::BeforeDue), and only now is the program answered.
// A crash before 2 leaves an unsettled row and no message; between 2 and 3 an unsettled row and a
// message that nobody has begun to deliver, so that the journal still has it: replay names it, and
// the row is settled before the first attempt. So at start an unsettled row whose message is not
// there was never sent and is forgotten; every other one is the answer to a repetition.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "directory/database.h"
#include "lib/base/id.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace sending {

class KeyBook {
 public:
  static constexpr base::Duration keep_for = std::chrono::hours(24);

  struct Row {
    std::string name;   // of token and key: a hash
    std::string asked;  // hash of the request
    base::MessageId message;
    std::string answer;
    bool settled = false;
  };

  // Makes the file when missing. ":memory:" keeps nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<KeyBook>> open(const std::string& path,
                                                                   std::size_t keys_max,
                                                                   base::Time now);

  [[nodiscard]] base::Result<std::optional<Row>> find(const std::string& name, base::Time now);
  [[nodiscard]] base::Result<> note(const Row& row, base::Time now);
  [[nodiscard]] base::Result<> settle(const std::string& name);
  [[nodiscard]] base::Result<> forget(const std::string& name);

  // The queue has found this message at start. Blocks only when it is one of an unsettled row.
  void replayed(base::MessageId message);
  // All messages were named: what is unsettled was never sent.
  [[nodiscard]] base::Result<> end_replay();

 private:
  KeyBook(std::unique_ptr<directory::Database> database, std::size_t keys_max)
      : database_(std::move(database)), keys_max_(keys_max) {}
  [[nodiscard]] base::Result<> begin(base::Time now);
  [[nodiscard]] base::Result<> expire(base::Time now);
  [[nodiscard]] base::Result<> set_settled(const std::string& name);

  std::mutex mutex_;  // guards all that follows
  std::unique_ptr<directory::Database> database_;
  const std::size_t keys_max_;
  std::size_t rows_ = 0;
  base::Time expired_;                              // when old rows were last looked for
  std::map<base::MessageId, std::string> unknown_;  // unsettled rows of an earlier run
  std::atomic<bool> any_unknown_ = false;
  bool damaged_ = false;
};

}  // namespace sending
