// See spans.h.
#include "trace/spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace trace {
namespace {

constexpr std::size_t trace_id_bytes = 16;
constexpr std::size_t span_id_bytes = 8;

std::string_view value_of(const EventView& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name == key) return value;
  }
  return {};
}

std::string cut(std::string_view text) {
  return std::string(text.substr(0, Spans::text_bytes_max));
}

std::string id_of(std::string_view seed, std::size_t bytes) {
  return base::hex(io::sha256(seed).substr(0, bytes));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 && std::ranges::all_of(text, base::is_digit);
}

// "192.0.2.1:4711", "[2001:db8::1]:4711", "mx.example.net[192.0.2.1]:25" → a place and its port.
void add_place(std::string_view who, std::string_view text, std::vector<Attribute>& out) {
  std::string_view place = text;
  const std::size_t colon = text.rfind(':');
  const bool port = colon != std::string_view::npos && is_number(text.substr(colon + 1)) &&
                    (text.find(':') == colon || text[colon - 1] == ']');
  if (port) place = text.substr(0, colon);
  if (place.starts_with('[') && place.ends_with(']')) place = place.substr(1, place.size() - 2);
  out.push_back({.key = fmt::format("{}.address", who), .value = cut(place)});
  if (port) {
    out.push_back({.key = fmt::format("{}.port", who),
                   .value = std::string(text.substr(colon + 1)),
                   .number = true});
  }
}

// OpenTelemetry's semantic conventions where they have a name for it, else our field's.
void add_attribute(std::string_view key, std::string_view value, std::vector<Attribute>& out) {
  constexpr std::array<std::string_view, 4> of_their_own = {"moments", "duration", "session",
                                                            "listener"};
  if (value.empty()) return;
  if (key == "peer") return add_place("client", value, out);
  if (key == "remote") return add_place("server", value, out);
  if (key == "size" || key == "bytes") {
    out.push_back({.key = "messaging.message.envelope.size",
                   .value = std::string(value),
                   .number = is_number(value)});
  } else if (key == "protocol" || key == "tls") {
    const std::string_view version = value.substr(0, value.find(' '));
    out.push_back({.key = "tls.protocol.version",
                   .value = cut(version.starts_with("TLSv") ? version.substr(4) : version)});
    if (version.size() < value.size()) {
      out.push_back({.key = "tls.cipher", .value = cut(value.substr(version.size() + 1))});
    }
  } else if (key == "cipher") {
    out.push_back({.key = "tls.cipher", .value = cut(value)});
  } else if (std::ranges::find(of_their_own, key) == of_their_own.end()) {
    out.push_back(
        {.key = fmt::format("stagepost.{}", key), .value = cut(value), .number = is_number(value)});
  } else if (key == "listener") {
    out.push_back({.key = "stagepost.listener", .value = cut(value)});
  }
}

std::vector<Attribute> attributes_of(const EventView& event) {
  std::vector<Attribute> out;
  for (const auto& [key, value] : event.fields) add_attribute(key, value, out);
  return out;
}

SpanEvent event_of(const EventView& event) {
  return {.time = event.time, .name = std::string(event.name), .attributes = attributes_of(event)};
}

// "550 5.1.1" of a reply: few values, as error.type wants them.
std::string error_type(std::string_view reply) {
  const auto words = base::words(reply);
  if (words.empty()) return "_OTHER";
  std::string out(words[0]);
  if (words.size() > 1 && std::ranges::count(words[1], '.') == 2)
    out += " " + std::string(words[1]);
  return cut(out);
}

void set_status(Span& span, std::string_view reply) {
  if (reply.starts_with('4') || reply.starts_with('5')) {
    span.status = Span::Status::error;
    span.status_text = cut(reply);
    span.attributes.push_back({.key = "error.type", .value = error_type(reply)});
  } else {
    span.status = Span::Status::ok;
  }
}

// The moments of a message, as microseconds before its event: MAIL, DATA, the final dot.
std::optional<std::array<base::Time, 3>> moments_of(const EventView& event) {
  std::array<base::Time, 3> out;
  const auto words = base::words(value_of(event, "moments"));
  if (words.size() != out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto before = base::parse_number(words[i]);
    if (!before || *before > std::uint64_t{1} << 50U) return std::nullopt;
    out.at(i) = event.time - base::Duration(static_cast<std::int64_t>(*before));
  }
  return out;
}

template <class Map>
void bound(Map& map, std::deque<std::uint64_t>& order, std::size_t max, std::uint64_t& given_up) {
  while (map.size() > max && !order.empty()) {
    given_up += map.erase(order.front());
    order.pop_front();
  }
  // What ended by itself is still named in the order.
  while (order.size() > 2 * max) order.pop_front();
}

}  // namespace

