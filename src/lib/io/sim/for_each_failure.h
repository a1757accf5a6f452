// lib/io/sim/for_each_failure.h: fails at the first step, at the second, … until nothing fails.
//
// What:    runs a test body with the disk failing at operation n, for n = 0, 1, 2, … until a run
//          ends that never came to operation n.
// In/Out:  make() → a pointer to a fixture that has `Disk& disk()` (a Host, or a struct of the
//          test); body(fixture, fault) does the work, and checks what must be true although one
//          step failed.
// Errors:  a body that never gets through is a CHECK (runs_max).
// Limits:  runs_max runs.
// Not here: the ways to fail (disk_faults.h).
//
//   for_each_failure([] { return std::make_unique<Fixture>(); },
//                    [](Fixture& f, FailAt& fault) { … ; if (fault.reached()) … });
// Operations in make() are not counted. To crash: Failure::power_cut(), and in the body, when
// fault.reached(): disk.set_faults(nullptr), host.crash(), host.restart(), then check.
#pragma once

#include <cstdint>
#include <limits>

#include "lib/base/check.h"
#include "lib/io/sim/disk.h"
#include "lib/io/sim/disk_faults.h"

namespace io::sim {

struct Failure {
  FailAt::Plan plan;
  std::uint64_t runs_max = 100'000;

  [[nodiscard]] static Failure once(base::ErrorKind error = base::ErrorKind::io) {
    return {{error, false, 0}};
  }
  // From operation n on the disk answers nothing but errors.
  [[nodiscard]] static Failure for_ever(base::ErrorKind error = base::ErrorKind::io) {
    return {{error, true, 0}};
  }
  // As for_ever, but a write in flight is on its way to the disk: a crash keeps any part of it.
  [[nodiscard]] static Failure power_cut() {
    return {{base::ErrorKind::io, true, std::numeric_limits<std::uint64_t>::max()}};
  }
};

// The number of operations that a run without failure needs.
template <class Make, class Body>
std::uint64_t for_each_failure(Make make, Body body, Failure failure = Failure::once()) {
  for (std::uint64_t number = 0; number < failure.runs_max; ++number) {
    auto fixture = make();
    FailAt fault(number, failure.plan);
    fixture->disk().set_faults(&fault);
    body(*fixture, fault);
    fixture->disk().set_faults(nullptr);
    if (!fault.reached()) return number;
  }
  CHECK(false, "for_each_failure: the body needs more operations than runs_max");
}

}  // namespace io::sim
