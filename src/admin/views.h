// admin/views.h: what the API's views look at: overview, flow, messages, log and settings.
//
// What:    the parts that only the views need, and their routes.
// In/Out:  server/ fills ViewParts in; add_view_routes() adds GET routes of the scope read.
// Errors:  none here.
// Limits:  those of each route's file.
// Not here: the routes (overview_routes.cc, flow_routes.cc, message_search_routes.cc,
//          log_routes.cc, settings_route.cc).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/flow/flow.h"
#include "config/config.h"
#include "lib/http/router.h"
#include "lib/io/machine.h"
#include "trace/tail.h"

namespace admin {

struct Parts;

// They outlive the Api.
struct ViewParts {
  flow::Flow* flow = nullptr;  // null: this Api has no views
  const trace::LogTail* log = nullptr;
  const io::Machine* machine = nullptr;
  std::function<std::shared_ptr<const config::Config>()> config = {};  // as it was read last
  std::shared_ptr<const config::Config> started_config = {};           // at the start
  base::Time started = {};
  std::string version = {};
};

void add_view_routes(http::Router& router, Parts& parts);
void add_overview_route(http::Router& router, Parts& parts);
void add_flow_routes(http::Router& router, Parts& parts);
void add_message_search_route(http::Router& router, Parts& parts);
void add_log_route(http::Router& router, Parts& parts);
void add_settings_route(http::Router& router, Parts& parts);

}  // namespace admin
