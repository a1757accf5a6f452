// See lines.h.
#include "import/postfix/lines.h"

#include "lib/base/text.h"

namespace postfix {
namespace {

constexpr std::string_view list_separators = ", \t\r\n";

}  // namespace

std::vector<std::string> list_of(std::string_view value) {
  std::vector<std::string> out;
  for (Word& word : words_of(value, list_separators)) out.push_back(std::move(word.text));
  return out;
}

std::string_view without_braces(std::string_view text) {
  const std::string_view trimmed = base::trim(text);
  if (trimmed.size() < 2 || trimmed.front() != '{' || trimmed.back() != '}') return trimmed;
  return base::trim(trimmed.substr(1, trimmed.size() - 2));
}

}  // namespace postfix
