// queue/journal/stream.h: one stream: gathers what the loop wants written, syncs, answers.
//
// What:    group commit: everything submitted in one turn of the loop → one write, one sync.
// In/Out:  submit() ends when the submission is safe (or, for chunks, written).
// Errors:  a write or sync that fails closes the stream: trouble() says why until a restart.
//          no_space when a segment cannot be allocated: nothing was promised, it goes on.
// Limits:  soon_sync for what may wait; open_segments_max files open for reading.
// Not here: places and octets (head.h), replay (replay.h), compaction (compaction.h).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/io/clock.h"
#include "lib/io/task_group.h"
#include "queue/journal/context.h"
#include "queue/journal/destinations.h"
#include "queue/journal/head.h"
#include "queue/journal/ledger.h"
#include "queue/journal/read_ahead.h"
#include "queue/journal/segment.h"
#include "queue/journal/stock.h"
#include "queue/journal/submission.h"

namespace queue::journal {

class Stream {
 public:
  // An adopted stream gets no new mail: its segments are small.
  Stream(Context& context, std::uint32_t number, bool own);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] bool own() const { return own_; }
  [[nodiscard]] Ledger& ledger() { return ledger_; }
  [[nodiscard]] Destinations& destinations() { return destinations_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] bool has_head() const { return head_ != nullptr; }

  // Replay: segments up to this number exist.
  void begin_after(std::uint32_t segment) { last_segment_ = segment; }
  // Called (from the flush) when a segment may be worth emptying.
  void on_dead_segment(std::function<void()> call) { on_dead_segment_ = std::move(call); }

  // Of one that is not committed yet others may come soon, with whom a sync can be shared.
  void draft_begins() { ++drafts_; }
  void draft_ends() { --drafts_; }
  io::Task<base::Result<>> submit(io::Ref<Submission> submission);
  // Ends when everything placed until now is safe.
  io::Task<base::Result<>> make_safe();
  // Seals the head after everything submitted until now; the next record begins a new segment.
  io::Task<base::Result<>> seal();
  // Writes what waits, seals the head. Nothing may be submitted after it.
  io::Task<void> close();

  // For reading: the head's file, or an older one.
  [[nodiscard]] base::Result<std::shared_ptr<OpenSegment>> segment(std::uint32_t segment);
  [[nodiscard]] base::Result<ReadAhead::Source> source(std::uint32_t segment);
  [[nodiscard]] ReadAhead& read_ahead() { return read_ahead_; }
  void forget_file(std::uint32_t segment) {
    open_.erase(segment);
    read_ahead_.forget(segment);
  }

  // May the file of a dead segment be written over for a new one? Not while somebody reads it, and
  // only so many wait.
  [[nodiscard]] bool wants_spare(std::uint32_t segment) const;
  void add_spare(SegmentName spare);
  // The body of the record read last, for readers that take a large piece in several reads.
  struct LastRead {
    Place place;
    std::string body;
  };
  [[nodiscard]] LastRead& last_read() { return last_read_; }

  // False when the Stream is gone: for drafts that outlive it.
  [[nodiscard]] std::weak_ptr<const bool> alive() const { return alive_; }

 private:
  class SoonTimer final : public io::Timer {
   public:
    explicit SoonTimer(Stream& stream) : stream_(stream) {}
    void fire() override;

   private:
    Stream& stream_;
  };

  void wake();
  void after_turns(int turns);
  io::Task<void> flush();
  [[nodiscard]] Batch gather(std::deque<Submission*>& turn);
  io::Task<void> write(Batch batch);
  // The first of `turn` does not fit, or wants the head sealed.
  io::Task<void> make_room(io::Ref<std::deque<Submission*>> turn);
  io::Task<base::Result<>> roll_over(io::Ref<const Submission> next);
  [[nodiscard]] std::uint64_t standard_bytes() const;
  [[nodiscard]] std::uint64_t capacity_after(std::uint64_t opening, std::uint64_t needed) const;
  void keep_open(std::shared_ptr<OpenSegment> segment);
  void mind_the_stock();
  io::Task<base::Result<OpenSegment>> make_segment(std::uint64_t capacity);
  io::Task<base::Result<OpenSegment>> make_segment_from(SegmentName spare, std::uint64_t capacity);
  [[nodiscard]] SegmentHeader next_header();
  io::Task<base::Result<>> seal_head();
  void fail(const base::Error& error);
  static void fail_all(std::deque<Submission*> submissions, const base::Error& error);

  Context& context_;
  std::uint32_t number_;
  bool own_;
  Ledger ledger_;
  Destinations destinations_;
  std::unique_ptr<Head> head_;
  bool from_stock_ = false;  // the head's file was ready before it
  std::uint32_t last_segment_ = 0;
  std::map<std::uint32_t, std::shared_ptr<OpenSegment>> open_;
  Stock stock_{context_};  // files to be written over
  LastRead last_read_;
  ReadAhead read_ahead_;
  std::function<void()> on_dead_segment_;

  std::deque<Submission*> waiting_;
  std::size_t drafts_ = 0;
  bool urgent_ = false;  // something in waiting_ asks for a flush in this turn
  bool posted_ = false;
  bool flushing_ = false;
  bool closing_ = false;
  std::string trouble_;
  base::ErrorKind trouble_kind_ = base::ErrorKind::io;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  SoonTimer soon_timer_{*this};
  bool soon_armed_ = false;
  io::TaskGroup tasks_;
};

}  // namespace queue::journal
