// tools/simulate/wire/measured.h: a simulation with octets, and what it took.
//
// What:    runs a ByteSimulation with a real clock beside it, then the same plan without octets.
// In/Out:  Plan → Measured.
// Errors:  those of ByteSimulation::start().
// Limits:  memory is that of the process, as Linux says it; 0 elsewhere.
// Not here: the command line (../verb.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/io/files.h"
#include "tools/simulate/figures.h"
#include "tools/simulate/plan.h"

namespace simulate::wire {

struct Measured {
  Counts counts;
  std::vector<std::string> wrong;
  ByteResult bytes;
};

[[nodiscard]] base::Result<Measured> run_measured(io::Files& files, const Plan& plan,
                                                  std::uint64_t message_bytes,
                                                  const TellProgress& tell);

}  // namespace simulate::wire
