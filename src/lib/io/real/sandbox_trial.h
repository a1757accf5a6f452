// lib/io/real/sandbox_trial.h: does what an intruder would do with this process, and says what came
// of it.
//
// What:    one try after another, from inside the sandbox, with what the process has.
// In/Out:  try_everything() → a row per try.
// Errors:  none: that a try fails is what is hoped for.
// Limits:  nothing is damaged where a try succeeds: what it made is taken away again.
// Not here: the sandbox (sandbox.h).
#pragma once

#include <string>
#include <vector>

namespace io::real {

struct Trial {
  std::string what;     // "run /bin/sh"
  std::string outcome;  // "Operation not permitted"
  bool refused = false;
};

[[nodiscard]] std::vector<Trial> try_everything();

}  // namespace io::real
