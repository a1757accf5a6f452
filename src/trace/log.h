// trace/log.h: the log: a line per event, to stdout, a file or syslog.
//
// What:    takes encoded events, formats and writes them on a thread of its own, a batch at a time.
// In/Out:  base::Event → a human or JSON line. Where stdout is systemd's journal, a line begins
//          with its priority and has no time of its own.
// Errors:  open and reopen say why a file cannot be written. A slow or failing output loses lines,
//          counts them and says so; it never blocks who emits.
// Limits:  pending_events_max and pending_bytes_max wait at most; batches of batch_delay. A file
//          has one day (UTC), and old ones go after Settings::log_keep_for (log_days.h).
// Not here: events kept for explain (store.h), how a line looks (line.h).
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "lib/base/result.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "trace/log_days.h"
#include "trace/record.h"
#include "trace/settings.h"
#include "trace/tail.h"

namespace trace {

class Log final : public RecordSink {
 public:
  static constexpr std::size_t pending_bytes_max = 32UL << 20U;
  static constexpr base::Duration tend_every = std::chrono::minutes(10);
  static constexpr base::Duration batch_delay = std::chrono::milliseconds(20);

  // Writes whole lines, and tells how many are lost.
  using Output = std::function<std::size_t(std::string_view lines)>;
  // How lines begin: `priority` is "<4>" as syslog(3) counts, and no time in human lines, for the
  // receiver stamps them.
  enum class Begin : std::uint8_t { time, priority };

  // To syslog, to settings.log_path, or to stdout when that is empty; starts the thread.
  // With `files` a log file has one day.
  [[nodiscard]] static base::Result<std::unique_ptr<Log>> open(const Settings& settings,
                                                               io::Files* files = nullptr,
                                                               base::Time now = {});
  // To `output`; without a thread, so somebody calls flush().
  Log(const Settings& settings, Output output, Begin begin = Begin::time);
  // Writes what is pending.
  ~Log() override;

  [[nodiscard]] bool wants(base::Severity severity) const override;
  void record(std::string_view record) override;

  // Writes what is pending, on the calling thread.
  void flush();
  // Ends the file of a day that is over, also when nobody writes, and removes old ones. Blocks.
  void tend(base::Time now);
  // A task for a TaskGroup: tends the files on the pool until it is stopped.
  io::Task<void> run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool);
  // Opens the file anew under its name (after log rotation). Blocks.
  base::Result<> reopen();
  void set_level(std::string_view level);
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  // The last lines, for who looks on.
  [[nodiscard]] const LogTail& tail() const { return tail_; }

 private:
  void start_thread();
  void write();
  [[nodiscard]] std::string format(std::string_view records, std::uint64_t lost);
  [[nodiscard]] std::string show(const StoredEvent& event);
  [[nodiscard]] std::string line(const StoredEvent& event) const;

  const Settings settings_;
  const Begin begin_;
  std::atomic<base::Severity> level_;
  std::atomic<std::uint64_t> dropped_ = 0;

  std::mutex mutex_;  // guards the pending events; held for a copy only, never while writing
  std::condition_variable wake_;
  std::string pending_;
  std::size_t pending_events_ = 0;
  std::uint64_t lost_ = 0;  // since the last batch
  bool stopping_ = false;

  void begin_day(Day day);

  std::mutex output_mutex_;     // guards what follows
  io::Files* files_ = nullptr;  // null: somebody else puts old logs aside, or it is no file
  Day day_;                     // of the file
  Output output_;
  std::string batch_;
  LogTail tail_;
  std::thread thread_;
};

}  // namespace trace
