// report/incoming/xml_repair.h: makes an XML parser take what a broken reporter wrote.
//
// What:    keeps the elements that reports have, without prefixes and attributes; all other '<' and
//          '&' become text, elements that were left open are closed.
// In/Out:  any octets → text that is well-formed, whatever came.
// Errors:  none.
// Limits:  depth_max open elements; the text grows at most fivefold.
// Not here: what the elements mean (aggregate_reader.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace report {

inline constexpr std::size_t xml_depth_max = 32;

[[nodiscard]] std::string repair_xml(std::string_view text);

}  // namespace report
