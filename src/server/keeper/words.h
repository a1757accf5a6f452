// server/keeper/words.h: what a server says to its keeper besides what sd_notify(3) knows.
//
// What:    the names of variables in the messages over the channel of lib/io/real/child.h.
// In/Out:  –
// Errors:  –
// Limits:  –
// Not here: who says them (stand_by.h, server/supervision.h), who hears them (kept_server.h).
#pragma once

#include <string_view>

namespace server::keeper {

inline constexpr std::string_view stands_by = "X_STAGEPOST_STANDS_BY";  // =VERSION
inline constexpr std::string_view wants_successor = "X_STAGEPOST_WANTS_SUCCESSOR=1";

}  // namespace server::keeper
