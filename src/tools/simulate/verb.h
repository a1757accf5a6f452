// tools/simulate/verb.h: `stagepost simulate` on the command line.
//
// What:    reads scenario and configuration, runs the simulation, prints what came of it.
// In/Out:  cli::Verbs; `status` is 0 when every message was accounted for, 1 when not or when the
//          files could not be written, 2 for wrong arguments or a wrong scenario.
// Errors:  one line each on stderr.
// Limits:  those of scenario.h.
// Not here: the simulation (simulation.h).
#pragma once

#include "cli/cli.h"

namespace simulate {

void add_verb(cli::Verbs verbs);

}  // namespace simulate
