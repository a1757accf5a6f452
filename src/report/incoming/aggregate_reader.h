// report/incoming/aggregate_reader.h: reads a DMARC aggregate report (RFC 9990, RFC 7489, drafts).
//
// What:    XML → ReceivedReport; XML that is not well-formed is repaired first, and that is said.
// In/Out:  octets → values; `detail` has all records.
// Errors:  invalid with words: no report at all, no domain, results that are none of the RFC's.
// Limits:  records_max records, text_bytes_max of a value; no entity beside XML's five is known and
//          no DTD is read.
// Not here: unpacking (unpack.h), writing reports (dmarc/aggregate_xml.h).
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "report/incoming/received.h"

namespace report {

inline constexpr std::size_t text_bytes_max = 500;

[[nodiscard]] base::Result<ReceivedReport> read_aggregate(std::string_view xml);

}  // namespace report
