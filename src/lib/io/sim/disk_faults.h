// lib/io/sim/disk_faults.h: what goes wrong on a simulated disk, and when.
//
// What:    DiskFaults is asked before every operation; FailAt fails the n-th, RandomDiskFaults
//          some, SlowDisk none.
// In/Out:  disk.set_faults(&faults); the answer is an error kind, or nothing.
// Errors:  that is what it makes.
// Limits:  none.
// Not here: what a failed sync or a crash does to data (disk.h).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/sim/random.h"

namespace io::sim {

class World;

enum class DiskOperation {
  open,
  create,
  read,
  write,
  sync,
  allocate,
  truncate,
  rename,
  remove,
  make_directories,
  sync_directory,
  sync_system,  // everything at once
  look,         // list, info, size, free_bytes
  lock,
};

struct DiskFault {
  std::optional<base::ErrorKind> error;
  std::uint64_t bytes_done = 0;  // of a failing write: so much of it happened all the same
};

class DiskFaults {
 public:
  DiskFaults() = default;
  DiskFaults(const DiskFaults&) = delete;
  DiskFaults& operator=(const DiskFaults&) = delete;
  virtual ~DiskFaults() = default;
  virtual DiskFault before(DiskOperation operation, std::string_view path) = 0;
};

// Counts operations from 0 and fails number n; with `for_ever` also every later one.
class FailAt final : public DiskFaults {
 public:
  struct Plan {
    base::ErrorKind error = base::ErrorKind::io;
    bool for_ever = false;         // the disk is gone, or the machine lost power
    std::uint64_t bytes_done = 0;  // of a write
  };
  explicit FailAt(std::uint64_t number) : number_(number) {}
  FailAt(std::uint64_t number, Plan plan) : number_(number), plan_(plan) {}
  DiskFault before(DiskOperation operation, std::string_view path) override;
  [[nodiscard]] bool reached() const { return seen_ > number_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // The operation that failed, when reached.
  [[nodiscard]] DiskOperation failed() const { return failed_; }

 private:
  std::uint64_t number_;
  Plan plan_;
  std::uint64_t seen_ = 0;
  DiskOperation failed_ = DiskOperation::open;
};

// Fails only operations of one kind, from the `skip`-th on, `times` times.
class FailOperation final : public DiskFaults {
 public:
  explicit FailOperation(DiskOperation operation, base::ErrorKind error = base::ErrorKind::io)
      : operation_(operation), error_(error) {}
  FailOperation& skip(std::uint64_t count) {
    skip_ = count;
    return *this;
  }
  FailOperation& times(std::uint64_t count) {
    times_ = count;
    return *this;
  }
  DiskFault before(DiskOperation operation, std::string_view path) override;
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  DiskOperation operation_;
  base::ErrorKind error_;
  std::uint64_t skip_ = 0;
  std::uint64_t times_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t failures_ = 0;
};

// Probabilities per operation.
struct DiskFaultRates {
  double write_error = 0;  // half of them after a part of the bytes
  double write_no_space = 0;
  double sync_error = 0;
  double read_error = 0;
  double name_error = 0;  // open, create, rename, remove, directories
};

class RandomDiskFaults final : public DiskFaults {
 public:
  RandomDiskFaults(std::uint64_t seed, DiskFaultRates rates) : random_(seed), rates_(rates) {}
  DiskFault before(DiskOperation operation, std::string_view path) override;

 private:
  SeededRandom random_;
  DiskFaultRates rates_;
};

// Every sync takes up to so long, and the thread that asks for it waits.
class SlowDisk final : public DiskFaults {
 public:
  SlowDisk(World& world, base::Duration sync_max) : world_(world), sync_max_(sync_max) {}
  DiskFault before(DiskOperation operation, std::string_view path) override;

 private:
  World& world_;
  base::Duration sync_max_;
};

}  // namespace io::sim
