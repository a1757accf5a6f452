// config/suggest.h: "did you mean …?"
//
// What:    finds the name that somebody probably meant.
// In/Out:  what was written and the names there are → the nearest, or empty.
// Errors:  none.
// Limits:  compared_bytes_max: longer words are not compared.
// Not here: which names there are (table.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace config {

inline constexpr std::size_t compared_bytes_max = 100;

// Letters to add, remove, change or swap with their neighbour.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// `written` and `names` are paths: "queue.expire_after". A name in another section counts when its
// last part is the same.
[[nodiscard]] std::string nearest(std::string_view written, const std::vector<std::string>& names);

}  // namespace config
