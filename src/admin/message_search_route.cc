// See views.h. The messages of the last days: search, and a page of what was found.
#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/message_search.h"
#include "admin/query.h"
#include "lib/io/clock.h"

namespace admin {
namespace {

constexpr std::size_t messages_default = 50;
constexpr std::size_t messages_max = 200;

base::Result<> read_texts(const http::Request& request, SearchAsk& ask) {
  const std::array<std::pair<std::string_view, std::string*>, 5> texts = {{{"q", &ask.text},
                                                                           {"from", &ask.sender},
                                                                           {"to", &ask.recipient},
                                                                           {"state", &ask.state},
                                                                           {"after", &ask.after}}};
  for (const auto& [name, into] : texts) {
    auto text = read_text(request, name);
    if (!text) return std::unexpected(text.error());
    *into = std::move(*text);
  }
  if (ask.state.empty() || is_state(ask.state)) return {};
  return base::fail(base::ErrorKind::invalid, "state: write one of " + states_text());
}

base::Result<SearchAsk> ask_of(const http::Request& request, base::Time now) {
  SearchAsk ask;
  if (auto read = read_texts(request, ask); !read) return std::unexpected(read.error());
  const auto since = read_time(request, "since", now);
  if (!since) return std::unexpected(since.error());
  const auto until = read_time(request, "until", now);
  if (!until) return std::unexpected(until.error());
  if (*since && *until && **since >= **until) {
    return base::fail(base::ErrorKind::invalid, "since must be before until");
  }
  const auto limit = read_count(request, "limit", messages_default, messages_max);
  if (!limit) return std::unexpected(limit.error());
  ask.since = *since;
  ask.until = *until;
  ask.limit = *limit;
  return ask;
}

boost::json::object message_json(const FoundMessage& one) {
  boost::json::array recipients;
  for (const std::string& recipient : one.recipients) recipients.emplace_back(recipient);
  return {{"id", one.id},
          {"time", base::format_time(one.time)},
          {"sender", one.sender},
          {"recipients", std::move(recipients)},
          {"recipients_total", one.recipients_total},
          {"bytes", one.bytes},
          {"state", one.state},
          {"last", one.last}};
}

io::Task<http::Response> search(Parts* parts, std::shared_ptr<MessageSearch> messages,
                                http::Request request) {
  auto ask = ask_of(request, parts->doors.clock.wall());
  if (!ask) co_return error_response(ask.error());
  const auto answer = co_await messages->find(std::move(*ask));
  if (!answer) co_return error_response(answer.error());
  boost::json::array found;
  for (const FoundMessage& one : answer->messages) found.push_back(message_json(one));
  boost::json::object out{
      {"messages", std::move(found)}, {"next", nullptr}, {"searched_to", nullptr}};
  if (!answer->next.empty()) {
    out["next"] = answer->next;
    out["searched_to"] = base::format_time(answer->searched_to);
  }
  co_return http::json_response(200, boost::json::serialize(out));
}

}  // namespace

void add_message_search_route(http::Router& router, Parts& parts) {
  auto messages = std::make_shared<MessageSearch>(parts.queues, parts.trace, parts.doors);
  router.add("GET", "/api/v1/messages", [&parts, messages](http::Request request) {
    return search(&parts, messages, std::move(request));
  });
}

}  // namespace admin
