// queue/journal/compaction.h: gives back the disk space of messages that have ended.
//
// What:    empties mostly dead segments, the oldest first, and removes their files.
// In/Out:  woken by the stream; one Compaction per stream, at most one segment at a time.
// Errors:  a segment that cannot be emptied stays until the next wake-up; a removal that fails
//          ends the work until a restart. Neither loses anything.
// Limits:  step_bytes_max per write; begins `pause` after the wake-up, and waits while it is held.
// Not here: which segments are worth it (ledger.h).
#pragma once

#include <cstdint>
#include <set>

#include "lib/io/clock.h"
#include "lib/io/completion.h"
#include "lib/io/task_group.h"
#include "queue/journal/fetch.h"
#include "queue/journal/stream.h"

namespace queue::journal {

class Compaction {
 public:
  Compaction(Context& context, Stream& stream);
  Compaction(const Compaction&) = delete;
  Compaction& operator=(const Compaction&) = delete;
  ~Compaction();

  // Looks soon whether there is something to do.
  void wake();
  // Until then no file goes and none is set aside, so that somebody may copy them; the present step
  // has ended when it returns. A later time takes the place of an earlier one.
  io::Task<void> hold(base::Instant until);
  void keep_holding(base::Instant until) { held_until_ = until; }
  // Ends the present step and waits for it.
  io::Task<void> stop();
  // Segments removed in this run.
  [[nodiscard]] std::uint64_t removed() const { return removed_; }

  // One message being copied: everything that its new record points into.
  struct Copy {
    FetchedMessage message;
    std::string content;
    std::string body;  // what the commit itself held
    std::vector<Chunk> chunks;
  };

 private:
  class PauseTimer final : public io::Timer {
   public:
    explicit PauseTimer(Compaction& compaction) : compaction_(compaction) {}
    void fire() override { compaction_.begin(); }

   private:
    Compaction& compaction_;
  };

  void begin();
  io::Task<void> run();
  io::Task<base::Result<>> empty(std::uint32_t segment);
  io::Task<base::Result<>> restate(std::uint32_t segment, io::Ref<const Summary> summary);
  io::Task<base::Result<>> move_messages(std::uint32_t segment, std::set<MessageId> ids);
  io::Task<base::Result<>> move_step(std::vector<MessageId> ids);
  io::Task<base::Result<>> copy_message(MessageId id, io::Ref<Copy> copy);
  io::Task<base::Result<>> copy_chunks(MessageId id, io::Ref<std::vector<Chunk>> copies);
  io::Task<base::Result<>> remove(std::uint32_t segment);
  io::Task<base::Result<>> retire();
  [[nodiscard]] bool held() const;
  [[nodiscard]] bool interrupted() const { return stopping_ || held(); }
  [[nodiscard]] bool may_go_on() const;
  void abandon(const std::vector<Chunk>& chunks);
  [[nodiscard]] bool lies_in(MessageId id, std::uint32_t segment) const;

  Context& context_;
  Stream& stream_;
  PauseTimer timer_{*this};
  bool armed_ = false;
  bool running_ = false;
  bool again_ = false;
  bool stopping_ = false;
  bool given_up_ = false;
  base::Instant held_until_;
  io::Signal paused_;  // a run has ended
  std::uint64_t removed_ = 0;
  std::set<MessageId> damaged_;  // found in this run
  io::TaskGroup tasks_;
};

}  // namespace queue::journal
