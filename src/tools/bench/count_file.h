// tools/bench/count_file.h: the sink's counts in a file that others watch.
//
// What:    rewrites one line in place soon after the counts have changed, however often they do.
// In/Out:  changed() from the loop where it happened → at most one write per write_every.
// Errors:  a file that cannot be opened; a later failure is said once on stderr.
// Limits:  one write of one line per write_every.
// Not here: the counts (counters.h).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "tools/bench/counters.h"

namespace bench {

class CountFile {
 public:
  static constexpr base::Duration write_every = std::chrono::milliseconds(10);

  // Without a path it does nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<CountFile>> open(io::Files& files,
                                                                     const std::string& path,
                                                                     const Counters& counters);
  void write();  // now; thread-safe

  // One loop's side: the loop that sees the first change after a write does the next one.
  class Watch final : public io::Timer {
   public:
    Watch(CountFile& file, io::Clock& clock) : file_(file), clock_(clock) {}
    void changed() {
      if (file_.file_ && !file_.due_.load(std::memory_order_relaxed)) arm();
    }
    void fire() override;

   private:
    void arm();
    CountFile& file_;
    io::Clock& clock_;
  };

 private:
  explicit CountFile(const Counters& counters) : counters_(counters) {}

  const Counters& counters_;
  std::unique_ptr<io::File> file_;
  std::atomic<bool> due_ = false;
  std::mutex mutex_;  // of the write, so that an older line never follows a newer one
  bool failed_ = false;
};

}  // namespace bench
