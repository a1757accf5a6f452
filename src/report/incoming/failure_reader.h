// report/incoming/failure_reader.h: reads a DMARC failure report (RFC 9991, RFC 6591, RFC 5965).
//
// What:    the fields of message/feedback-report → ReceivedReport with one row.
// In/Out:  octets → values; the message that it tells of is not kept, only who it was from.
// Errors:  invalid when it has no Feedback-Type.
// Limits:  text_bytes_max of a field.
// Not here: the mail around it (mail_reader.h).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "report/incoming/received.h"

namespace report {

[[nodiscard]] base::Result<ReceivedReport> read_failure(std::string_view fields);

}  // namespace report
