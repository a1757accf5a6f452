// server/keeper/keeper.h: the small parent of a server.
//
// What:    binds the ports, starts the server with them, starts it anew when it ends, and puts a
//          new one into its place when asked to: after an upgrade of the program, or when a new
//          configuration needs what the running server has closed to itself.
// In/Out:  keep() runs until SIGTERM and gives the exit code. A line `upgrade` at control_path()
//          asks for a successor; the answer comes as it goes on, and ends with `done` or `failed`.
// Errors:  a first server that does not get ready ends it; later nothing does.
// Limits:  the times below, each with its reason in succession.cc.
// Not here: anything that comes from the network. It parses the configuration, the line above, and
//           what its own servers say.
//
//            ┌────────────── asked for a successor ──────────────┐
//  starting → serving                                       preparing: the next one stands by
//      ↑        │ ended                                          │ it could; else the old goes on
//   waiting ←───┘                                            draining: the old one stops
//                                                                │ ended
//            serving ← probation ← ready ────────────────── taking over
//               ↑          │ ended                              │ ended, or not ready in time
//               └───────── falling back: the old program again ←┘
#pragma once

#include <string>

namespace server::keeper {

[[nodiscard]] std::string control_path(const std::string& home);

int keep(const std::string& home, const std::string& config_path);

}  // namespace server::keeper
