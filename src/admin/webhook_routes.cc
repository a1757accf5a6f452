// See api.h. Webhooks: list, add, remove, rotate, test, replay.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/json.h"
#include "admin/webhooks/webhooks.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

constexpr std::size_t replayed_max = 100'000;

void add_time(boost::json::object& out, std::string_view key,
              const std::optional<base::Time>& time) {
  if (time) out[key] = base::format_time(*time);
}

boost::json::object line_json(const webhooks::Webhooks::Line& line, base::Time now) {
  const webhooks::Hook& hook = line.hook;
  boost::json::array events;
  for (const webhooks::Kind kind : hook.kinds) events.emplace_back(webhooks::to_string(kind));
  boost::json::object out{{"name", hook.name},
                          {"url", hook.url},
                          {"events", std::move(events)},
                          {"created", base::format_time(hook.created)},
                          {"waiting", line.counts.waiting},
                          {"parked", line.counts.parked},
                          {"failures", hook.failures}};
  if (!hook.account.empty()) out["account"] = hook.account;
  if (!hook.domain.empty()) out["domain"] = hook.domain;
  if (!hook.old_secret.empty() && now < hook.old_until) {
    out["old_secret_until"] = base::format_time(hook.old_until);
  }
  add_time(out, "last_success", hook.last_success);
  add_time(out, "last_failure", hook.last_failure);
  if (!hook.last_error.empty()) out["last_error"] = hook.last_error;
  return out;
}

io::Task<http::Response> list(Parts* parts) {
  const auto lines = co_await parts->webhooks->list();
  if (!lines) co_return error_response(lines.error());
  boost::json::array out;
  for (const auto& line : *lines) out.push_back(line_json(line, parts->doors.clock.wall()));
  co_return http::json_response(
      200, boost::json::serialize(boost::json::object{{"webhooks", std::move(out)}}));
}

base::Result<webhooks::Webhooks::Wish> wish_of(const boost::json::object& body) {
  webhooks::Webhooks::Wish wish;
  auto name = text_of(body, "name");
  if (!name) return std::unexpected(name.error());
  auto url = text_of(body, "url");
  if (!url) return std::unexpected(url.error());
  auto account = text_if(body, "account");
  if (!account) return std::unexpected(account.error());
  auto domain = text_if(body, "domain");
  if (!domain) return std::unexpected(domain.error());
  if (body.contains("events")) {
    auto events = texts_of(body, "events");
    if (!events) return std::unexpected(events.error());
    wish.events = std::move(*events);
  }
  wish.name = std::move(*name);
  wish.url = std::move(*url);
  wish.account = account->value_or("");
  wish.domain = domain->value_or("");
  return wish;
}

http::Response secret_response(const std::string& name, const base::Result<std::string>& secret) {
  if (!secret) return error_response(secret.error());
  return http::json_response(
      200, boost::json::serialize(boost::json::object{{"name", name}, {"secret", *secret}}));
}

io::Task<http::Response> add(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto wish = wish_of(*body);
  if (!wish) co_return error_response(wish.error());
  const std::string name = wish->name;
  const auto secret = co_await parts->webhooks->add(std::move(*wish));
  co_return secret_response(name, secret);
}

base::Result<std::string> name_of(const http::Request& request) {
  const auto body = parse_object(request.body);
  if (!body) return std::unexpected(body.error());
  return text_of(*body, "name");
}

io::Task<http::Response> remove(Parts* parts, http::Request request) {
  auto name = name_of(request);
  if (!name) co_return error_response(name.error());
  const auto removed = co_await parts->webhooks->remove(std::move(*name));
  if (!removed) co_return error_response(removed.error());
  co_return http::json_response(200, R"({"done":true})");
}

io::Task<http::Response> rotate(Parts* parts, http::Request request) {
  const auto name = name_of(request);
  if (!name) co_return error_response(name.error());
  const auto secret = co_await parts->webhooks->rotate(*name);
  co_return secret_response(*name, secret);
}

