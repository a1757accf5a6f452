// session/addresses.h: a message's recipients in one field of an event.
//
// What:    "a@example.org, b@example.org and 3 more".
// In/Out:  recipients → text that the trace's index can find them by.
// Errors:  none.
// Limits:  the first 20 are named.
// Not here: the events (data.cc, judged.cc).
#pragma once

#include <string>
#include <vector>

#include "lib/message/envelope.h"

namespace session {

[[nodiscard]] std::string join_addresses(const std::vector<message::Recipient>& recipients);

}  // namespace session
