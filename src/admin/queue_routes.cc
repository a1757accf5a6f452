// See api.h. The queue: list, and the operator's verbs.
#include <array>

#include "admin/api.h"
#include "admin/json.h"
#include "lib/base/text.h"

namespace admin {
namespace {

// One screen or two; a million lines would serve nobody.
constexpr std::size_t page_default = 100;

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

std::string at_deadline(const message::DeliverBy& by) {
  switch (by.mode) {
    case message::DeliverBy::Mode::none: return "";
    case message::DeliverBy::Mode::notify: return "notify";
    case message::DeliverBy::Mode::give_back: return "return";
  }
  return "";
}

boost::json::object summary_json(const queue::Summary& summary) {
  return {
      {"id", summary.id.text()},
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
      {"scheduled", summary.scheduled},
      {"priority", summary.priority},
      {"deliver_by", summary.by.given() ? base::format_time(summary.by.deadline) : std::string()},
      {"at_deadline", at_deadline(summary.by)}};
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
    } else if (key == "after") {
      const auto id = base::MessageId::parse(value);
      if (!id) {
        return base::fail(base::ErrorKind::invalid, "\"" + value + "\" is not a message id");
      }
      filter.after = *id;
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

std::size_t limit_of(const http::Request& request) {
  const auto at = request.query.find("limit");
  if (at == request.query.end()) return page_default;
  return std::min<std::size_t>(base::parse_number(at->second).value_or(page_default), list_max);
}

io::Task<http::Response> list(Parts* parts, http::Request request) {
  auto filter = filter_of(request.query);
  if (!filter) co_return error_response(filter.error());
  const std::size_t max = limit_of(request);
  const bool one = bool(filter->id);
  queue::Filter counted = *filter;
  counted.after = {};
  // One more than asked for: so that the answer says whether there is another page.
  auto summaries = co_await parts->queues.list(std::move(*filter), max + 1);
  const bool more = summaries.size() > max;
  if (more) summaries.resize(max);
  if (one && summaries.empty()) {
    co_return error_response({base::ErrorKind::not_found,
                              "no such message is in the queue; `stagepost explain` tells what "
                              "became of it"});
  }
  boost::json::array out;
  for (const queue::Summary& summary : summaries) out.push_back(summary_json(summary));
  boost::json::object answer{{"messages", out}, {"more", more}};
  // Of what only the messages themselves tell, nobody knows how many there are before the last
  // page.
  if (counted.sender.empty() && counted.recipient.empty()) {
    answer["total"] = co_await parts->queues.count(std::move(counted));
  }
  co_return http::json_response(200, boost::json::serialize(answer));
}

boost::json::object destination_json(const queue::DestinationSummary& line) {
  boost::json::object out{
      {"destination", line.key},       {"messages", line.messages},    {"held", line.held},
      {"active", line.active},         {"oldest", line.oldest.text()}, {"failures", line.failures},
      {"last_reply", line.last_reply}, {"next_attempt", nullptr}};
  out["accepted"] = base::format_time(line.oldest.made());
  if (line.next_attempt != base::Time::max()) {
    out["next_attempt"] = base::format_time(line.next_attempt);
  }
  return out;
}

io::Task<http::Response> destinations(Parts* parts, http::Request request) {
  const std::size_t max = limit_of(request);
  const auto lines = co_await parts->queues.destinations();
  boost::json::array out;
  for (const queue::DestinationSummary& line : lines) {
    if (out.size() == max) break;
    out.push_back(destination_json(line));
  }
  boost::json::object answer{{"destinations", out}, {"total", lines.size()}};
  co_return http::json_response(200, boost::json::serialize(answer));
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
  router.add("GET", "/api/v1/queue/destinations",
             [&parts](http::Request request) { return destinations(&parts, std::move(request)); });
  router.add("POST", "/api/v1/queue/{verb}",
             [&parts](http::Request request) { return operate(&parts, std::move(request)); });
}

}  // namespace admin
