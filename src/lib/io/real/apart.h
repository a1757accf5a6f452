// lib/io/real/apart.h: work on what others made, in a process and a folder of its own.
//
// What:    run_apart() forks, and gives the exit code of its work; what the child closes to itself
//          (sandbox.h) stays open to us. ScratchFolder is a folder that goes with its object.
// In/Out:  a function → its exit code.
// Errors:  what the kernel says of fork; 1 for a child that a signal ended, said on stderr.
// Limits:  only while there is one thread.
// Not here: programs that are started and looked after (child.h).
#pragma once

#include <functional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io::real {

[[nodiscard]] base::Result<int> run_apart(const std::function<int()>& work);

class ScratchFolder {
 public:
  // In TMPDIR, else in /var/tmp: what is put there may be larger than memory.
  [[nodiscard]] static base::Result<ScratchFolder> make();
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// The file keeps the time at which it was written elsewhere.
[[nodiscard]] base::Result<> set_modified(const std::string& path, base::Time time);

}  // namespace io::real
