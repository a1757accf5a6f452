// cli/connection.h: asks the running server, or does it itself when none runs.
//
// What:    sends a request to the control socket; without a server it takes the state lock and
//          calls the same admin handler on the state folder.
// In/Out:  method, target, JSON → the answer's body.
// Errors:  what the handler said; or why neither a server nor the state could be reached.
// Limits:  one request at a time.
// Not here: what is asked (the verbs' files), the handler (admin/api.h).
#pragma once

#include <boost/json.hpp>
#include <string>

#include "cli/cli.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace cli {

inline constexpr base::Duration answer_time_max = std::chrono::seconds(30);

[[nodiscard]] base::Result<std::string> ask(const Place& place, std::string method,
                                            std::string target, std::string body,
                                            base::Duration timeout = answer_time_max);
// Of a server that runs; without one it is `refused`.
[[nodiscard]] base::Result<std::string> ask_running(const Place& place, std::string method,
                                                    std::string target, std::string body = {},
                                                    base::Duration timeout = answer_time_max);
// For answers that are JSON objects.
[[nodiscard]] base::Result<boost::json::object> ask_json(const Place& place, std::string method,
                                                         std::string target,
                                                         const boost::json::object& body = {},
                                                         base::Duration timeout = answer_time_max);
[[nodiscard]] base::Result<boost::json::object> ask_running_json(
    const Place& place, std::string method, std::string target, const boost::json::object& body,
    base::Duration timeout = answer_time_max);

}  // namespace cli
