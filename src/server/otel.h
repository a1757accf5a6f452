// server/otel.h: sends spans to an OpenTelemetry collector (OTLP/HTTP, JSON).
//
// What:    takes encoded events as the log does, makes spans of them and posts them in batches.
// In/Out:  record() from every loop; run() is a task of the main loop; last() at the stop.
// Errors:  what cannot be sent is tried again after 429, 502, 503, 504 and errors of the
//          connection, with growing pauses; other answers drop the batch. Dropped spans are
//          counted; the log says once that it began, and that it ended. Mail never waits.
// Limits:  pending_bytes_max of events, OtelSettings::queued_spans_max, batch_spans_max per
//          request.
// Not here: what a span is (trace/spans.h), its form (trace/otlp.h), redaction (trace/tee.h).
//
// It is here because it needs what trace/ may not know: the web, the DNS and TLS.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "policy/login/web.h"
#include "server/settings.h"
#include "trace/otlp.h"
#include "trace/spans.h"

namespace server {

class OtelExporter final : public trace::RecordSink {
 public:
  static constexpr std::size_t pending_bytes_max = 8UL << 20U;
  static constexpr std::size_t batch_spans_max = 512;
  static constexpr base::Duration send_every = std::chrono::seconds(1);
  static constexpr base::Duration pause_min = std::chrono::seconds(1);
  static constexpr base::Duration pause_max = std::chrono::minutes(1);
  static constexpr base::Duration last_timeout = std::chrono::seconds(2);

  struct About {
    std::string hostname;
    unsigned node = 1;
    base::Time now;
  };
  OtelExporter(const OtelSettings& settings, About about, base::Metrics& metrics);

  [[nodiscard]] bool wants(base::Severity severity) const override;
  void record(std::string_view record) override;

  // For TaskGroups.
  io::Task<void> run(policy::WebParts parts, io::Ref<base::EventSink> events);
  // After every other part has stopped: what is left, once, within last_timeout.
  io::Task<void> last(policy::WebParts parts);

 private:
  enum class Fate : std::uint8_t { taken, again, never, stopped };
  struct Sent {
    Fate fate = Fate::taken;
    base::Duration wait{0};  // as Retry-After said
    std::string error;
  };

  io::Task<void> collect(policy::WebParts parts, bool all);
  io::Task<Sent> send(policy::WebParts parts, base::Duration timeout);
  [[nodiscard]] http::Request request_of(std::string body) const;
  void settle(const Sent& sent, policy::WebParts& parts, base::EventSink& events);
  void drop(std::size_t spans);

  const OtelSettings settings_;
  const std::vector<trace::Attribute> resource_;
  base::Counter& sent_;
  base::Counter& dropped_;
  base::Counter& lost_events_;

  std::mutex mutex_;  // guards the pending records; held for a copy only
  std::string pending_;

  // Of run(), whose steps come one after the other, on the loop or on the pool.
  trace::Spans spans_;
  std::uint64_t given_up_ = 0;
  std::deque<trace::Span> queue_;
  base::Instant next_try_;
  base::Duration pause_{0};  // 0: the last request went well
};

}  // namespace server
