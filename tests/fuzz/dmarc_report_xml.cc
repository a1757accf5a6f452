// Fuzz target: aggregate reports and their repair. What was repaired once is well-formed; what is
// read has the limits it says.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "report/incoming/aggregate_reader.h"
#include "report/incoming/xml_repair.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string once = report::repair_xml(text);
  CHECK(once.size() <= size * 5 + report::xml_depth_max * 25, "it grows fivefold at most");
  CHECK(report::repair_xml(once) == once, "nothing is left to repair");
  const auto read = report::read_aggregate(text);
  if (!read) {
    CHECK(!read.error().detail.empty(), "a refusal has words");
    return 0;
  }
  CHECK(!read->rows.empty() && read->rows.size() <= report::records_max, "rows");
  CHECK(read->good <= read->count, "no more good ones than all");
  CHECK(!read->domain.empty() && read->domain.size() <= report::text_bytes_max, "a domain");
  CHECK(read->remarks.size() <= report::remarks_max, "remarks");
  return 0;
}
