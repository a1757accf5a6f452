// See backup_progress.h.
#include "cli/backup_progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "lib/base/size.h"
#include "lib/io/clock.h"

namespace cli {

base::Instant Progress::now() { return loop_.doors().clock.now(); }
base::Time Progress::wall() { return loop_.doors().clock.wall(); }

void Progress::show(std::uint64_t bytes) {
  if (::isatty(STDERR_FILENO) != 1 || now() - shown_ < std::chrono::seconds(1)) return;
  shown_ = now();
  any_ = true;
  std::fprintf(stderr, "\r%12s %s ", base::format_size(bytes).c_str(), done_.c_str());
}

void Progress::end() {
  if (any_) std::fprintf(stderr, "\r%40s\r", "");
}

}  // namespace cli
