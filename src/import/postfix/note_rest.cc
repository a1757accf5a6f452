// See move.h: what nobody has spoken of yet. After this every line has its note.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "import/postfix/words.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

bool is_off(std::string_view value) { return value.empty() || base::iequals(value, "no"); }

void note_one(Move& move, const Parameter& parameter) {
  const Place place{.file = move.main_file, .line = parameter.line};
  const Words known = words_for(parameter.name);
  const std::string value = move.value(parameter.name);
  const auto classes = list_of(move.value("smtpd_restriction_classes"));
  if (move.main.is_used(parameter.name)) {
    move.note_at(place, parameter.name, Fate::taken, "wherever $NAME stands");
  } else if (std::ranges::find(classes, parameter.name) != classes.end()) {
    move.note_at(place, parameter.name, Fate::by_hand,
                 "a class of restrictions of your own, which has no equal");
  } else if (!known.words.empty() && known.fate == Fate::by_hand && is_off(value)) {
    move.note_at(place, parameter.name, Fate::same, value.empty() ? "is empty" : "is off");
  } else if (!known.words.empty()) {
    move.note_at(place, parameter.name, known.fate, known.words);
  } else {
    move.note_at(place, parameter.name, Fate::by_hand,
                 "no setting that is known here; look whether docs/settings.md has what you need");
  }
}

}  // namespace

void note_the_rest(Move& move) {
  std::set<int> spoken_of;
  for (const Note& note : move.plan.notes) {
    if (note.place.file == move.main_file) spoken_of.insert(note.place.line);
  }
  for (const Parameter& parameter : move.main.parameters()) {
    if (!spoken_of.contains(parameter.line)) note_one(move, parameter);
  }
  for (const auto& [earlier, line] : move.main.overridden()) {
    move.note_at({.file = move.main_file, .line = earlier.line}, earlier.name, Fate::same,
                 fmt::format("is set again in line {}, which counts", line));
  }
  for (const Parameter& broken : move.main.broken()) {
    move.note_at({.file = move.main_file, .line = broken.line}, broken.name, Fate::by_hand,
                 "is not of the form \"name = value\"");
  }
}

}  // namespace postfix
