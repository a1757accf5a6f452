// cli/input.h: what a person or a pipe types.
//
// What:    one line, or all of standard input.
// In/Out:  stdin → text.
// Errors:  limit when there is more than bytes_max.
// Limits:  line_bytes_max for a line; the caller's for all.
// Not here: files (lib/io/files.h).
#pragma once

#include <string>

#include "lib/base/result.h"

namespace cli {

// Without its line end; empty at the end of the input.
[[nodiscard]] std::string read_line();
[[nodiscard]] base::Result<std::string> read_all(std::size_t bytes_max);

}  // namespace cli
