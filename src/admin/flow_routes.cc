// See views.h. The mail's flow over time, and how each receiver took it.
#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/query.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::size_t receivers_max = 200;

base::Result<flow::Period> period_of(const http::Request& request) {
  const auto word = read_text(request, "period");
  if (!word) return std::unexpected(word.error());
  if (const auto period = flow::period_of(word->empty() ? "day" : *word)) return *period;
  return base::fail(base::ErrorKind::invalid, "period: write hour, day, week or month");
}

flow::Moment now_of(const Parts& parts) {
  return {.wall = parts.doors.clock.wall(), .steady = parts.doors.clock.now()};
}

object begin_answer(const flow::Period& period, base::Time now) {
  return {{"period", period.name},
          {"step_seconds", period.step.count()},
          {"begin", base::format_time(flow::begin_of(period, now))}};
}

io::Task<http::Response> show_flow(Parts* parts, http::Request request) {
  const auto period = period_of(request);
  if (!period) co_return error_response(period.error());
  const flow::Moment now = now_of(*parts);
  const auto steps = co_await io::on_pool(
      parts->doors.pool,
      [flow = parts->views.flow, period = *period, now] { return flow->series(period, now); });
  if (!steps) co_return error_response(steps.error());
  object series;
  for (std::size_t kind = 0; kind < flow::kinds; ++kind) {
    array values;
    values.reserve(steps->size());
    for (const flow::Counts& one : *steps) values.emplace_back(one.of.at(kind));
    series[std::string(flow::kind_names.at(kind))] = std::move(values);
  }
  object out = begin_answer(*period, now.wall);
  out["series"] = std::move(series);
  co_return http::json_response(200, boost::json::serialize(out));
}

object counts_json(const flow::ReceiverCounts& counts) {
  object out{{"delivered", counts.delivered},
             {"deferred", counts.deferred},
             {"failed", counts.failed},
             {"success", nullptr},
             {"mean_seconds", nullptr}};
  const auto delivered = static_cast<double>(counts.delivered);
  if (counts.all() > 0) out["success"] = delivered / static_cast<double>(counts.all());
  if (counts.delivered > 0) {
    out["mean_seconds"] = static_cast<double>(counts.milliseconds) / 1'000 / delivered;
  }
  return out;
}

object receiver_json(const Parts& parts, const flow::ReceiverLine& line) {
  object out = counts_json(line.counts);
  out["domain"] = line.domain;
  const auto& is_ours = parts.clients.is_our_domain;
  out["local"] = is_ours && is_ours(line.domain);
  out["last_trouble"] = nullptr;
  if (line.trouble) {
    out["last_trouble"] =
        object{{"time", base::format_time(line.trouble->when)}, {"text", line.trouble->text}};
  }
  return out;
}

io::Task<http::Response> show_receivers(Parts* parts, http::Request request) {
  const auto period = period_of(request);
  if (!period) co_return error_response(period.error());
  const auto max = read_count(request, "limit", receivers_max, receivers_max);
  if (!max) co_return error_response(max.error());
  const flow::Moment now = now_of(*parts);
  const auto lines = co_await io::on_pool(
      parts->doors.pool, [flow = parts->views.flow, period = *period, now, max = *max] {
        return flow->receivers(period, now, max);
      });
  if (!lines) co_return error_response(lines.error());
  array receivers;
  object out = begin_answer(*period, now.wall);
  out["other"] = nullptr;
  for (const flow::ReceiverLine& line : *lines) {
    if (line.domain == flow::others) {
      out["other"] = counts_json(line.counts);
    } else {
      receivers.push_back(receiver_json(*parts, line));
    }
  }
  out["receivers"] = std::move(receivers);
  co_return http::json_response(200, boost::json::serialize(out));
}

}  // namespace

void add_flow_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/flow",
             [&parts](http::Request request) { return show_flow(&parts, std::move(request)); });
  router.add("GET", "/api/v1/receivers", [&parts](http::Request request) {
    return show_receivers(&parts, std::move(request));
  });
}

}  // namespace admin
