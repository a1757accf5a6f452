// See door.h.
#include "server/local_mail/door.h"

#include <boost/json.hpp>

#include "lib/http/local_peer.h"

namespace local_mail {
namespace {

namespace json = boost::json;

http::Response problem(int status, std::string why) {
  return http::json_response(status, json::serialize(json::object{{"error", std::move(why)}}));
}

// A socket that does not say who is there is none that we listen on.
http::Response nobody() { return problem(403, "who asks is not known"); }

json::object line_of(const queue::Summary& summary) {
  json::array recipients;
  for (const std::string& one : summary.recipients) recipients.emplace_back(one);
  return {{"id", summary.id.text()},
          {"bytes", summary.bytes},
          {"accepted", summary.accepted.time_since_epoch() / std::chrono::seconds(1)},
          {"sender", summary.sender},
          {"recipients", std::move(recipients)},
          {"last_reply", summary.hold ? summary.hold_reason : summary.last_reply},
          {"hold", summary.hold},
          {"active", summary.active}};
}

}  // namespace

Door::Door(Parts parts) : parts_(parts) {
  router_.add("POST", "/v1/letters",
              [this](http::Request request) { return take(std::move(request)); });
  router_.add("GET", "/v1/queue",
              [this](http::Request request) { return list(std::move(request)); });
  router_.add("POST", "/v1/queue/retry",
              [this](http::Request request) { return retry(std::move(request)); });
}

bool Door::may_do_everything(std::uint32_t user) const {
  return user == 0 || user == parts_.server_user;
}

io::Task<http::Response> Door::take(http::Request request) {
  const auto peer = http::local_peer_of(request);
  if (!peer) co_return nobody();
  auto ready = co_await parts_.intake.read(peer->user, std::move(request.body));
  if (!ready) {
    json::object out{{"error", ready.error().detail}, {"code", 553}, {"enhanced", "5.1.3"}};
    co_return http::json_response(422, json::serialize(out));
  }
  Original original = original_of(ready->mail, parts_.clock.wall());
  http::Response answer = co_await parts_.intake.send(std::move(*ready));
  if (answer.status == 200) {
    std::vector<Refusal> refusals = refusals_of(original, answer);
    // When nobody can be told, those who were accepted still get it.
    if (!refusals.empty()) {
      (void)co_await parts_.report.send(std::move(original), std::move(refusals));
    }
  }
  co_return answer;
}

io::Task<http::Response> Door::list(http::Request request) {
  const auto peer = http::local_peer_of(request);
  if (!peer) co_return nobody();
  queue::Filter filter;
  if (!may_do_everything(peer->user)) {
    filter.account = address_of(co_await parts_.intake.author(peer->user));
  }
  const auto lines = co_await parts_.queues.list(std::move(filter), queue_lines_max + 1);
  json::array messages;
  for (const queue::Summary& one : lines) {
    if (messages.size() < queue_lines_max) messages.emplace_back(line_of(one));
  }
  json::object out{{"messages", std::move(messages)}, {"more", lines.size() > queue_lines_max}};
  co_return http::json_response(200, json::serialize(out));
}

io::Task<http::Response> Door::retry(http::Request request) {
  const auto peer = http::local_peer_of(request);
  if (!peer || !may_do_everything(peer->user)) {
    co_return problem(403, "only root and the user who runs the server may try all mail again");
  }
  const auto count =
      co_await parts_.queues.operate(queue::Operation::retry, {}, "by `sendmail -q`", false);
  if (!count) co_return problem(503, count.error().detail);
  co_return http::json_response(200, json::serialize(json::object{{"count", *count}}));
}

}  // namespace local_mail
