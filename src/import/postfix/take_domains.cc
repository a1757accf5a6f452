// See move.h: the domains whose mail is ours.
#include <fmt/format.h>

#include <algorithm>

#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"
#include "lib/message/address.h"

namespace postfix {
namespace {

// The domains of a list, of which some may stand in tables; each entry of a table has its own note.
std::vector<std::string> domains_in(Move& move, std::string_view name) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view domain) {
    std::string key = message::domain_key(domain);
    if (std::ranges::find(out, key) == out.end()) out.push_back(std::move(key));
  };
  for (const std::string& item : list_of(move.value(name))) {
    if (!is_table(item)) {
      if (is_world_domain(item)) add(item);
      continue;
    }
    const Table table = read_table(item.starts_with('/') ? "texthash:" + item : item, move.sources);
    if (move.is_set(name)) move.note_table(name, table);
    for (const Entry& entry : table.entries) {
      if (!is_world_domain(entry.key)) continue;
      add(entry.key);
      move.note_at(entry.place, entry.key, Fate::taken, "as a domain of ours");
    }
  }
  return out;
}

std::string left_out(const Move& move, std::string_view name) {
  std::string out;
  for (const std::string& item : list_of(move.value(name))) {
    if (is_table(item) || is_world_domain(item)) continue;
    out += (out.empty() ? "" : ", ") + item;
  }
  return out;
}

void note_domains(Move& move, std::string_view name, const std::vector<std::string>& domains) {
  const std::string others = left_out(move, name);
  const std::string also =
      others.empty()
          ? ""
          : fmt::format("; without {}, names that nobody outside of this host writes to", others);
  if (domains.empty()) {
    move.note(name, Fate::different, fmt::format("names no domain that others write to{}", also));
  } else {
    move.note(name, Fate::taken,
              fmt::format("as domains of ours: {}{}", fmt::join(domains, ", "), also));
  }
}

// Local names belong to $myorigin when mail for it is delivered here.
void put_origin_first(Move& move) {
  const std::string origin = move.value("stagepost_origin");
  const auto found = std::ranges::find(move.local_domains, origin);
  if (found != move.local_domains.end()) {
    std::rotate(move.local_domains.begin(), found, std::next(found));
  }
}

}  // namespace

void take_domains(Move& move) {
  move.local_domains = domains_in(move, "mydestination");
  note_domains(move, "mydestination", move.local_domains);
  put_origin_first(move);
  move.virtual_domains = domains_in(move, "virtual_mailbox_domains");
  note_domains(move, "virtual_mailbox_domains", move.virtual_domains);
  move.alias_domains = domains_in(move, "virtual_alias_domains");
  note_domains(move, "virtual_alias_domains", move.alias_domains);
  for (const auto* list : {&move.local_domains, &move.virtual_domains, &move.alias_domains}) {
    for (const std::string& domain : *list) move.add_domain(domain);
  }
}

}  // namespace postfix
