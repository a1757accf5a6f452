// queue/journal/stock.h: files that wait to become segments of one stream.
//
// What:    dead segments put aside and, when there is none, a file filled with zeros in the
//          background: a block that the disk knows as written costs no change of metadata at its
//          sync (docs/journal.md).
// In/Out:  add(), take(); make_one() when a segment has been filled and is_short().
// Errors:  none: a file that cannot be made is not there.
// Limits:  files_max wait, one when the disk is short; one is made at a time, of made_bytes_max at
//          most, in pieces of piece_bytes, and never from the last of the disk.
// Not here: making a segment of a file (segment.h), when one is needed (stream.h).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "lib/io/task_group.h"
#include "queue/journal/context.h"
#include "queue/journal/segment.h"

namespace queue::journal {

class Stock {
 public:
  explicit Stock(Context& context) : context_(context) {}

  [[nodiscard]] bool empty() const { return files_.empty(); }
  [[nodiscard]] bool full() const;
  void add(SegmentName file) { files_.push_back(file); }
  [[nodiscard]] std::optional<SegmentName> take();

  // None waits, and one could be made?
  [[nodiscard]] bool is_short() const;
  // Makes a file of `bytes` in the background, under a number that nothing else has.
  void make_one(SegmentName name, std::uint64_t bytes);
  // The disk is short: all but one are removed. That one takes the ends of messages, should the
  // disk become full.
  void give_back();
  // Ends the making.
  io::Task<void> close();

 private:
  io::Task<void> make(SegmentName name, std::uint64_t bytes);
  io::Task<base::Result<>> fill(std::shared_ptr<io::File> file, std::uint64_t bytes);
  io::Task<void> remove(std::vector<SegmentName> files);

  Context& context_;
  std::vector<SegmentName> files_;
  std::optional<base::Instant> failed_;  // the last time that one could not be made
  bool making_ = false;
  bool closing_ = false;
  io::TaskGroup tasks_;
};

}  // namespace queue::journal
