// report/incoming/tls_reader.h: reads an SMTP TLS report (RFC 8460 §4).
//
// What:    JSON → ReceivedReport: sessions that had TLS and that failed, by kind of failure.
// In/Out:  octets → values; `detail` is the JSON as it came.
// Errors:  invalid with words.
// Limits:  records_max failures; nesting by Boost.JSON (32).
// Not here: unpacking (unpack.h).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "report/incoming/received.h"

namespace report {

[[nodiscard]] base::Result<ReceivedReport> read_tls_report(std::string_view json);

}  // namespace report
