// lib/base/size.h: numbers of bytes and how people write them.
//
// What:    parse_size("50MB") → 50,000,000; "50MiB" → 52,428,800; format_size the other way.
// In/Out:  text ↔ bytes as std::uint64_t.
// Errors:  invalid for a number without unit (but "0" and plain bytes "1024B" are fine) or
//          overflow.
// Limits:  up to 2^63 bytes.
// Not here: durations (time.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace base {

[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
// In the largest binary unit that keeps one decimal: "50.0 MiB", "812 B".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace base
