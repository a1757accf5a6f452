// See views.h.
#include "admin/views.h"

namespace admin {

void add_view_routes(http::Router& router, Parts& parts) {
  add_overview_route(router, parts);
  add_flow_routes(router, parts);
  add_message_search_route(router, parts);
  add_log_route(router, parts);
  add_settings_route(router, parts);
}

}  // namespace admin
