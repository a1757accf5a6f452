// See status.h.
#include "session/status.h"

namespace session {

Counters::Counters(base::Metrics& metrics)
    : connections(metrics.counter("stagepost_session_connections_total", "Connections accepted")),
      connections_refused(metrics.counter("stagepost_session_connections_refused_total",
                                          "Connections refused by a limit")),
      proxies_refused(metrics.counter("stagepost_session_proxies_refused_total",
                                      "Connections refused for want of a good PROXY header, or "
                                      "for one from an address that is no listed proxy")),
      open(metrics.gauge("stagepost_session_open", "Connections open now")),
      messages(metrics.counter("stagepost_session_messages_total", "Messages answered 250")),
      submissions(metrics.counter("stagepost_session_submissions_total",
                                  "Of the messages answered 250 those of people who logged in")),
      message_bytes(metrics.counter("stagepost_session_message_bytes_total",
                                    "Octets of messages answered 250")),
      refused(metrics.counter("stagepost_session_messages_refused_total",
                              "Messages refused for good after DATA")),
      deferred(metrics.counter("stagepost_session_messages_deferred_total",
                               "Messages refused for now after DATA")),
      recipients_refused(
          metrics.counter("stagepost_session_recipients_refused_total", "RCPT commands refused")),
      tls_handshakes(metrics.counter("stagepost_session_tls_handshakes_total",
                                     "TLS handshakes that succeeded")),
      tls_failures(
          metrics.counter("stagepost_session_tls_failures_total", "TLS handshakes that failed")),
      auth_failures(metrics.counter("stagepost_session_auth_failures_total", "Failed log-ins")) {}

}  // namespace session
