// report/dmarc/destinations.h: where a domain wants its reports, and whether it may (RFC 9990 §4).
//
// What:    reads rua= of the domain's record anew, so that who has withdrawn it gets nothing more;
//          asks other domains for their consent in the DNS.
// In/Out:  policy domain and Resolver → Destination list, and why others were left out.
// Errors:  trouble with the DNS sets `trouble`: ask again later.
// Limits:  destinations_max; query_time_max for each look-up; report_addresses_max of lib/mailauth.
// Not here: the size of the report (report_mail.h says it), sending (reporter.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/dns/resolver.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/message/address.h"

namespace report {

struct ReportUri {
  message::Address address;
  std::uint64_t bytes_max = 0;  // "!10m"; 0: no limit
  bool operator==(const ReportUri&) const = default;
};

struct Destinations {
  std::vector<ReportUri> to;
  std::vector<std::string> refused;  // in words, one for each that was left out
  bool trouble = false;
};

// "mailto:a@example.org!10m" → the address and 10 MiB. Nothing for any other scheme (RFC 9990 §3.5:
// only mailto: is defined).
[[nodiscard]] std::optional<ReportUri> parse_report_uri(std::string_view uri);
// The URIs of the rua= tag of a record, in their order, as written.
[[nodiscard]] std::vector<std::string> report_uris(std::string_view record);

struct DestinationQuery {
  std::string domain;  // where the record is
  unsigned destinations_max = 5;
};
[[nodiscard]] io::Task<Destinations> find_destinations(io::Ref<dns::Resolver> resolver,
                                                       io::Ref<io::Clock> clock,
                                                       DestinationQuery query);

}  // namespace report
