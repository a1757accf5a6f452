// delivery/maildir_writer.h: gathers the files of many deliveries, so that they share their syncs.
//
// What:    while one turn of files is written and synced, and until its time is over, those that
//          come wait together for the next; the journal keeps every message until its file is safe,
//          so none is at risk.
// In/Out:  MaildirFile → its own result, once it is safe on disk. One per loop.
// Errors:  those of maildir_store.h, for each file; a shared sync that fails defers its whole turn.
// Limits:  files_max and bytes_max of a turn; has_room() says when texts should be streamed
//          instead.
// Not here: the file work (maildir_store.h), what is written where (maildir.cc).
//
// Measured on ext4 without a journal and a disk with a write cache, 10 KiB each, CPU per file and
// time of a turn: alone (fdatasync, then fsync of new/) 0.45 ms and 1.2 ms; two in one turn 0.2 and
// 1.2 ms, four 0.11 and 1.1 ms, 64 0.04 and 5 ms. fdatasync of each of four and one fsync of new/
// take 0.29 ms of CPU each and 3 ms. With a journal the proportions are the same. So a turn shares
// its syncs from two files on, and a single file, which has nobody to share with, does not meet
// what others have written to the disk.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "delivery/maildir_store.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/completion.h"
#include "lib/io/doors.h"
#include "lib/io/files.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/task_group.h"

namespace delivery {

class MaildirWriter {
 public:
  static constexpr std::size_t files_max = 128;
  static constexpr std::size_t bytes_max = std::size_t{8} << 20U;
  static constexpr std::size_t waiting_bytes_max = std::size_t{32} << 20U;

  explicit MaildirWriter(io::Doors doors) : doors_(doors) {}

  // Not cancelled: a turn that has begun ends.
  io::Task<base::Result<>> store(MaildirFile file);
  [[nodiscard]] bool has_room() const { return waiting_bytes_ < waiting_bytes_max; }
  // Waits until nothing is written any more.
  io::Task<void> stop() { return tasks_.join(); }

 private:
  struct Waiting {
    MaildirFile file;
    io::Completion<base::Result<>> done;
  };
  using Turn = std::vector<Waiting*>;

  void start();
  io::Task<void> run();
  [[nodiscard]] Turn take();
  io::Task<bool> may_share(MaildirPlace place);
  io::Task<void> store_together(Turn turn);
  io::Task<void> store_alone(io::Ref<Waiting> waiting);
  void judge(const StoredTurn& stored, std::size_t files, base::Duration took);
  void do_not_share_for(base::Duration pause);

  io::Doors doors_;
  std::deque<Waiting*> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool running_ = false;
  std::unique_ptr<io::FileSystem> system_;  // of the mail folder, for the turn that runs
  base::Instant last_turn_;                 // began
  base::Instant shares_from_;
  base::Duration alone_;  // mean time of a file on its own
  io::TaskGroup tasks_;
};

}  // namespace delivery
