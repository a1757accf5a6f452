// server/confinement.h: the files and ports that a server with this configuration needs.
//
// What:    reads the configuration for a Fence, and puts it up around this process.
// In/Out:  config::Config → io::real::Fence; confine() makes the folders first, because what is
//          not there stays outside.
// Errors:  a folder that cannot be made; a kernel that refuses its own sandbox.
// Limits:  a reload cannot widen the fence: beyond_fence() names what needs a restart.
// Not here: how it is done (lib/io/real/sandbox.h).
#pragma once

#include <string>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/files.h"
#include "lib/io/real/sandbox.h"

namespace server {

[[nodiscard]] io::real::Fence fence_of(const config::Config& config);

// Before there is a second thread.
[[nodiscard]] base::Result<io::real::SandboxReport> confine(const config::Config& config,
                                                            io::Files& files);

// Empty when a server inside the fence of `now` can go on with `next`; else what it cannot reach,
// and the remedy.
[[nodiscard]] std::string beyond_fence(const config::Config& now, const config::Config& next);

}  // namespace server
