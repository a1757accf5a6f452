// admin/directory_work.h: a request's work on the directory.
//
// What:    on_directory runs it on the pool and makes a change live before the answer goes out.
// In/Out:  Work (Store → JSON object or error) → http::Response.
// Errors:  the work's, as error_response says them; a change that could not be made live.
// Limits:  one at a time: the Store is one connection.
// Not here: which work (directory_routes.cc, user_routes.cc).
#pragma once

#include <boost/json.hpp>
#include <functional>

#include "admin/api.h"

namespace admin {

using Work = std::function<base::Result<boost::json::object>(directory::Store&)>;

enum class Kind : std::uint8_t { reads, changes };

[[nodiscard]] io::Task<http::Response> on_directory(Parts* parts, Work work, Kind kind);

// For Work without an answer of its own: {"done": true}.
[[nodiscard]] base::Result<boost::json::object> done_or(const base::Result<>& result);

}  // namespace admin
