// import/postfix/lines.h: lines and lists of Postfix's text files.
//
// What:    the logical lines of lib/base, and the values of main.cf as lists.
// In/Out:  text → lines, words, lists.
// Errors:  none: every text has lines.
// Limits:  the caller's; file_bytes_max is what one file may have.
// Not here: what a line means (main_cf.h, master_cf.h, table.h, aliases.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/logical_lines.h"

namespace postfix {

using base::Line;
using base::logical_lines;
using base::Word;
using base::words_of;

inline constexpr std::size_t file_bytes_max = 64UL << 20U;

// A value of main.cf: separated by commas and white space, {…} and "…" kept together.
[[nodiscard]] std::vector<std::string> list_of(std::string_view value);
// "{ inner }" → "inner"; anything else as it is.
[[nodiscard]] std::string_view without_braces(std::string_view text);

}  // namespace postfix
