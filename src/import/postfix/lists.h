// import/postfix/lists.h: block lists and allow-lists of the DNS, of several places in main.cf.
//
// What:    gathers them by zone, for we ask each zone once, and writes them as [[list]].
// In/Out:  "zen.example=127.0.0.[2..11]*3" → a zone with codes and weights.
// Errors:  what cannot be understood is noted, by hand.
// Limits:  codes_max of one filter.
// Not here: which setting they stand in (take_restrictions.cc, take_postscreen.cc).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/postfix/move.h"

namespace postfix {

inline constexpr std::size_t list_codes_max = 64;

// "127.0.0.[2..11;20]" → "127.0.0.2-11", "127.0.0.20"; nothing when it is no such filter.
[[nodiscard]] std::optional<std::vector<std::string>> codes_of(std::string_view filter);

struct ListWish {
  std::string name;  // of the parameter
  std::string word;  // "reject_rbl_client"; empty in a list of zones
  std::string item;  // as written, without *weight: "zen.example=127.0.0.2"
  std::string of;    // "address", "helo", "sender"
  int weight = 10;   // negative: an allow-list
};

// Into move.lists; notes what became of it.
void want_list(Move& move, const ListWish& wish);
// All of them, as [[list]].
void write_lists(Move& move);

}  // namespace postfix
