// server/serve.h: the server process: loops on threads, signals, start and stop.
//
// What:    opens log, trace, directory and keys, builds an Assembly per loop, serves until a
//          signal.
// In/Out:  home and configuration → exit code; prints a line that begins with `ready` when it
//          serves.
// Errors:  what keeps it from starting goes to stderr in words, exit code 1.
// Limits:  loops_max.
// Not here: the parts of one loop (assemble.h), the command line (cli/).
#pragma once

#include <string>

namespace server {

// SIGTERM and SIGINT stop it in an orderly way, SIGHUP reads the configuration again.
// `stand_by`: the keeper's; serves once the server that has the state has ended.
int serve(const std::string& home, const std::string& config_path, bool stand_by = false);

}  // namespace server
