// See disk_faults.h.
#include "lib/io/sim/disk_faults.h"

#include "lib/io/sim/world.h"

namespace io::sim {

DiskFault FailAt::before(DiskOperation operation, std::string_view /*path*/) {
  const std::uint64_t number = seen_++;
  if (number == number_) failed_ = operation;
  const bool fails = number == number_ || (plan_.for_ever && number > number_);
  if (!fails) return {};
  // Only the write in flight gets any further; a dead disk takes nothing.
  return {plan_.error, number == number_ ? plan_.bytes_done : 0};
}

DiskFault FailOperation::before(DiskOperation operation, std::string_view /*path*/) {
  if (operation != operation_) return {};
  if (skip_ > 0) {
    --skip_;
    return {};
  }
  if (failures_ >= times_) return {};
  ++failures_;
  return {error_, 0};
}

DiskFault RandomDiskFaults::before(DiskOperation operation, std::string_view /*path*/) {
  using base::ErrorKind;
  switch (operation) {
    case DiskOperation::write:
      if (random_.chance(rates_.write_no_space)) return {ErrorKind::no_space, 0};
      if (!random_.chance(rates_.write_error)) return {};
      return {ErrorKind::io, random_.chance(0.5) ? random_.below(16384) : 0};
    case DiskOperation::allocate:
      if (random_.chance(rates_.write_no_space)) return {ErrorKind::no_space, 0};
      return {};
    case DiskOperation::sync:
    case DiskOperation::sync_directory:
    case DiskOperation::sync_system:
      if (random_.chance(rates_.sync_error)) return {ErrorKind::io, 0};
      return {};
    case DiskOperation::read:
    case DiskOperation::look:
      if (random_.chance(rates_.read_error)) return {ErrorKind::io, 0};
      return {};
    case DiskOperation::open:
    case DiskOperation::create:
    case DiskOperation::truncate:
    case DiskOperation::rename:
    case DiskOperation::remove:
    case DiskOperation::make_directories:
    case DiskOperation::lock:
      if (random_.chance(rates_.name_error)) return {ErrorKind::io, 0};
      return {};
  }
  return {};
}

DiskFault SlowDisk::before(DiskOperation operation, std::string_view /*path*/) {
  if (operation == DiskOperation::sync || operation == DiskOperation::sync_directory ||
      operation == DiskOperation::sync_system) {
    const auto most = static_cast<std::uint64_t>(sync_max_.count());
    world_.pass(base::Duration(static_cast<base::Duration::rep>(world_.random().below(most + 1))));
  }
  return {};
}

}  // namespace io::sim
