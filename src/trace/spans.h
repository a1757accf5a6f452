// trace/spans.h: a message's events as the spans of a distributed trace (OpenTelemetry).
//
// What:    per message a trace: the conversation that brought it with its parts (envelope, data,
//          policy, commit), each attempt to deliver it, its time in the queue. A session that
//          brings no message is a trace of one span.
// In/Out:  events in the order of emit → whole spans. Ids are made from host and message id, so
//          that attempts of later days, or after a restart, join their message's trace.
// Errors:  none: what does not fit together makes a span less.
// Limits:  sessions_max and messages_max are followed at a time, the oldest are given up; a span
//          has events_max events; texts are cut at text_bytes_max.
// Not here: their form on the wire (otlp.h), sending (server/otel.h), what is redacted (redact.h).
//
// Reason to derive them here instead of measuring on the mail's way: the events know it all but
// for four moments, and a message then costs the same whether anybody looks or not.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/time.h"
#include "trace/record.h"

namespace trace {

struct Attribute {
  std::string key;
  std::string value;
  bool number = false;
};

struct SpanEvent {
  base::Time time;
  std::string name;
  std::vector<Attribute> attributes;
};

struct Span {
  enum class Kind : std::uint8_t { internal = 1, server = 2, client = 3 };  // as OTLP counts
  enum class Status : std::uint8_t { unset = 0, ok = 1, error = 2 };

  std::string trace_id;  // 32 hexadecimal digits
  std::string id;        // 16
  std::string parent;    // 16, or empty
  std::string link;  // to a span of the same trace that may be unknown to the receiver; or empty
  std::string name;
  Kind kind = Kind::internal;
  base::Time begin;
  base::Time end;
  std::vector<Attribute> attributes;
  std::vector<SpanEvent> events;
  Status status = Status::unset;
  std::string status_text;
};

struct SpanOptions {
  std::string host;  // makes ids of several servers differ
  double ratio = 1;  // of the traces that are kept: all spans of one, or none
  base::Time since;  // messages from before may have no root: their spans link to it
};

class Spans {
 public:
  static constexpr std::size_t sessions_max = 20'000;
  static constexpr std::size_t messages_max = 20'000;
  static constexpr std::size_t events_max = 64;
  static constexpr std::size_t text_bytes_max = 512;
  // An attempt's span waits so long for what became of its recipients.
  static constexpr base::Duration patience = std::chrono::seconds(1);

  explicit Spans(SpanOptions options) : options_(std::move(options)) {}

  void add(const EventView& event);
  // What is whole by now; `all`: at the end nothing waits.
  [[nodiscard]] std::vector<Span> take(base::Time now, bool all = false);
  // Given up, because there were too many at a time.
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

  // A trace is kept whole or not at all.
  [[nodiscard]] bool sampled(std::string_view trace_id) const;
  [[nodiscard]] std::string trace_of(base::MessageId id) const;

 private:
  struct Session {
    base::Time begin;  // of it, then of what followed the last message
    std::vector<Attribute> attributes;
    std::vector<SpanEvent> events;
    std::size_t messages = 0;
  };
  // Between the verdict and the acceptance.
  struct Arriving {
    std::vector<Attribute> judged;
    base::Time committed;
  };

  void session_event(const EventView& event);
  void end_session(const EventView& event);
  void conclude(const EventView& event);
  void add_parts(const Span& root, const EventView& event, const Arriving& arriving);
  void attempt(const EventView& event);
  void outcome(const EventView& event);
  void done(const EventView& event);
  void moment(const EventView& event);
  [[nodiscard]] Span span_of(base::MessageId id, std::string_view what, std::string name) const;
  [[nodiscard]] std::string root_id(base::MessageId id) const;
  void keep(Span span);

  const SpanOptions options_;
  std::uint64_t given_up_ = 0;
  std::unordered_map<std::uint64_t, Session> sessions_;
  std::deque<std::uint64_t> session_order_;
  std::unordered_map<std::uint64_t, Arriving> arriving_;
  std::deque<std::uint64_t> arriving_order_;
  std::deque<Span> attempts_;  // whose recipients may still follow
  std::vector<Span> whole_;
};

}  // namespace trace
