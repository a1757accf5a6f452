// See plan.h.
#include "import/postfix/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace postfix {
namespace {

constexpr std::size_t shown_bytes_max = 2'000;

}  // namespace

std::string shown(std::string_view text) {
  if (!message::is_utf8(text)) return base::printable(text, shown_bytes_max);
  std::string out(text.substr(0, shown_bytes_max));
  if (out.size() < text.size()) out = base::printable(out, shown_bytes_max);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, ' ');
  return out;
}

std::string Place::text() const { return line > 0 ? fmt::format("{}:{}", file, line) : file; }

std::string_view word_of(Fate fate) {
  switch (fate) {
    case Fate::taken: return "taken";
    case Fate::same: return "same";
    case Fate::different: return "different";
    case Fate::by_hand: return "by_hand";
  }
  return "";
}

std::array<std::size_t, fates_count> Plan::counts() const {
  std::array<std::size_t, fates_count> out{};
  for (const Note& note : notes) ++out.at(static_cast<std::size_t>(note.fate));
  return out;
}

void sort_notes(std::vector<Note>& notes) {
  std::map<std::string, std::size_t, std::less<>> order;
  for (const Note& note : notes) order.emplace(note.place.file, order.size());
  // Of one line they stay in the order in which they were made.
  std::vector<std::tuple<std::size_t, int, std::size_t>> keys;
  keys.reserve(notes.size());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    keys.emplace_back(order.at(notes[i].place.file), notes[i].place.line, i);
  }
  std::ranges::sort(keys);
  std::vector<Note> sorted;
  sorted.reserve(notes.size());
  for (const auto& [file, line, i] : keys) sorted.push_back(std::move(notes[i]));
  notes = std::move(sorted);
}

std::string note_line(const Note& note) {
  return fmt::format("{}: {:<9}  {}: {}", shown(note.place.text()),
                     note.fate == Fate::by_hand ? "BY HAND" : word_of(note.fate), shown(note.what),
                     shown(note.words));
}

std::string summary(const Plan& plan) {
  const auto [taken, same, different, by_hand] = plan.counts();
  return fmt::format(
      "{} settings and entries: {} taken over, {} as they are here anyway, {} without an equal, "
      "{} for you to do by hand.\n{} domains, {} mailboxes, {} aliases, {} grants.\n",
      plan.notes.size(), taken, same, different, by_hand, plan.domains.size(),
      plan.mailboxes.size(), plan.aliases.size(), plan.grants.size());
}

}  // namespace postfix