bool Spans::sampled(std::string_view trace_id) const {
  if (options_.ratio >= 1) return true;
  std::uint64_t number = 0;
  const std::string_view low = trace_id.substr(trace_id.size() - span_id_bytes * 2);
  std::from_chars(low.data(), low.data() + low.size(), number, 16);
  constexpr auto whole = static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  return static_cast<double>(number) < options_.ratio * whole;
}

std::string Spans::trace_of(base::MessageId id) const {
  return id_of(fmt::format("{}/{}", options_.host, id.text()), trace_id_bytes);
}

std::string Spans::root_id(base::MessageId id) const {
  return id_of(fmt::format("{}/{}/root", options_.host, id.text()), span_id_bytes);
}

Span Spans::span_of(base::MessageId id, std::string_view what, std::string name) const {
  Span out;
  out.trace_id = trace_of(id);
  out.id = id_of(fmt::format("{}/{}/{}", options_.host, id.text(), what), span_id_bytes);
  (id.made() < options_.since ? out.link : out.parent) = root_id(id);
  out.name = std::move(name);
  out.attributes.push_back({.key = "messaging.system", .value = "smtp"});
  out.attributes.push_back({.key = "messaging.message.id", .value = id.text()});
  return out;
}

void Spans::keep(Span span) {
  if (sampled(span.trace_id)) whole_.push_back(std::move(span));
}

void Spans::add(const EventView& event) {
  if (event.name.starts_with("otel.")) return;  // about ourselves
  if (event.name == "session.connect") {
    sessions_[event.session.value] = {
        .begin = event.time, .attributes = attributes_of(event), .events = {}, .messages = 0};
    session_order_.push_back(event.session.value);
    bound(sessions_, session_order_, sessions_max, given_up_);
  } else if (event.name == "session.end") {
    end_session(event);
  } else if (event.name == "message.accepted" || event.name == "message.refused" ||
             event.name == "message.discarded") {
    conclude(event);
  } else if (event.message && (event.name == "message.judged" || event.name == "message.queued")) {
    Arriving& arriving = arriving_[event.message.value];
    arriving_order_.push_back(event.message.value);
    if (event.name == "message.judged") arriving.judged = attributes_of(event);
    if (event.name == "message.queued") arriving.committed = event.time;
    bound(arriving_, arriving_order_, messages_max, given_up_);
  } else if (event.name == "delivery.attempt") {
    attempt(event);
  } else if (event.name.starts_with("recipient.") && event.message) {
    outcome(event);
  } else if (event.name == "message.done") {
    done(event);
  } else if (event.name.starts_with("message.") && event.message) {
    moment(event);
  } else if (event.session.value != 0) {
    session_event(event);
  }
}

void Spans::session_event(const EventView& event) {
  const auto at = sessions_.find(event.session.value);
  if (at == sessions_.end()) return;
  Session& session = at->second;
  if (event.name == "session.tls") {
    const auto more = attributes_of(event);
    session.attributes.insert(session.attributes.end(), more.begin(), more.end());
  }
  if (session.events.size() < events_max) session.events.push_back(event_of(event));
}

void Spans::end_session(const EventView& event) {
  const auto at = sessions_.find(event.session.value);
  if (at == sessions_.end()) return;
  Session session = std::move(at->second);
  sessions_.erase(at);
  if (session.messages > 0) return;
  Span span;
  const std::string seed = fmt::format("{}/{}", options_.host, event.session.text());
  span.trace_id = id_of(seed, trace_id_bytes);
  span.id = id_of(seed + "/root", span_id_bytes);
  span.name = "smtp session";
  span.kind = Span::Kind::server;
  span.begin = session.begin;
  span.end = event.time;
  span.attributes = std::move(session.attributes);
  span.attributes.push_back({.key = "network.protocol.name", .value = "smtp"});
  span.attributes.push_back({.key = "stagepost.session", .value = event.session.text()});
  for (const auto& [key, value] : event.fields) add_attribute(key, value, span.attributes);
  span.events = std::move(session.events);
  keep(std::move(span));
}

