// admin/catalogue_sending.h: the part of the catalogue about sending mail and hearing of it.
//
// What:    the routes of send, messages/{id} and webhooks.
// In/Out:  see catalogue.h.
// Errors:  none.
// Limits:  none.
// Not here: the routes themselves (sending/, message_status.cc, webhook_routes.cc).
#pragma once

#include <vector>

#include "admin/catalogue.h"

namespace admin {

[[nodiscard]] std::vector<RouteText> sending_routes();

}  // namespace admin
