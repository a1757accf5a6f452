// tools/bench/report.h: results as people and programs read them.
//
// What:    a table, or one JSON object on one line (docs/bench.md has its members).
// In/Out:  LoadReport and others → text with its line end.
// Errors:  none.
// Limits:  none.
// Not here: measuring (load.h).
#pragma once

#include <string>
#include <string_view>

#include "tools/bench/histogram.h"
#include "tools/bench/load.h"

namespace bench {

[[nodiscard]] std::string load_json(const LoadReport& report);
[[nodiscard]] std::string load_table(const LoadReport& report, std::uint64_t message_bytes);

// {"p50":1.2,…} in milliseconds.
[[nodiscard]] std::string percentiles_json(const Histogram& times);
// "  MAIL to 250      0.51 ms …" under percentiles_head(); empty when nothing was measured.
[[nodiscard]] std::string percentiles_head();
[[nodiscard]] std::string percentiles_row(std::string_view name, const Histogram& times);
// "1,234,567"
[[nodiscard]] std::string with_commas(std::uint64_t number);
// A JSON string with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);
[[nodiscard]] double per_second(std::uint64_t count, base::Duration took);
[[nodiscard]] double seconds_of(base::Duration duration);

}  // namespace bench
