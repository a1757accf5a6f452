// lib/message/look_alike.h: what letters look like, for comparing names as people see them.
//
// What:    skeleton() writes a name in the ASCII letters that its characters look like, name_key()
//          makes equal what people read as one person's name, mixes_scripts() finds words in
//          letters of several alphabets that look alike.
// In/Out:  UTF-8 → ASCII or, for letters that look like none of ASCII, UTF-8 in lower case.
// Errors:  none: malformed UTF-8 is read as U+FFFD.
// Limits:  a sane subset of Unicode's confusables (UTS #39): Latin with marks, Cyrillic, Greek,
//          Armenian, full-width and mathematical letters; name_tokens_max words of a name.
// Not here: domains (policy/impersonation/), encoded words (encoded_word.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace message {

inline constexpr std::size_t name_tokens_max = 8;

[[nodiscard]] std::u32string code_points(std::string_view utf8);

// Lower case, marks gone, look-alikes of other alphabets as ASCII: "Раураl" → "paypal".
[[nodiscard]] std::string skeleton(std::string_view utf8);
// The same for the short ways in which ASCII deceives: 0 → o, 1 → l, rn → m, vv → w.
[[nodiscard]] std::string swap_twins(std::string_view skeleton);

// The words of a name, each as its skeleton: "Doe, Jane" → "doe", "jane". Empty when there are more
// than name_tokens_max.
[[nodiscard]] std::vector<std::string> name_tokens(std::string_view name);
// Those in order, joined: "Doe, Jane" and "Jane DOE" are equal. Empty for a single word.
[[nodiscard]] std::string name_key(std::string_view name);

// Latin with Cyrillic, Greek or Armenian letters in one word, or two of those.
[[nodiscard]] bool mixes_scripts(std::string_view word);

}  // namespace message
