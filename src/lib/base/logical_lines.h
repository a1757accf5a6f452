// lib/base/logical_lines.h: logical lines, as /etc/aliases and Postfix's text files have them.
//
// What:    a line that begins with a space or tab continues the one before; empty lines and lines
//          whose first character is # are left out, also between continued ones.
// In/Out:  text of a file → logical lines that know where each part of them stood; their words.
// Errors:  none: every text has lines.
// Limits:  the caller's.
// Not here: what a line means (directory/alias_files/aliases_text.h, import/postfix/).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace base {

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

}  // namespace base
