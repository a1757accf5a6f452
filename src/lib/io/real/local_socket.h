// lib/io/real/local_socket.h: a listening unix socket and its name among the files.
//
// What:    makes one that is never more open than asked for, in the place of one that its process
//          left behind; removes its name.
// In/Out:  path, mode → a descriptor that listens.
// Errors:  busy when a process listens there; exists when the name is not a socket's.
// Limits:  backlog clients wait to be accepted.
// Not here: accepting (network.h, waiting.h).
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/io/real/descriptor.h"

namespace io::real {

[[nodiscard]] base::Result<Descriptor> listen_at(const std::string& path, unsigned mode,
                                                 int backlog);
// Names are removed, never followed, and only those of sockets. One that is not there is fine.
base::Result<> remove_socket(const std::string& path);

}  // namespace io::real
