// Fuzz target: TLS reports.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "report/incoming/tls_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = report::read_tls_report({reinterpret_cast<const char*>(data), size});
  if (!read) {
    CHECK(!read.error().detail.empty(), "a refusal has words");
    return 0;
  }
  CHECK(read->rows.size() <= report::records_max, "rows");
  CHECK(read->good <= read->count, "no more good ones than all");
  CHECK(!read->domain.empty() && !read->report_id.empty(), "it says what it is about");
  return 0;
}