io::Task<http::Response> test(Parts* parts, http::Request request) {
  auto name = name_of(request);
  if (!name) co_return error_response(name.error());
  const auto answer = co_await parts->webhooks->test(std::move(*name));
  if (!answer) co_return error_response(answer.error());
  boost::json::object out{{"told", answer->told}, {"status", answer->status}};
  if (!answer->why.empty()) out["why"] = answer->why;
  co_return http::json_response(200, boost::json::serialize(out));
}

struct ReplayWish {
  std::string name;
  std::string message;
  trace::TraceStore::Range range;
  bool parked = false;
};

// "2h" ago, or a time.
base::Result<base::Time> moment_of(const std::string& text, base::Time now) {
  if (const auto ago = base::parse_duration(text)) return now - *ago;
  auto time = base::parse_time(text);
  if (time) return time;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("{} is neither a span such as 2h nor a time such as "
                                "2026-11-23T14:00:00Z",
                                base::printable(text, 60)));
}

base::Result<ReplayWish> replay_of(const boost::json::object& body, base::Time now) {
  ReplayWish out;
  auto name = text_of(body, "name");
  if (!name) return std::unexpected(name.error());
  out.name = std::move(*name);
  auto message = text_if(body, "message");
  if (!message) return std::unexpected(message.error());
  out.message = message->value_or("");
  const auto* parked = body.if_contains("parked");
  out.parked = parked != nullptr && parked->is_bool() && parked->get_bool();
  auto since = text_if(body, "since");
  if (!since) return std::unexpected(since.error());
  auto until = text_if(body, "until");
  if (!until) return std::unexpected(until.error());
  const int ways = (out.parked ? 1 : 0) + (out.message.empty() ? 0 : 1) + (*since ? 1 : 0);
  if (ways != 1) {
    return base::fail(base::ErrorKind::invalid,
                      "say which events: one of \"message\", \"since\" and \"parked\"");
  }
  if (!*since) return out;
  auto begin = moment_of(**since, now);
  if (!begin) return std::unexpected(begin.error());
  auto end = *until ? moment_of(**until, now) : base::Result<base::Time>(now);
  if (!end) return std::unexpected(end.error());
  out.range = {.since = *begin, .until = *end, .events_max = replayed_max};
  return out;
}

base::Result<std::vector<trace::StoredEvent>> events_of(trace::TraceStore& trace,
                                                        const ReplayWish& wish, base::Time now) {
  if (wish.message.empty()) {
    const auto wanted = [](std::string_view name) { return webhooks::kind_of(name).has_value(); };
    return trace.events_between(wish.range, wanted, now);
  }
  const auto id = base::MessageId::parse(wish.message);
  if (!id) {
    return base::fail(base::ErrorKind::invalid, "a message's id is 13 letters and digits");
  }
  auto events = trace.find(id->text(), replayed_max, now);
  if (events) {
    std::erase_if(*events, [&id](const trace::StoredEvent& event) { return event.message != *id; });
  }
  return events;
}

io::Task<http::Response> replay(Parts* parts, http::Request request) {
  const auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  const base::Time now = parts->doors.clock.wall();
  const auto wish = replay_of(*body, now);
  if (!wish) co_return error_response(wish.error());
  base::Result<std::size_t> count;
  if (wish->parked) {
    count = co_await parts->webhooks->replay_parked(wish->name);
  } else {
    auto events = co_await io::on_pool(
        parts->doors.pool, [parts, &wish, now] { return events_of(parts->trace, *wish, now); });
    if (!events) co_return error_response(events.error());
    count = co_await parts->webhooks->replay(wish->name, std::move(*events));
  }
  if (!count) co_return error_response(count.error());
  co_return http::json_response(200,
                                boost::json::serialize(boost::json::object{{"count", *count}}));
}

}  // namespace

void add_webhook_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/webhooks", [&parts](http::Request) { return list(&parts); });
  using Work = io::Task<http::Response> (*)(Parts*, http::Request);
  const std::initializer_list<std::pair<std::string_view, Work>> verbs = {
      {"add", add}, {"remove", remove}, {"rotate", rotate}, {"test", test}, {"replay", replay}};
  for (const auto& [verb, work] : verbs) {
    router.add("POST", fmt::format("/api/v1/webhooks/{}", verb),
               [&parts, work](http::Request request) { return work(&parts, std::move(request)); });
  }
}

}  // namespace admin
