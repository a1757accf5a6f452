// server/keeper/stand_by.h: a server that is ready to take the place of another.
//
// What:    sees whether it could serve with this configuration, says so to its keeper, and waits
//          until the other has ended.
// In/Out:  config::Config → the state's lock, which nobody else had in between.
// Errors:  what would have kept it from serving: the certificate, the journal's folder.
// Limits:  none: the keeper has the clock.
// Not here: the configuration's mistakes and the sandbox, which come before (server/serve.h).
#pragma once

#include <memory>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/files.h"
#include "lib/io/real/service_manager.h"

namespace server::keeper {

[[nodiscard]] base::Result<std::unique_ptr<io::File>> stand_by(
    const io::real::ServiceManager& manager, const config::Config& config, io::Files& files);

}  // namespace server::keeper
