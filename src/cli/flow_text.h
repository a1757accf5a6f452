// cli/flow_text.h: the mail's flow as a line of bars per kind, for a terminal.
//
// What:    sums and bars of an answer of /api/v1/flow.
// In/Out:  JSON → text.
// Errors:  none: what is missing is left out.
// Limits:  columns_max bars; steps that do not fit are joined.
// Not here: asking (view_verbs.cc).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace cli {

[[nodiscard]] std::string flow_text(const boost::json::object& answer);
// "▁▃█": each value against the largest; 0 is a blank.
[[nodiscard]] std::string bars(const std::vector<std::uint64_t>& values);

}  // namespace cli
