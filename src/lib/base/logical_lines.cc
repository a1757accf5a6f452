// See logical_lines.h.
#include "lib/base/logical_lines.h"

#include <algorithm>
#include <iterator>

#include "lib/base/text.h"

namespace base {
namespace {

// Behind a group that begins at `at`; the end of the text when it is never closed.
std::size_t end_of_group(std::string_view text, std::size_t at) {
  if (text[at] == '"') {
    for (std::size_t i = at + 1; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        return i + 1;
      }
    }
    return text.size();
  }
  std::size_t depth = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i + 1;
  }
  return text.size();
}

}  // namespace

int Line::number_at(std::size_t offset) const {
  const auto behind =
      std::ranges::upper_bound(further, offset, {}, &std::pair<std::size_t, int>::first);
  return behind == further.begin() ? number : std::prev(behind)->second;
}

std::vector<Line> logical_lines(std::string_view text) {
  std::vector<Line> out;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view trimmed = trim(line);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    if (is_space(line.front()) && !out.empty()) {
      out.back().further.emplace_back(out.back().text.size(), number);
      out.back().text += line;
    } else {
      out.push_back({.number = number, .text = std::string(line), .further = {}});
    }
  }
  return out;
}

std::vector<Word> words_of(std::string_view text, std::string_view separators) {
  std::vector<Word> out;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
    std::size_t end = at;
    while (end < text.size() && separators.find(text[end]) == std::string_view::npos) {
      end = text[end] == '{' || text[end] == '"' ? end_of_group(text, end) : end + 1;
    }
    out.push_back({.text = std::string(text.substr(at, end - at)), .offset = at});
    at = end;
  }
  return out;
}

}  // namespace base
