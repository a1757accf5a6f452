// import/postfix/lines.h: logical lines, as all of Postfix's text files have them.
//
// What:    a line that begins with a space or tab continues the one before; empty lines and lines
//          whose first character is # are left out, also between continued ones.
// In/Out:  text of a file → logical lines that know where each part of them stood.
// Errors:  none: every text has lines.
// Limits:  the caller's; file_bytes_max is what one file may have.
// Not here: what a line means (main_cf.h, master_cf.h, table.h, aliases.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postfix {

inline constexpr std::size_t file_bytes_max = 64UL << 20U;

struct Line {
  int number = 0;    // of its first physical line, from 1
  std::string text;  // without its end
  // Where in `text` each further physical line begins, and its number.
  std::vector<std::pair<std::size_t, int>> further;

  [[nodiscard]] int number_at(std::size_t offset) const;
};

[[nodiscard]] std::vector<Line> logical_lines(std::string_view text);

// What stands in a list: separated by commas and white space, {…} and "…" kept together.
struct Word {
  std::string text;
  std::size_t offset = 0;
};
[[nodiscard]] std::vector<Word> words_of(std::string_view text, std::string_view separators);
// The same, for values of main.cf.
[[nodiscard]] std::vector<std::string> list_of(std::string_view value);
// "{ inner }" → "inner"; anything else as it is.
[[nodiscard]] std::string_view without_braces(std::string_view text);

}  // namespace postfix
