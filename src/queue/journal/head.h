// queue/journal/head.h: the end of a stream: the one segment that is written to.
//
// What:    gives records their places, tells ledger and index what they mean, collects a batch.
// In/Out:  fits() and place() of a Submission; Batch → one write; sum_up() when it is full.
// Errors:  of File, by write().
// Limits:  room for the index is always kept; the last sixteenth is kept for ends and deferrals.
// Not here: when batches are made and synced (stream.h), the file's frame (segment.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "queue/journal/destinations.h"
#include "queue/journal/ledger.h"
#include "queue/journal/segment.h"
#include "queue/journal/submission.h"

namespace queue::journal {

// Submissions whose octets go out in one write.
struct Batch {
  std::vector<Submission*> members;
  std::vector<std::string_view> pieces;
  std::uint32_t offset = 0;
  bool sync = false;
};

// Encodes what is encoded late and marks what does not matter any more. May be called again.
void settle(Submission& submission, const Ledger& ledger);
// What it needs in the head's file, the growth of the index included.
[[nodiscard]] std::uint64_t bytes_needed(const Submission& submission, const Ledger& ledger);

class Head {
 public:
  // `opening` is written first: the destinations still put off.
  Head(std::shared_ptr<OpenSegment> segment, std::uint64_t capacity, std::vector<Defer> opening);

  [[nodiscard]] static std::uint64_t opening_bytes(const std::vector<Defer>& opening);
  // The length a new segment must have at least so that this many octets of records and index fit.
  [[nodiscard]] static std::uint64_t capacity_for(std::uint64_t bytes);

  [[nodiscard]] std::uint32_t number() const { return segment_->header.segment; }
  [[nodiscard]] const std::shared_ptr<OpenSegment>& segment() const { return segment_; }
  [[nodiscard]] bool fits(const Submission& submission, std::uint64_t bytes) const;
  [[nodiscard]] bool is_half_full() const { return offset_ > capacity_ / 2; }
  [[nodiscard]] bool dirty() const { return offset_ > epoch_; }

  // Begins a batch at the present end.
  [[nodiscard]] Batch begin();
  // `submission` has been settled and fits.
  void place(Submission& submission, Batch& batch, Ledger& ledger, Destinations& destinations);
  [[nodiscard]] base::Result<> write(const Batch& batch);
  // A sync of everything written has succeeded: the next epoch begins.
  void synced() { epoch_ = offset_; }
  // What seal_segment needs: where the index goes, and the index, which leaves out what has ended.
  [[nodiscard]] std::uint32_t tail() const { return offset_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] Summary sum_up(const Ledger& ledger, std::vector<Defer> destinations);

 private:
  void place_record(Record& record, Batch& batch, std::uint16_t index, std::uint16_t size);
  void note(Record& record, Ledger& ledger, Destinations& destinations);
  void note_commit(Record& record, Ledger& ledger);
  void note_ends(const Record& record, Ledger& ledger);
  void note_defers(Record& record, Ledger& ledger, Destinations& destinations);

  std::shared_ptr<OpenSegment> segment_;
  std::uint64_t capacity_;
  std::uint32_t offset_ = segment_header_bytes;
  std::uint32_t epoch_ = segment_header_bytes;
  std::uint64_t summary_bytes_ = summary_base_bytes;  // at most, when encoded
  Summary summary_;                                   // states: ids only, filled in by sum_up
  Record opening_;
  std::uint64_t opening_bytes_ = 0;  // still to be written, index included
};

}  // namespace queue::journal
