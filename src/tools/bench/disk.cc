// See disk.h.
#include "tools/bench/disk.h"

#include <fmt/format.h>

#include "lib/base/size.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/random.h"

namespace bench {
namespace {

// The disk is left with this much in any case.
constexpr std::uint64_t spare_bytes = 256UL << 20;
constexpr std::uint64_t overwritten_bytes = 8UL << 20;

class Disk {
 public:
  Disk(io::Doors doors, const DiskOptions& options)
      : doors_(doors), options_(options), batch_(DiskOptions::batch_bytes, '\0') {
    doors_.random.fill(batch_);  // zeros might be stored as nothing
  }

  base::Result<> measure(DiskReport& report) {
    if (auto done = overwrite(report.overwrite); !done) return done;
    if (auto done = append(report.append); !done) return done;
    return sequential(report);
  }
  void clean_up() {
    for (const char* name : {"overwrite", "append", "sequential"}) {
      const auto removed = doors_.files.remove(path(name));
      static_cast<void>(removed);  // not there when an earlier step failed
    }
  }

 private:
  using FileResult = base::Result<std::unique_ptr<io::File>>;

  [[nodiscard]] std::string path(std::string_view name) const {
    return fmt::format("{}/bench-disk-{}", options_.folder, name);
  }
  FileResult open(std::string_view name) {
    auto file = doors_.files.open(path(name), io::OpenMode::create);
    if (!file) return file;
    if (auto cut = (*file)->truncate(0); !cut) return std::unexpected(std::move(cut.error()));
    return file;
  }
  [[nodiscard]] std::string_view block(std::uint64_t number) const {
    constexpr std::uint64_t blocks = DiskOptions::batch_bytes / DiskOptions::block_bytes;
    return std::string_view(batch_).substr(number % blocks * DiskOptions::block_bytes,
                                           DiskOptions::block_bytes);
  }

  base::Result<> overwrite(Histogram& times);
  base::Result<> append(Histogram& times);
  base::Result<> sequential(DiskReport& report);
  // Blocks one after the other, each with its sync; a file of `wrap` octets begins anew at its end.
  base::Result<> sync_blocks(io::File& file, std::uint64_t wrap, Histogram& times);

  io::Doors doors_;
  const DiskOptions& options_;
  std::string batch_;
};

base::Result<> Disk::sync_blocks(io::File& file, std::uint64_t wrap, Histogram& times) {
  const base::Instant end = doors_.clock.now() + DiskOptions::seconds_max;
  for (std::uint64_t i = 0; i < DiskOptions::syncs_max; ++i) {
    const std::string_view piece = block(i);
    const base::Instant begin = doors_.clock.now();
    if (begin >= end) break;
    if (auto done = file.write_at(i * piece.size() % wrap, {&piece, 1}); !done) return done;
    if (auto done = file.sync(); !done) return done;
    times.add(doors_.clock.now() - begin);
  }
  return {};
}

base::Result<> Disk::overwrite(Histogram& times) {
  auto file = open("overwrite");
  if (!file) return std::unexpected(std::move(file.error()));
  if (auto done = (*file)->allocate(overwritten_bytes); !done) return done;
  const std::string_view piece = batch_;
  for (std::uint64_t at = 0; at < overwritten_bytes; at += piece.size()) {
    if (auto done = (*file)->write_at(at, {&piece, 1}); !done) return done;
  }
  if (auto done = (*file)->sync(); !done) return done;
  return sync_blocks(**file, overwritten_bytes, times);
}

base::Result<> Disk::append(Histogram& times) {
  auto file = open("append");
  if (!file) return std::unexpected(std::move(file.error()));
  return sync_blocks(**file, UINT64_MAX, times);
}

base::Result<> Disk::sequential(DiskReport& report) {
  auto file = open("sequential");
  if (!file) return std::unexpected(std::move(file.error()));
  const std::string_view piece = batch_;
  const base::Instant begin = doors_.clock.now();
  while (report.sequential_bytes < options_.sequential_bytes) {
    if (auto done = (*file)->write_at(report.sequential_bytes, {&piece, 1}); !done) return done;
    report.sequential_bytes += piece.size();
    const bool last = report.sequential_bytes >= options_.sequential_bytes;
    if (!last && report.sequential_bytes % DiskOptions::sequential_sync_bytes != 0) continue;
    if (auto done = (*file)->sync(); !done) return done;
    report.sequential_took = doors_.clock.now() - begin;
    if (report.sequential_took > DiskOptions::seconds_max) break;
  }
  return {};
}

}  // namespace

base::Result<DiskReport> measure_disk(io::Doors doors, const DiskOptions& options) {
  const auto free = doors.files.free_bytes(options.folder);
  if (!free) return std::unexpected(free.error());
  if (const std::uint64_t wanted = options.sequential_bytes + spare_bytes; *free < wanted) {
    return base::fail(base::ErrorKind::no_space,
                      fmt::format("{} has {} free, and this needs {}", options.folder,
                                  base::format_size(*free), base::format_size(wanted)));
  }
  DiskReport report;
  Disk disk(doors, options);
  const auto done = disk.measure(report);
  disk.clean_up();
  if (!done) return std::unexpected(done.error());
  return report;
}

}  // namespace bench
