// See lists.h.
#include "import/postfix/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "lib/base/text.h"

namespace postfix {
namespace {

// One octet: "2", "[2..11]", "[2;4]" → "2"; "2-11"; "2", "4".
std::vector<std::string> octets_of(std::string_view text) {
  std::vector<std::string> out;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  for (const std::string_view part : base::split(text, ';')) {
    const std::size_t dots = part.find("..");
    const auto low = base::parse_number(part.substr(0, dots));
    const auto high =
        dots == std::string_view::npos ? low : base::parse_number(part.substr(dots + 2));
    if (!low || !high || *low > *high || *high > 255) return {};
    if (*low == *high) {
      out.push_back(fmt::to_string(*low));
    } else {
      out.push_back(*low == 0 && *high == 255 ? "*" : fmt::format("{}-{}", *low, *high));
    }
  }
  return out;
}

// At the dots outside of brackets.
std::vector<std::string_view> split_octets(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '[') inside = true;
    if (i < text.size() && text[i] == ']') inside = false;
    if (i < text.size() && (inside || text[i] != '.')) continue;
    out.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> codes_of(std::string_view filter) {
  const auto parts = split_octets(filter);
  if (parts.size() != 4) return std::nullopt;
  std::vector<std::string> out = {""};
  for (const std::string_view part : parts) {
    const auto octets = octets_of(part);
    if (octets.empty() || out.size() * octets.size() > list_codes_max) return std::nullopt;
    std::vector<std::string> longer;
    for (const std::string& begun : out) {
      for (const std::string& octet : octets) {
        longer.push_back(begun.empty() ? octet : fmt::format("{}.{}", begun, octet));
      }
    }
    out = std::move(longer);
  }
  return out;
}

void want_list(Move& move, const ListWish& wish) {
  const std::size_t equals = wish.item.find('=');
  const std::string zone = base::lower(std::string_view(wish.item).substr(0, equals));
  const std::string what =
      fmt::format("{}: {}{}{}", wish.name, wish.word, wish.word.empty() ? "" : " ", wish.item);
  const Place place = move.place(wish.name);
  const bool allow = wish.weight < 0;
  const auto codes = equals == std::string::npos
                         ? std::vector<std::string>()
                         : codes_of(std::string_view(wish.item).substr(equals + 1));
  if (!codes) {
    move.note_at(place, what, Fate::by_hand, "its codes cannot be read; write a [[list]]");
    return;
  }
  auto found = std::ranges::find_if(
      move.lists, [&](const WantedList& list) { return list.zone == zone && list.of == wish.of; });
  if (found == move.lists.end()) {
    move.lists.push_back({.zone = zone,
                          .of = wish.of,
                          .allow = allow,
                          .weight = std::abs(wish.weight),
                          .codes = {},
                          .comment = fmt::format("{} {}", place.text(), wish.name)});
    found = std::prev(move.lists.end());
    found->all_codes = codes->empty();
  } else if (found->all_codes || codes->empty()) {
    move.note_at(place, what, Fate::same,
                 fmt::format("the zone is a [[list]] already, from {}", found->comment));
    return;
  } else if (found->allow != allow) {
    move.note_at(place, what, Fate::by_hand,
                 "one zone is either a block list or an allow-list; this part was left out");
    return;
  }
  for (const std::string& code : *codes) {
    found->codes.push_back(fmt::format("{} = {}", code, std::abs(wish.weight)));
  }
  found->notes.push_back(
      {.place = place,
       .what = what,
       .fate = Fate::taken,
       .words = fmt::format("as [[list]] zone = \"{}\", kind = \"{}\", weight {}", zone,
                            allow ? "allow" : "block", std::abs(wish.weight))});
}

void write_lists(Move& move) {
  for (const WantedList& list : move.lists) {
    Element element{{"zone", text_value(list.zone)},
                    {"kind", text_value(list.allow ? "allow" : "block")},
                    {"of", text_value(list.of)},
                    {"weight", number_value(static_cast<std::uint64_t>(list.weight))}};
    if (!list.codes.empty()) element.emplace_back("codes", list_value(list.codes));
    const auto done = move.draft.add("list", element, list.comment);
    for (const Note& note : list.notes) {
      move.note_at(note.place, note.what, done ? note.fate : Fate::by_hand,
                   done ? note.words : fmt::format("[[list]] {}", done.error().detail));
    }
  }
}

}  // namespace postfix
