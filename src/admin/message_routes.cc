// See api.h. One message: what happened to it.
#include "admin/api.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "trace/explain.h"
#include "trace/line.h"

namespace admin {
namespace {

constexpr std::size_t events_max = 10'000;

io::Task<base::Result<std::vector<trace::StoredEvent>>> find_events(Parts* parts,
                                                                    http::Request request) {
  const auto at = request.query.find("what");
  if (at == request.query.end() || at->second.empty()) {
    co_return base::fail(base::ErrorKind::invalid, "say what: a message id or an address");
  }
  const base::Time now = parts->doors.clock.wall();
  auto events = co_await io::on_pool(parts->doors.pool, [parts, what = at->second, now] {
    return parts->trace.find(what, events_max, now);
  });
  if (events && events->empty()) {
    co_return base::fail(base::ErrorKind::not_found,
                         "nothing is known of " + at->second +
                             ": it never came, or it is older than what the trace keeps");
  }
  co_return events;
}

io::Task<http::Response> explain(Parts* parts, http::Request request) {
  const auto events = co_await find_events(parts, std::move(request));
  if (!events) co_return error_response(events.error());
  co_return http::text_response(200, trace::explain(*events));
}

// The same for programs: each event as the log writes it in JSON.
io::Task<http::Response> list_events(Parts* parts, http::Request request) {
  const auto events = co_await find_events(parts, std::move(request));
  if (!events) co_return error_response(events.error());
  std::string json = R"({"events":[)";
  for (const trace::StoredEvent& event : *events) {
    if (!json.ends_with('[')) json += ',';
    json += base::trim(trace::json_line(event));
  }
  co_return http::json_response(200, json + "]}");
}

}  // namespace

void add_message_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/explain",
             [&parts](http::Request request) { return explain(&parts, std::move(request)); });
  router.add("GET", "/api/v1/events",
             [&parts](http::Request request) { return list_events(&parts, std::move(request)); });
}

}  // namespace admin
