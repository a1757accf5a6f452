// lib/base/format_version.h: what is said of a file that a newer program has written.
//
// What:    one sentence for every store: which file, what it has, what we know, what to do.
// In/Out:  → Error of kind `unsupported`.
// Errors:  this is one.
// Limits:  none.
// Not here: which formats there are (each store), how older ones are read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace base {

// `otherwise`: another way out than the newer program; "move it away to begin with empty counters".
[[nodiscard]] std::unexpected<Error> newer_format(std::string_view file, std::int64_t found,
                                                  std::int64_t known,
                                                  std::string_view otherwise = {});

}  // namespace base
