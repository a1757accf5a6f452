// See otel.h.
#include "server/otel.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/io/random.h"

namespace server {
namespace {

std::vector<trace::Attribute> resource_of(const OtelSettings& settings,
                                          const OtelExporter::About& about) {
  return {{.key = "service.name", .value = settings.service_name},
          {.key = "service.version", .value = STAGEPOST_VERSION},
          {.key = "service.instance.id", .value = fmt::format("{}/{}", about.hostname, about.node)},
          {.key = "host.name", .value = about.hostname}};
}

// Takes the records apart into spans; off the loop.
bool digest(std::string_view records, trace::Spans& spans) {
  trace::EventView view;
  while (const auto size = trace::record_size(records)) {
    if (trace::view_record(records, trace::Checksum::ignore, view)) spans.add(view);
    records.remove_prefix(*size);
  }
  return true;
}

}  // namespace

OtelExporter::OtelExporter(const OtelSettings& settings, About about, base::Metrics& metrics)
    : settings_(settings),
      resource_(resource_of(settings, about)),
      sent_(
          metrics.counter("stagepost_otel_spans_sent_total", "Spans that the collector has taken")),
      dropped_(metrics.counter("stagepost_otel_spans_dropped_total",
                               "Spans lost: the collector was away too long or refused them")),
      lost_events_(metrics.counter("stagepost_otel_events_lost_total",
                                   "Events that came faster than spans were made of them")),
      spans_({.host = fmt::format("{}/{}", about.hostname, about.node),
              .ratio = settings.ratio_percent / 100.0,
              .since = about.now}) {}

bool OtelExporter::wants(base::Severity severity) const {
  return settings_.on() && severity >= base::Severity::info;
}

void OtelExporter::record(std::string_view record) {
  const std::lock_guard lock(mutex_);
  if (pending_.size() + record.size() > pending_bytes_max) {
    lost_events_.add();
    return;
  }
  pending_ += record;
}

void OtelExporter::drop(std::size_t spans) {
  for (std::size_t i = 0; i < spans && !queue_.empty(); ++i) queue_.pop_front();
  dropped_.add(spans);
}

// The oldest go: the newest are what somebody looks for when the collector is back.
io::Task<void> OtelExporter::collect(policy::WebParts parts, bool all) {
  std::string records;
  {
    const std::lock_guard lock(mutex_);
    records.swap(pending_);
  }
  const base::Time now = parts.doors.clock.wall();
  auto made = co_await io::on_pool(parts.doors.pool, [this, &records, now, all] {
    digest(records, spans_);
    return spans_.take(now, all);
  });
  for (trace::Span& span : made) queue_.push_back(std::move(span));
  if (queue_.size() > settings_.queued_spans_max) drop(queue_.size() - settings_.queued_spans_max);
  const std::uint64_t given_up = spans_.given_up();
  dropped_.add(given_up - std::exchange(given_up_, given_up));
}

http::Request OtelExporter::request_of(std::string body) const {
  http::Request request;
  request.method = "POST";
  request.body = std::move(body);
  request.headers.add("Content-Type", "application/json");
  request.headers.add("User-Agent", "stagepost/" STAGEPOST_VERSION);
  for (const std::string& header : settings_.headers) {
    const std::size_t colon = header.find(':');
    request.headers.add(std::string(base::trim(header.substr(0, colon))),
                        std::string(base::trim(header.substr(colon + 1))));
  }
  return request;
}

// The first batch of the queue, which stays there until it is known what became of it.
io::Task<OtelExporter::Sent> OtelExporter::send(policy::WebParts parts, base::Duration timeout) {
  const std::size_t count = std::min(queue_.size(), batch_spans_max);
  std::string body = co_await io::on_pool(parts.doors.pool, [this, count] {
    const std::vector<trace::Span> batch(queue_.begin(),
                                         queue_.begin() + static_cast<std::ptrdiff_t>(count));
    return trace::otlp_json(batch, resource_);
  });
  auto url = policy::parse_url(settings_.endpoint);
  if (!url) co_return Sent{.fate = Fate::never, .error = "otel.endpoint is no URL"};
  url->target += url->target.ends_with('/') ? "v1/traces" : "/v1/traces";
  auto response = co_await policy::ask_web(std::move(parts), std::move(*url),
                                           request_of(std::move(body)), timeout);
  if (!response) {
    const bool stopped = response.error().kind == base::ErrorKind::cancelled;
    co_return Sent{.fate = stopped ? Fate::stopped : Fate::again, .error = response.error().text()};
  }
  if (response->status / 100 == 2) {
    const auto rejected = std::min<std::uint64_t>(trace::rejected_spans(response->body), count);
    sent_.add(count - rejected);
    dropped_.add(rejected);
    co_return Sent{};
  }
  Sent out{.error = fmt::format("it answered {} {}", response->status,
                                base::printable(response->body, 200))};
  // OTLP 1.9, "Failures": these may be tried again, all others must not.
  const int status = response->status;
  const bool again = status == 429 || status == 502 || status == 503 || status == 504;
  out.fate = again ? Fate::again : Fate::never;
  const std::string* wait = response->headers.find("Retry-After");
  if (again && wait != nullptr) {
    const auto seconds = base::parse_number(*wait).value_or(0);
    out.wait = std::min(
        pause_max, base::Duration(std::chrono::seconds(std::min<std::uint64_t>(seconds, 3'600))));
  }
  co_return out;
}

void OtelExporter::settle(const Sent& sent, policy::WebParts& parts, base::EventSink& events) {
  const std::size_t count = std::min(queue_.size(), batch_spans_max);
  const bool trouble_before = pause_ > base::Duration(0);
  const auto tell = [&](base::Severity severity, std::string_view name, std::string text) {
    events.emit({.severity = severity,
                 .name = name,
                 .time = parts.doors.clock.wall(),
                 .session = {},
                 .message = {},
                 .fields = {{"endpoint", settings_.endpoint}, {"text", std::move(text)}}});
  };
  if (sent.fate == Fate::taken) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    pause_ = base::Duration(0);
    if (trouble_before) tell(base::Severity::info, "otel.back", "spans are sent again");
    return;
  }
  if (sent.fate == Fate::never) drop(count);
  if (!trouble_before) {
    tell(base::Severity::warning, "otel.failed",
         fmt::format("spans cannot be sent: {}; mail goes on, up to {} spans wait", sent.error,
                     settings_.queued_spans_max));
  }
  pause_ = std::clamp(pause_ * 2, pause_min, pause_max);
  // Several servers must not come back in step.
  const auto jitter = base::Duration(static_cast<std::int64_t>(
      parts.doors.random.below(static_cast<std::uint64_t>(pause_.count()) / 4)));
  next_try_ = parts.doors.clock.now() + std::max(pause_, sent.wait) + jitter;
}

io::Task<void> OtelExporter::run(policy::WebParts parts, io::Ref<base::EventSink> events) {
  if (!settings_.on()) co_return;
  while (true) {
    if (!co_await io::sleep_for(parts.doors.clock, send_every)) co_return;  // told to stop
    co_await collect(parts, false);
    while (!queue_.empty() && parts.doors.clock.now() >= next_try_) {
      const Sent sent = co_await send(parts, settings_.timeout);
      if (sent.fate == Fate::stopped) co_return;  // last() tries once more
      settle(sent, parts, *events);
    }
  }
}

io::Task<void> OtelExporter::last(policy::WebParts parts) {
  if (!settings_.on()) co_return;
  co_await collect(parts, true);
  const base::Instant end = parts.doors.clock.now() + last_timeout;
  while (!queue_.empty()) {
    const base::Duration left = end - parts.doors.clock.now();
    const std::size_t count = std::min(queue_.size(), batch_spans_max);
    if (left <= base::Duration(0)) break;
    const Sent sent = co_await send(parts, left);
    if (sent.fate != Fate::taken) break;
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  drop(queue_.size());
}

}  // namespace server
