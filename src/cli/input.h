// cli/input.h: what a person or a pipe types.
//
// What:    one line, all of standard input, a password that is not shown, a yes or no.
// In/Out:  stdin → text.
// Errors:  limit when there is more than bytes_max; invalid for a password that is not UTF-8.
// Limits:  line_bytes_max for a line; the caller's for all.
// Not here: files (lib/io/files.h).
#pragma once

#include <string>

#include "lib/base/result.h"

namespace cli {

// Without its line end; empty at the end of the input.
[[nodiscard]] std::string read_line();
// A line of any length, without its line end, into `line`; false at the end of the input. What is
// beyond bytes_max is cut off.
[[nodiscard]] bool read_long_line(std::string& line, std::size_t bytes_max);
// A line that is UTF-8; else `invalid`.
[[nodiscard]] base::Result<std::string> read_password();
// Asked for twice on a terminal, without echo; `invalid` when they differ or there is no terminal.
[[nodiscard]] base::Result<std::string> ask_password(const std::string& whose);
// True for "y" and "yes" on a terminal; without one: false.
[[nodiscard]] bool confirm(const std::string& question);
[[nodiscard]] base::Result<std::string> read_all(std::size_t bytes_max);

}  // namespace cli
