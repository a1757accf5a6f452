// See table.h: traces for OpenTelemetry.
#include "config/table.h"

namespace config {
namespace {

Section otel_section() {
  Section section;
  section.name = "otel";
  section.text =
      "Each message as a trace of OpenTelemetry, sent to a collector; see docs/otel.md. [privacy] "
      "holds for it, too.";
  Setting endpoint = setting(
      "endpoint", STAGEPOST_FIELD(server.otel.endpoint), text_codec("URL"),
      "Where the collector takes OTLP/HTTP, such as \"http://127.0.0.1:4318\" (\"/v1/traces\" is "
      "added); https:// unless it is on this host. Empty: nothing is sent.");
  endpoint.finish = [](Config& config, const std::string&) {
    config.session.tell_moments = config.server.otel.on();
  };
  section.settings = {
      std::move(endpoint),
      setting("headers", STAGEPOST_FIELD(server.otel.headers),
              list_codec(text_codec("NAME: VALUE")),
              "Sent with each request, such as [\"Authorization: Bearer …\"]."),
      path_setting(
          "ca_file", STAGEPOST_FIELD(server.otel.ca_file), {.below = Below::none, .name = {}},
          "PEM file: whom to believe about the collector's certificate; empty: the system's."),
      setting("service_name", STAGEPOST_FIELD(server.otel.service_name), text_codec(),
              "What this server is called there."),
      setting("ratio_percent", STAGEPOST_FIELD(server.otel.ratio_percent),
              count_codec<unsigned>(1, 100),
              "Of how many messages in a hundred the trace is sent; of the others nothing."),
      setting("timeout", STAGEPOST_FIELD(server.otel.timeout),
              duration_codec(std::chrono::milliseconds(100), std::chrono::minutes(1)),
              "How long a request may take."),
      setting("queued_spans_max", STAGEPOST_FIELD(server.otel.queued_spans_max),
              count_codec<std::size_t>(1'000, 1'000'000),
              "Spans that wait while the collector is away; the oldest go."),
  };
  return section;
}

}  // namespace

std::vector<Section> otel_sections() { return {otel_section()}; }

}  // namespace config
