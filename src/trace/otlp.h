// trace/otlp.h: spans in the form of OTLP/HTTP with JSON.
//
// What:    an ExportTraceServiceRequest in Protobuf's JSON mapping: ids in hexadecimal digits,
//          64-bit numbers as texts, enumerations as numbers (OTLP 1.9 "JSON Protobuf Encoding").
// In/Out:  spans and what is said of the whole service → JSON; a response's body → how many spans
//          were not taken.
// Errors:  none: control characters and broken UTF-8 are escaped as in the log.
// Limits:  the caller's number of spans.
// Not here: what spans say (spans.h), sending (server/otel.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/spans.h"

namespace trace {

// `resource`: service.name, service.version, host.name …
[[nodiscard]] std::string otlp_json(std::span<const Span> spans,
                                    const std::vector<Attribute>& resource);
// partialSuccess.rejectedSpans; 0 when it is not there or is no number.
[[nodiscard]] std::uint64_t rejected_spans(std::string_view body);

}  // namespace trace
