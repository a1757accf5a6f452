// See api.h. The queue: list, and the operator's verbs.
#include <array>

#include "admin/api.h"
#include "admin/json.h"
#include "lib/base/text.h"

namespace admin {
namespace {

struct Verb {
  std::string_view name;
  queue::Operation operation;
};
constexpr std::array<Verb, 5> verbs = {{{"retry", queue::Operation::retry},
                                        {"hold", queue::Operation::hold},
                                        {"release", queue::Operation::release},
                                        {"bounce", queue::Operation::bounce},
                                        {"remove", queue::Operation::remove}}};

boost::json::array texts(const std::vector<std::string>& list) {
  boost::json::array out;
  for (const std::string& text : list) out.emplace_back(text);
  return out;
}

boost::json::object summary_json(const queue::Summary& summary) {
  return {{"id", summary.id.text()},
          {"accepted", base::format_time(summary.accepted)},
          {"sender", summary.sender},
          {"recipients", texts(summary.recipients)},
          {"destinations", texts(summary.destinations)},
          {"bytes", summary.bytes},
          {"attempts", summary.attempts},
          {"next_attempt", base::format_time(summary.next_attempt)},
          {"last_reply", summary.last_reply},
          {"hold", summary.hold},
          {"hold_reason", summary.hold_reason},
          {"active", summary.active},
          {"scheduled", summary.scheduled}};
}

base::Result<queue::Filter> filter_of(const http::Values& values) {
  queue::Filter filter;
  for (const auto& [key, value] : values) {
    if (key == "id") {
      const auto id = base::MessageId::parse(value);
      if (!id) {
        return base::fail(base::ErrorKind::invalid, "\"" + value + "\" is not a message id");
      }
      filter.id = *id;
    } else if (key == "sender") {
      filter.sender = value;
    } else if (key == "recipient") {
      filter.recipient = value;
    } else if (key == "destination") {
      filter.destination = value;
    } else if (key == "held") {
      filter.held_only = value == "true";
    } else if (key == "scheduled") {
      filter.scheduled_only = value == "true";
    }
  }
  return filter;
}

io::Task<http::Response> list(Parts* parts, http::Request request) {
  auto filter = filter_of(request.query);
  if (!filter) co_return error_response(filter.error());
  std::size_t max = list_max;
  if (const auto at = request.query.find("max"); at != request.query.end()) {
    max = std::min<std::size_t>(base::parse_number(at->second).value_or(0), list_max);
  }
  const bool one = bool(filter->id);
  const auto summaries = co_await parts->queues.list(std::move(*filter), max);
  if (one && summaries.empty()) {
    co_return error_response({base::ErrorKind::not_found,
                              "no such message is in the queue; `stagepost explain` tells what "
                              "became of it"});
  }
  boost::json::array out;
  for (const queue::Summary& summary : summaries) out.push_back(summary_json(summary));
  co_return http::json_response(200,
                                boost::json::serialize(boost::json::object{{"messages", out}}));
}

// The filter as in the list; "all": true says that no condition at all is meant.
io::Task<http::Response> operate(Parts* parts, http::Request request) {
  const Verb* verb = std::ranges::find(verbs, request.captures["verb"], &Verb::name);
  if (verb == verbs.end()) co_return error_response({base::ErrorKind::not_found, "no such verb"});
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  http::Values values;
  for (const auto& [key, value] : *body) {
    if (value.is_string()) values[std::string(key)] = std::string(value.get_string());
  }
  auto filter = filter_of(values);
  if (!filter) co_return error_response(filter.error());
  const auto flag = [&body](std::string_view name) {
    const auto* value = body->if_contains({name.data(), name.size()});
    return value != nullptr && value->is_bool() && value->get_bool();
  };
  const bool everything = !filter->id && filter->sender.empty() && filter->recipient.empty() &&
                          filter->destination.empty();
  if (everything && !flag("all")) {
    co_return error_response({base::ErrorKind::invalid, "say which messages, or all"});
  }
  const std::string reason = values.contains("reason") ? values["reason"] : "operator";
  const auto count =
      co_await parts->queues.operate(verb->operation, std::move(*filter), reason, flag("dry_run"));
  if (!count) co_return error_response(count.error());
  co_return http::json_response(200,
                                boost::json::serialize(boost::json::object{{"count", *count}}));
}

}  // namespace

void add_queue_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/queue",
             [&parts](http::Request request) { return list(&parts, std::move(request)); });
  router.add("POST", "/api/v1/queue/{verb}",
             [&parts](http::Request request) { return operate(&parts, std::move(request)); });
}

}  // namespace admin
