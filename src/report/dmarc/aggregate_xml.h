// report/dmarc/aggregate_xml.h: writes an aggregate report (RFC 9990 §3.1, Appendix A).
//
// What:    AggregateReport → the XML text that goes out.
// In/Out:  values → UTF-8 text in the namespace urn:ietf:params:xml:ns:dmarc-2.0.
// Errors:  none: what XML cannot hold becomes '?'; words that the schema does not have become the
//          nearest ones it has.
// Limits:  those of the rows it is given.
// Not here: compressing and mailing it (report_mail.h), reading reports (incoming/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/dmarc/observation.h"

namespace report {

struct CountedRow {
  ReportRow row;
  std::uint64_t count = 0;
};

struct AggregateReport {
  std::string organization;
  std::string contact;
  std::string report_id;  // letters and digits: also a part of the file name
  base::Time begin;
  base::Time end;             // the last second that belongs to it
  std::uint64_t dropped = 0;  // messages that are not among the rows
  PublishedPolicy policy;
  std::vector<CountedRow> rows;  // at least one
};

[[nodiscard]] std::string write_aggregate_xml(const AggregateReport& report);

// "2001:db8:0:0:0:0:0:1": the only form of IPv6 that the schema of RFC 7489 lets through.
[[nodiscard]] std::string full_address(std::string_view address_octets);

}  // namespace report
