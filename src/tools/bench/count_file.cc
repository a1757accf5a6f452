// See count_file.h.
#include "tools/bench/count_file.h"

#include <cstdio>

namespace bench {

base::Result<std::unique_ptr<CountFile>> CountFile::open(io::Files& files, const std::string& path,
                                                         const Counters& counters) {
  std::unique_ptr<CountFile> out(new CountFile(counters));
  if (path.empty()) return out;
  auto file = files.open(path, io::OpenMode::create, 0644);
  if (!file) return std::unexpected(std::move(file.error()));
  out->file_ = std::move(*file);
  out->write();
  // What an earlier run left behind the line.
  if (auto cut = out->file_->truncate(counts_line({}).size()); !cut) {
    return std::unexpected(std::move(cut.error()));
  }
  return out;
}

void CountFile::write() {
  if (!file_) return;
  const std::lock_guard lock(mutex_);
  const std::string line = counts_line(counters_.counts());
  const std::string_view all = line;
  const auto written = file_->write_at(0, {&all, 1});
  if (!written && !failed_) {
    std::fprintf(stderr, "stagepost: %s\n", written.error().detail.c_str());
  }
  failed_ = !written;
}

void CountFile::Watch::arm() {
  if (file_.due_.exchange(true)) return;
  clock_.arm(*this, clock_.now() + write_every);
}

void CountFile::Watch::fire() {
  file_.due_ = false;  // first: what changes during the write is written by the next one
  file_.write();
}

}  // namespace bench
