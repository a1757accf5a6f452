// See pattern.h.
#include "lib/base/pattern.h"

#include "lib/base/text.h"

namespace base {

bool matches_pattern(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;      // in the text
  std::size_t wanted = 0;  // in the pattern
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;  // how far the text was when the last star stood for nothing more
  while (at < text.size()) {
    if (wanted < pattern.size() && pattern[wanted] == '*') {
      star = wanted++;
      tried = at;
    } else if (wanted < pattern.size() && iequals(text.substr(at, 1), pattern.substr(wanted, 1))) {
      ++at;
      ++wanted;
    } else if (star != std::string_view::npos) {
      wanted = star + 1;  // the star stands for one octet more
      at = ++tried;
    } else {
      return false;
    }
  }
  return pattern.substr(wanted).find_first_not_of('*') == std::string_view::npos;
}

}  // namespace base