// The root: from the connection, or what came before in it, to the answer.
void Spans::conclude(const EventView& event) {
  Arriving arriving;
  if (const auto at = arriving_.find(event.message.value); at != arriving_.end()) {
    arriving = std::move(at->second);
    arriving_.erase(at);
  }
  Span root = span_of(event.message, "root", "smtp receive");
  root.parent.clear();
  root.link.clear();
  root.kind = Span::Kind::server;
  root.begin = event.time;
  root.end = std::max(event.time, arriving.committed);
  root.attributes.push_back({.key = "messaging.operation.type", .value = "receive"});
  root.attributes.push_back({.key = "network.protocol.name", .value = "smtp"});
  const auto more = attributes_of(event);
  const auto at = sessions_.find(event.session.value);
  if (at == sessions_.end()) {
    root.attributes.insert(root.attributes.end(), more.begin(), more.end());
  } else {
    Session& session = at->second;
    root.begin = std::min(session.begin, event.time);
    const auto known = [&more](const Attribute& one) {
      return std::ranges::find(more, one.key, &Attribute::key) != more.end();
    };
    std::ranges::copy_if(session.attributes, std::back_inserter(root.attributes),
                         [&known](const Attribute& one) { return !known(one); });
    root.attributes.insert(root.attributes.end(), more.begin(), more.end());
    root.attributes.push_back({.key = "stagepost.session", .value = event.session.text()});
    root.events = std::exchange(session.events, {});
    session.begin = root.end;
    ++session.messages;
  }
  if (const auto moments = moments_of(event)) root.begin = std::min(root.begin, (*moments)[0]);
  set_status(root, event.name == "message.refused" ? value_of(event, "reply") : "");
  add_parts(root, event, arriving);
  keep(std::move(root));
}

// Each begins where the one before ends; what nobody told the moments of is not shown.
void Spans::add_parts(const Span& root, const EventView& event, const Arriving& arriving) {
  const auto part = [&](std::string_view what, base::Time begin, base::Time end) {
    Span span = span_of(event.message, what, fmt::format("smtp {}", what));
    span.parent = root.id;
    span.link.clear();
    span.begin = begin;
    span.end = std::max(begin, end);
    return span;
  };
  const auto moments = moments_of(event);
  if (moments) {
    keep(part("envelope", (*moments)[0], (*moments)[1]));
    keep(part("data", (*moments)[1], (*moments)[2]));
  }
  if (moments || !arriving.judged.empty()) {
    Span policy = part("policy", moments ? (*moments)[2] : event.time, event.time);
    policy.attributes.insert(policy.attributes.end(), arriving.judged.begin(),
                             arriving.judged.end());
    keep(std::move(policy));
  }
  if (arriving.committed != base::Time()) {
    keep(part("commit", std::min(event.time, arriving.committed), arriving.committed));
  }
}

void Spans::attempt(const EventView& event) {
  const std::string seed =
      fmt::format("attempt/{}/{}/{}", value_of(event, "attempt"), value_of(event, "destination"),
                  event.time.time_since_epoch().count());
  Span span = span_of(event.message, seed, "delivery attempt");
  const auto took = base::parse_duration(value_of(event, "duration"));
  span.kind = Span::Kind::client;
  span.begin = took ? event.time - *took : event.time;
  span.end = event.time;
  span.attributes.push_back({.key = "messaging.operation.type", .value = "send"});
  for (const auto& [key, value] : event.fields) add_attribute(key, value, span.attributes);
  set_status(span, value_of(event, "reply"));
  attempts_.push_back(std::move(span));
  while (attempts_.size() > messages_max) {
    keep(std::move(attempts_.front()));
    attempts_.pop_front();
  }
}

// What became of a recipient belongs to the attempt that it was in.
void Spans::outcome(const EventView& event) {
  const std::string trace_id = trace_of(event.message);
  const auto at = std::find_if(attempts_.rbegin(), attempts_.rend(), [&](const Span& span) {
    return span.trace_id == trace_id && span.events.size() < events_max;
  });
  if (at == attempts_.rend()) return moment(event);
  at->events.push_back(event_of(event));
}

void Spans::done(const EventView& event) {
  Span span = span_of(event.message, "queue", "queue");
  span.begin = std::min(event.message.made(), event.time);
  span.end = event.time;
  keep(std::move(span));
}

// Something that takes no time: held, released, expired, removed by an operator.
void Spans::moment(const EventView& event) {
  Span span = span_of(event.message,
                      fmt::format("{}/{}", event.name, event.time.time_since_epoch().count()),
                      std::string(event.name));
  span.begin = event.time;
  span.end = event.time;
  for (const auto& [key, value] : event.fields) add_attribute(key, value, span.attributes);
  if (event.name == "recipient.failed") set_status(span, value_of(event, "reply"));
  keep(std::move(span));
}

std::vector<Span> Spans::take(base::Time now, bool all) {
  while (!attempts_.empty() &&
         (all || now - attempts_.front().end >= patience || attempts_.front().end > now)) {
    keep(std::move(attempts_.front()));
    attempts_.pop_front();
  }
  return std::exchange(whole_, {});
}

}  // namespace trace
