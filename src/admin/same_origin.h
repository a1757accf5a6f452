// admin/same_origin.h: does a request come from a page of ours?
//
// What:    reads what browsers say of the page that asks (Sec-Fetch-Site, Origin).
// In/Out:  http::Request → yes or no.
// Errors:  none.
// Limits:  none.
// Not here: the secret that a change has to repeat (session_routes.h), tokens (api_gate.h).
#pragma once

#include "lib/http/message.h"

namespace admin {

// A program sends neither field; a browser tells with them that another site's page is asking.
[[nodiscard]] bool comes_from_another_site(const http::Request& request);
// Something says that it is a page of ours: asked for when a cookie would do for a change.
[[nodiscard]] bool proves_same_origin(const http::Request& request);

}  // namespace admin
