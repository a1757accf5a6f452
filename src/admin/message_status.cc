// See message_status.h; and the route of it.
#include "admin/message_status.h"

#include <algorithm>
#include <map>

#include "admin/api.h"
#include "admin/caller.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

constexpr std::size_t events_max = 20'000;  // a thousand recipients, deferred for days
constexpr std::string_view recipient_prefix = "recipient.";

using ByAddress = std::map<std::string, RecipientStatus, std::less<>>;

// "recipient.delivered" and its kin: the last one counts.
void note_recipient(const trace::StoredEvent& event, ByAddress& recipients) {
  const std::string address(event.field("to"));
  RecipientStatus& status = recipients[address];
  status.address = address;
  status.state = event.name.substr(recipient_prefix.size());
  status.reply = event.field("reply");
  status.remote = event.field("remote");
  status.since = event.time;
  status.next_attempt.reset();
  if (const auto next = base::parse_time(event.field("next"))) status.next_attempt = *next;
}

void note_event(const trace::StoredEvent& event, MessageStatus& status, ByAddress& recipients) {
  if (status.from.empty()) status.from = event.field("from");
  if (status.account.empty()) status.account = event.field("account");
  if (event.name == "message.accepted" || event.name == "message.queued") {
    if (!status.accepted) status.accepted = event.time;
    if (status.state.empty()) status.state = "queued";
  } else if (event.name == "message.discarded") {
    status.state = "discarded";
  } else if (event.name == "message.done") {
    status.state = "done";
  } else if (event.name.starts_with(recipient_prefix) && event.name != "recipient.refused") {
    note_recipient(event, recipients);
  }
}

// What waits in the queue is what it says, whatever the trace has seen.
void note_live(const queue::Summary& live, MessageStatus& status, ByAddress& recipients) {
  status.from = live.sender;
  if (status.account.empty()) status.account = live.account;
  if (!status.accepted) status.accepted = live.accepted;
  status.state = live.hold ? "held" : live.scheduled ? "scheduled" : "queued";
  status.hold_reason = live.hold_reason;
  for (const std::string& address : live.recipients) {
    RecipientStatus& one = recipients[address];
    one.address = address;
    if (one.state.empty() || live.hold || live.scheduled) one.state = status.state;
    if (!live.hold) one.next_attempt = live.next_attempt;
  }
}

io::Task<base::Result<MessageStatus>> find_status(Parts* parts, base::MessageId id) {
  const base::Time now = parts->doors.clock.wall();
  auto events = co_await io::on_pool(parts->doors.pool, [parts, id, now] {
    return parts->trace.find(id.text(), events_max, now);
  });
  if (!events) co_return std::unexpected(std::move(events.error()));
  std::erase_if(*events, [id](const trace::StoredEvent& event) { return event.message != id; });
  queue::Filter filter;
  filter.id = id;
  auto waiting = co_await parts->queues.list(filter, 1);
  std::optional<queue::Summary> live;
  if (!waiting.empty()) live = std::move(waiting.front());
  if (events->empty() && !live) {
    co_return base::fail(base::ErrorKind::not_found,
                         "nothing is known of " + id.text() +
                             ": it never came, or it is older than what the trace keeps");
  }
  co_return status_of(id, *events, live);
}

io::Task<http::Response> show(Parts* parts, http::Request request) {
  const auto at = request.captures.find("id");
  const auto id = base::MessageId::parse(at == request.captures.end() ? "" : at->second);
  if (!id) {
    co_return error_response(
        {.kind = base::ErrorKind::invalid, .detail = "a message's id is 13 letters and digits"});
  }
  const Caller caller = caller_of(request);
  auto status = co_await find_status(parts, *id);
  if (!status) co_return error_response(status.error());
  // Whoever sends for one account learns nothing of others' mail, not even that it exists.
  if (!caller.account.empty() && status->account != caller.account) {
    co_return error_response({.kind = base::ErrorKind::not_found,
                              .detail = "nothing is known of " + id->text() +
                                        ": it never came, or it is older than what the trace "
                                        "keeps"});
  }
  co_return http::json_response(200, boost::json::serialize(status_json(*status)));
}

void add_time(boost::json::object& out, std::string_view key, std::optional<base::Time> time) {
  if (time) out[key] = base::format_time(*time);
}

void add_text(boost::json::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

}  // namespace

MessageStatus status_of(base::MessageId id, const std::vector<trace::StoredEvent>& events,
                        const std::optional<queue::Summary>& live) {
  MessageStatus status;
  status.id = id;
  ByAddress recipients;
  for (const trace::StoredEvent& event : events) note_event(event, status, recipients);
  if (live) note_live(*live, status, recipients);
  // Its end is written after its recipients' ends; in between it is as good as done.
  if (!live && status.state == "queued" && !recipients.empty()) status.state = "done";
  for (auto& [address, recipient] : recipients) {
    status.recipients.push_back(std::move(recipient));
  }
  return status;
}

boost::json::object status_json(const MessageStatus& status) {
  boost::json::object out{{"id", status.id.text()}, {"from", status.from}, {"state", status.state}};
  add_text(out, "account", status.account);
  add_text(out, "hold_reason", status.hold_reason);
  add_time(out, "accepted", status.accepted);
  boost::json::array recipients;
  for (const RecipientStatus& one : status.recipients) {
    boost::json::object line{{"address", one.address}, {"state", one.state}};
    add_text(line, "reply", one.reply);
    add_text(line, "remote", one.remote);
    add_time(line, "since", one.since);
    add_time(line, "next_attempt", one.next_attempt);
    recipients.push_back(std::move(line));
  }
  out["recipients"] = std::move(recipients);
  return out;
}

void add_status_route(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/messages/{id}",
             [&parts](http::Request request) { return show(&parts, std::move(request)); });
}

}  // namespace admin
