// lib/base/pattern.h: patterns as people write them for file names.
//
// What:    * stands for any text, also none; upper and lower case are alike. Nothing else is
//          special: a ? may stand in a local part.
// In/Out:  text, pattern → does all of the text match?
// Errors:  none: every text is a pattern.
// Limits:  time grows with the product of both lengths at most.
// Not here: regular expressions.
#pragma once

#include <string_view>

namespace base {

[[nodiscard]] bool matches_pattern(std::string_view text, std::string_view pattern);

}  // namespace base
