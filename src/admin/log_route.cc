// See views.h. The tail of the log: asked again and again with the cursor of the answer before.
#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/query.h"
#include "lib/io/pool.h"
#include "trace/line.h"

namespace admin {
namespace {

constexpr std::size_t lines_default = 200;
constexpr std::size_t lines_max = 2'000;

base::Result<base::Severity> severity_of(const std::string& word) {
  using enum base::Severity;
  if (word.empty()) return debug;
  for (const base::Severity one : {debug, info, warning, error}) {
    if (word == trace::severity_name(one)) return one;
  }
  return base::fail(base::ErrorKind::invalid, "severity: write info, warning or error");
}

base::Result<trace::LogTail::Wanted> wanted_of(const http::Request& request) {
  auto after = read_text(request, "after");
  if (!after) return std::unexpected(after.error());
  auto word = read_text(request, "severity");
  if (!word) return std::unexpected(word.error());
  const auto severity = severity_of(*word);
  if (!severity) return std::unexpected(severity.error());
  auto text = read_text(request, "q");
  if (!text) return std::unexpected(text.error());
  const auto limit = read_count(request, "limit", lines_default, lines_max);
  if (!limit) return std::unexpected(limit.error());
  return trace::LogTail::Wanted{
      .after = std::move(*after), .at_least = *severity, .text = std::move(*text), .limit = *limit};
}

boost::json::object line_json(const trace::StoredEvent& event) {
  boost::json::object out{{"time", base::format_time(event.time)},
                          {"severity", trace::severity_name(event.severity)},
                          {"name", event.name},
                          {"text", trace::line_text(event)}};
  if (event.message) out["message"] = event.message.text();
  if (event.session.value != 0) out["session"] = event.session.text();
  return out;
}

io::Task<http::Response> tail(Parts* parts, http::Request request) {
  auto wanted = wanted_of(request);
  if (!wanted) co_return error_response(wanted.error());
  // Two megabytes of lines are looked through in milliseconds, which mail need not wait for.
  const auto page = co_await io::on_pool(
      parts->doors.pool, [log = parts->views.log, wanted = *wanted] { return log->read(wanted); });
  if (!page) co_return error_response(page.error());
  boost::json::array lines;
  for (const trace::StoredEvent& event : page->lines) lines.push_back(line_json(event));
  co_return http::json_response(
      200, boost::json::serialize(boost::json::object{{"lines", std::move(lines)},
                                                      {"cursor", page->cursor},
                                                      {"restarted", page->restarted},
                                                      {"missed", page->missed}}));
}

}  // namespace

void add_log_route(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/log",
             [&parts](http::Request request) { return tail(&parts, std::move(request)); });
}

}  // namespace admin
