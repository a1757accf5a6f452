// See counters.h.
#include "delivery/counters.h"

namespace delivery {
namespace {

constexpr std::string_view recipients = "stagepost_delivery_recipients_total";
constexpr std::string_view recipients_help = "Recipients by kind of delivery and result";

}  // namespace

Counters::Counters(base::Metrics& metrics)
    : local_delivered(
          metrics.counter(recipients, recipients_help, R"(kind="local",result="delivered")")),
      local_deferred(
          metrics.counter(recipients, recipients_help, R"(kind="local",result="deferred")")),
      local_failed(metrics.counter(recipients, recipients_help, R"(kind="local",result="failed")")),
      smtp_delivered(
          metrics.counter(recipients, recipients_help, R"(kind="smtp",result="delivered")")),
      smtp_deferred(
          metrics.counter(recipients, recipients_help, R"(kind="smtp",result="deferred")")),
      smtp_failed(metrics.counter(recipients, recipients_help, R"(kind="smtp",result="failed")")),
      connections_opened(metrics.counter("stagepost_delivery_connections_opened_total",
                                         "Connections that came as far as EHLO")),
      connections_failed(metrics.counter("stagepost_delivery_connections_failed_total",
                                         "Connections that did not come as far as EHLO")),
      connections_reused(metrics.counter("stagepost_delivery_connections_reused_total",
                                         "Messages sent over a connection that was kept")),
      connections_stale(metrics.counter("stagepost_delivery_connections_stale_total",
                                        "Kept connections that turned out to be dead")),
      tls_sessions(metrics.counter("stagepost_delivery_tls_sessions_total",
                                   "Connections that were encrypted")),
      tls_fallbacks(metrics.counter("stagepost_delivery_tls_fallbacks_total",
                                    "Connections made again in plain because TLS broke")),
      logins_refused(metrics.counter("stagepost_delivery_logins_refused_total",
                                     "Log-ins that relay hosts refused")) {}

}  // namespace delivery
