// See otlp.h.
#include "trace/otlp.h"

#include <fmt/format.h>

#include <iterator>

#include "lib/base/text.h"
#include "trace/line.h"

namespace trace {
namespace {

void add_text(std::string_view key, std::string_view value, std::string& out) {
  if (!out.ends_with('{')) out += ',';
  append_json_text(out, key);
  out += ':';
  append_json_text(out, value);
}

void add_number(std::string_view key, int value, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", out.ends_with('{') ? "" : ",", key, value);
}

void add_time(std::string_view key, base::Time time, std::string& out) {
  constexpr int nanoseconds = 1'000;  // of our microseconds
  add_text(key, fmt::to_string(time.time_since_epoch().count() * nanoseconds), out);
}

template <class List, class Write>
void add_list(std::string_view key, const List& list, std::string& out, Write write) {
  if (list.empty()) return;
  fmt::format_to(std::back_inserter(out), "{}\"{}\":[", out.ends_with('{') ? "" : ",", key);
  for (const auto& one : list) {
    if (!out.ends_with('[')) out += ',';
    out += '{';
    write(one);
    out += '}';
  }
  out += ']';
}

void add_attributes(const std::vector<Attribute>& attributes, std::string& out) {
  add_list("attributes", attributes, out, [&out](const Attribute& one) {
    add_text("key", one.key, out);
    out += ",\"value\":{";
    add_text(one.number ? "intValue" : "stringValue", one.value, out);
    out += '}';
  });
}

void add_span(const Span& span, std::string& out) {
  add_text("traceId", span.trace_id, out);
  add_text("spanId", span.id, out);
  if (!span.parent.empty()) add_text("parentSpanId", span.parent, out);
  add_text("name", span.name, out);
  add_number("kind", static_cast<int>(span.kind), out);
  add_time("startTimeUnixNano", span.begin, out);
  add_time("endTimeUnixNano", span.end, out);
  add_attributes(span.attributes, out);
  add_list("events", span.events, out, [&out](const SpanEvent& event) {
    add_time("timeUnixNano", event.time, out);
    add_text("name", event.name, out);
    add_attributes(event.attributes, out);
  });
  if (!span.link.empty()) {
    out += ",\"links\":[{";
    add_text("traceId", span.trace_id, out);
    add_text("spanId", span.link, out);
    out += "}]";
  }
  if (span.status == Span::Status::unset) return;
  out += ",\"status\":{";
  add_number("code", static_cast<int>(span.status), out);
  if (!span.status_text.empty()) add_text("message", span.status_text, out);
  out += '}';
}

}  // namespace

std::string otlp_json(std::span<const Span> spans, const std::vector<Attribute>& resource) {
  std::string out = R"({"resourceSpans":[{"resource":{)";
  add_attributes(resource, out);
  out += R"(},"scopeSpans":[{"scope":{"name":"stagepost","version":")" STAGEPOST_VERSION R"("},)";
  out += R"("spans":[)";
  for (const Span& span : spans) {
    if (!out.ends_with('[')) out += ',';
    out += '{';
    add_span(span, out);
    out += '}';
  }
  return out + "]}]}]}";
}

std::uint64_t rejected_spans(std::string_view body) {
  constexpr std::string_view key = "\"rejectedSpans\"";
  std::size_t at = body.find(key);
  if (at == std::string_view::npos) return 0;
  at = body.find_first_not_of(" \t\r\n:\"", at + key.size());
  if (at == std::string_view::npos) return 0;
  const std::size_t end = body.find_first_not_of("0123456789", at);
  return base::parse_number(body.substr(at, end - at)).value_or(0);
}

}  // namespace trace
