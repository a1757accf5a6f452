// trace/store.h: keeps every event for a while, so that anybody can ask what happened to a message.
//
// What:    buffers encoded events and appends them, batch by batch, to bounded files of a folder.
// In/Out:  events in; find() answers. Files: TIME.trace (records of record.h) and TIME.index
//          (index.h).
// Errors:  a disk that fails or is full loses events and counts them; mail goes on.
// Limits:  file_bytes_max per file; bytes_max and keep_for over all: the oldest go first;
//          pending_events_max and pending_bytes_max in memory. Never synced: a crash may lose
//          seconds.
// Not here: the journal, which must not lose anything (queue/), the log (log.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "trace/index.h"
#include "trace/message_search.h"
#include "trace/person.h"
#include "trace/record.h"
#include "trace/redact.h"
#include "trace/settings.h"

namespace trace {

class TraceStore final : public RecordSink {
 public:
  static constexpr std::size_t pending_bytes_max = 32UL << 20U;
  static constexpr base::Duration forget_interval = std::chrono::minutes(1);
  static constexpr base::Duration flush_interval = std::chrono::milliseconds(500);

  // Makes the folder; indexes files that a crash left without one. Blocks.
  [[nodiscard]] static base::Result<std::unique_ptr<TraceStore>> open(io::Files& files,
                                                                      const Settings& settings);
  // Does not flush: call close() before.
  ~TraceStore() override = default;

  [[nodiscard]] bool wants(base::Severity severity) const override;
  void record(std::string_view record) override;
  // What redacts the events that come, so that they are found by the addresses that people type.
  // Before the first question; it outlives the store.
  void set_redactor(const Redactor* redactor) { redactor_ = redactor; }
  // Who events name by this address, or by its pseudonym.
  [[nodiscard]] Person person(std::string_view address) const;

  // Writes what is pending, rotates and forgets. Blocks; from any one thread.
  void flush(base::Time now);
  // The last flush, and the index of the current file.
  void close(base::Time now);
  // A task for a TaskGroup: flushes on the pool every flush_interval until it is stopped.
  io::Task<void> run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool);

  // See reader.h; what was emitted before is found, too. Blocks.
  [[nodiscard]] base::Result<std::vector<StoredEvent>> find(std::string_view what,
                                                            std::size_t events_max, base::Time now);
  // See message_search.h; what was emitted before is found, too. Blocks, but no writing.
  [[nodiscard]] base::Result<SearchStep> search(MessageQuery query, const Place& from,
                                                std::size_t rows_max, base::Time now);
  // See message_search.h. Blocks.
  [[nodiscard]] std::optional<base::Time> oldest() const {
    return oldest_event(files_, settings_.folder);
  }
  // Called with each event before it is written, by one thread at a time and never by a loop.
  // Set before the first flush().
  void watch(std::function<void(const EventView&)> watcher) { watcher_ = std::move(watcher); }
  // All events that name the person, oldest first, at most events_max. Blocks.
  [[nodiscard]] base::Result<std::vector<StoredEvent>> events_of(const Person& person,
                                                                 std::size_t events_max,
                                                                 base::Time now);
  // Those of [since, until) that are wanted, in the order in which they were written, at most
  // events_max: store_range.cc. Blocks.
  struct Range {
    base::Time since;
    base::Time until;
    std::size_t events_max = 0;
  };
  [[nodiscard]] base::Result<std::vector<StoredEvent>> events_between(
      const Range& range, const std::function<bool(std::string_view name)>& wanted, base::Time now);
  // Puts "erased" in the person's place, file by file: each is written anew beside the old one and
  // renamed over it, so that a crash leaves the one or the other. Blocks for seconds per gigabyte.
  [[nodiscard]] base::Result<EraseReport> erase(const Person& person, base::Time now);
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  TraceStore(io::Files& files, Settings settings) : files_(files), settings_(std::move(settings)) {}

  void write_pending(base::Time now);
  LiveIndex live(base::Time now);
  void show_watcher(std::string_view batch) const;
  base::Result<> append(std::string& batch, base::Time now);
  base::Result<> begin_file(base::Time now);
  void end_file();
  void forget_old(base::Time now);
  // store_person.cc
  base::Result<std::vector<std::string>> ended_files(base::Time now);
  base::Result<> erase_from_file(const std::string& name, const Person& person,
                                 EraseReport& report);
  base::Result<> replace_file(const std::string& path);

  io::Files& files_;
  const Settings settings_;
  const Redactor* redactor_ = nullptr;
  std::atomic<std::uint64_t> dropped_ = 0;

  std::mutex mutex_;  // guards the pending events; held for a copy only, never while writing
  std::string pending_;
  std::size_t pending_events_ = 0;

  std::mutex files_mutex_;  // guards what follows
  std::unique_ptr<io::File> file_;
  std::string file_name_;
  base::Time file_begun_;
  base::Time forgot_;  // when old files were last looked for
  std::uint64_t file_bytes_ = 0;
  std::vector<IndexEntry> index_;  // of the current file, unsorted
  SortedEntries sorted_index_;     // the first of them, as many as there were when somebody asked
  std::function<void(const EventView&)> watcher_;
};

}  // namespace trace
