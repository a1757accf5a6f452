// See move.h: virtual_alias_maps and alias_maps.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "directory/names.h"
#include "import/postfix/aliases.h"
#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"
#include "lib/message/address.h"

namespace postfix {
namespace {

bool is_mailbox(const Move& move, std::string_view address) {
  return move.mailbox_names.contains(address);
}

// A target as Postfix completes it: "jane" belongs to $myorigin, and localhost to mydestination.
std::string completed(const Move& move, std::string_view target) {
  const std::size_t at = target.rfind('@');
  if (at == std::string_view::npos) {
    return fmt::format(
        "{}@{}", target,
        move.local_domains.empty() ? move.value("stagepost_origin") : move.local_domains.front());
  }
  const std::string_view domain = target.substr(at + 1);
  if (!is_world_domain(domain) && !move.local_domains.empty()) {
    return fmt::format("{}@{}", target.substr(0, at), move.local_domains.front());
  }
  return std::string(target);
}

// The targets as keys; those that are no addresses are noted and left out.
std::vector<std::string> target_keys(Move& move, const std::string& what, const Place& place,
                                     const std::vector<std::string>& targets) {
  std::vector<std::string> out;
  for (const std::string& target : targets) {
    const auto key = directory::address_name(completed(move, target));
    if (!key) {
      move.note_at(place, fmt::format("{}: {}", what, target), Fate::by_hand, key.error().detail);
    } else if (std::ranges::find(out, *key) == out.end()) {
      out.push_back(*key);
    }
  }
  return out;
}

// Both a mailbox and an alias: copies of its mail go elsewhere, or its mail is not its own.
// True when it is to be an alias, too.
bool keeps_copies(Move& move, const Alias& alias) {
  const bool keeps = std::ranges::find(alias.targets, alias.address) != alias.targets.end();
  if (keeps && alias.targets.size() > 1) return true;
  if (alias.follows) return false;
  if (keeps) {
    move.note_at(alias.place, alias.address, Fate::same, "is its own mailbox");
  } else {
    move.note_at(alias.place, alias.address, Fate::by_hand,
                 fmt::format("is a mailbox, too, which was kept; to have its mail go to {}, "
                             "`stagepost user remove` it and `stagepost alias add` it",
                             fmt::join(alias.targets, ", ")));
  }
  return false;
}

// What becomes of it is said when all names are known (Ordering), unless it cannot be.
bool add_alias(Move& move, Alias alias) {
  if (alias.targets.empty()) return false;
  if (is_mailbox(move, alias.address) && !keeps_copies(move, alias)) return false;
  if (!move.alias_names.insert(alias.address).second) {
    if (!alias.follows) {
      move.note_at(alias.place, alias.address, Fate::by_hand,
                   "is an alias already, which was kept; see `stagepost alias list`");
    }
    return false;
  }
  move.plan.aliases.push_back(std::move(alias));
  return true;
}

// A name without a domain is one of every domain in mydestination: the first has it, the others
// lead there.
void add_local_name(Move& move, const std::string& name, const std::vector<std::string>& targets,
                    const Place& place) {
  const std::string first = fmt::format("{}@{}", name, move.local_domains.front());
  const auto key = directory::address_name(first);
  if (!key) {
    move.note_at(place, name, Fate::by_hand, key.error().detail);
    return;
  }
  add_alias(move, {.address = *key, .targets = targets, .place = place});
}

// "@old.example" becomes another name of "new.example"; why not, when it cannot.
std::string join_domain(Move& move, const std::string& from, const std::string& to,
                        const Place& place, bool follows) {
  if (!move.is_ours(to)) {
    return fmt::format(
        "leads to a whole domain that is not ours, which has no equal; name each address with "
        "`stagepost alias add NAME@{} NAME@{}`",
        from, to);
  }
  std::string last = to;
  for (auto next = move.joined.find(last); next != move.joined.end();
       next = move.joined.find(last)) {
    last = next->second;
  }
  if (last == from) return fmt::format("and @{} would be names of each other; left out", to);
  const std::string name = fmt::format("@{}", from);
  if (!move.alias_names.insert(name).second) {
    return "is an alias already, which was kept; see `stagepost alias list`";
  }
  move.joined.emplace(from, to);
  move.plan.aliases.push_back(
      {.address = name, .targets = {fmt::format("@{}", to)}, .place = place, .follows = follows});
  return {};
}

// One by one: what the first local domain's catch-all has is not meant for the others.
void mirror_names(Move& move, const std::string& domain) {
  const std::string& first = move.local_domains.front();
  std::vector<std::pair<std::string, Place>> names;
  names.reserve(move.plan.mailboxes.size() + move.plan.aliases.size());
  for (const Mailbox& box : move.plan.mailboxes) names.emplace_back(box.address, box.place);
  for (const Alias& alias : move.plan.aliases) names.emplace_back(alias.address, alias.place);
  for (const auto& [address, place] : names) {
    if (directory::domain_of(address) != first || address.starts_with('@')) continue;
    add_alias(move, {.address = fmt::format("{}@{}", directory::local_of(address), domain),
                     .targets = {address},
                     .place = place,
                     .follows = true});
  }
}

// Names of the first local domain are names of the others, too.
void mirror_local_domains(Move& move) {
  if (move.local_domains.size() < 2) return;
  const std::string& first = move.local_domains.front();
  const Place place = move.place("mydestination");
  for (std::size_t i = 1; i < move.local_domains.size(); ++i) {
    const std::string& domain = move.local_domains[i];
    if (move.alias_names.contains("@" + first) || move.alias_names.contains("@" + domain)) {
      mirror_names(move, domain);
    } else if (join_domain(move, domain, first, place, true).empty()) {
      move.note_at(
          place, domain, Fate::taken,
          fmt::format("as another name of {}: whoever has a name there has it here, too", first));
    }
  }
}

class VirtualAliases {
 public:
  explicit VirtualAliases(Move& move) : move_(move) {}

  void run() {
    const auto tables = read_tables(move_.value("virtual_alias_maps"), move_.sources);
    for (const Table& table : tables) {
      move_.note_table("virtual_alias_maps", table);
      for (const Entry& entry : table.entries) take(entry);
    }
    for (const std::string_view name : {"virtual_alias_maps", "virtual_maps"}) {
      move_.note(name, tables.empty() ? Fate::same : Fate::taken,
                 tables.empty() ? "is empty" : "as aliases; each entry has its own line below");
    }
  }

 private:
  void take(const Entry& entry) {
    const std::size_t at = entry.key.rfind('@');
    if (at == std::string::npos) {
      if (move_.is_ours(base::lower(entry.key))) return;  // a domain; noted as one
      if (move_.local_domains.empty()) {
        move_.note_at(entry.place, entry.key, Fate::different,
                      "a name without a domain, and mydestination has none");
        return;
      }
      add_local_name(move_, base::lower(entry.key), targets(entry), entry.place);
      return;
    }
    const std::string domain = base::lower(std::string_view(entry.key).substr(at + 1));
    if (!move_.is_ours(domain)) {
      move_.note_at(entry.place, entry.key, Fate::different,
                    fmt::format("{} is not a domain of ours; mail for others' addresses is not "
                                "rewritten",
                                domain));
    } else if (at == 0 && entry.value.starts_with('@')) {
      take_pair(entry, domain);
    } else {
      const auto key = directory::alias_name(entry.key);
      if (!key) {
        move_.note_at(entry.place, entry.key, Fate::by_hand, key.error().detail);
        return;
      }
      add_alias(move_, {.address = *key, .targets = targets(entry), .place = entry.place});
    }
  }

  std::vector<std::string> targets(const Entry& entry) {
    return target_keys(move_, entry.key, entry.place, list_of(entry.value));
  }

  // "@old.example @new.example": each name of the new domain is one of the old.
  void take_pair(const Entry& pair, const std::string& from) {
    const auto to = list_of(pair.value);
    if (to.size() > 1) {
      move_.note_at(pair.place, pair.key, Fate::by_hand,
                    fmt::format("leads to more than a whole domain; name each address with "
                                "`stagepost alias add NAME@{} ADDRESS ADDRESS`",
                                from));
      return;
    }
    const std::string domain = message::domain_key(std::string_view(to.front()).substr(1));
    const std::string why_not = join_domain(move_, from, domain, pair.place, false);
    if (!why_not.empty()) move_.note_at(pair.place, pair.key, Fate::by_hand, why_not);
  }

  Move& move_;
};

void take_aliases_file(Move& move, const std::string& item) {
  const std::size_t colon = item.find(':');
  const std::string path = item.starts_with('/') ? item : item.substr(colon + 1);
  const Table table = read_table(item.starts_with('/') ? "hash:" + item : item, move.sources);
  if (!table.problem.empty()) {
    move.note_table("alias_maps", table);
    return;
  }
  const auto source = move.sources.read(path);
  if (!source) return;
  const AliasesFile file = read_aliases(*source, move.sources);
  for (const RefusedValue& one : file.refused) {
    move.note_at(one.place, fmt::format("{}: {}", one.name, one.value), Fate::by_hand, one.why);
  }
  for (const LocalAlias& alias : file.aliases) {
    if (move.local_domains.empty()) {
      move.note_at(alias.place, alias.name, Fate::different,
                   "a name of this host alone: mydestination has no domain that others write to");
      continue;
    }
    add_local_name(move, alias.name, target_keys(move, alias.name, alias.place, alias.targets),
                   alias.place);
  }
}

// All that is unknown goes to luser_relay, unless it is made of the recipient's name.
void take_luser_relay(Move& move) {
  const std::string target = move.value("luser_relay");
  if (target.empty()) return;
  const std::string_view raw = move.main.find("luser_relay")->raw;
  if (raw.find('$') != std::string_view::npos || move.local_domains.empty()) {
    move.note("luser_relay", Fate::by_hand,
              "says who gets mail for unknown names; write `stagepost alias add @DOMAIN ADDRESS`");
    return;
  }
  const Place place = move.place("luser_relay");
  const auto keys = target_keys(move, "luser_relay", place, {target});
  for (const std::string& domain : move.local_domains) {
    if (move.joined.contains(domain)) continue;  // whose unknown names are those of the first
    add_alias(move, {.address = "@" + domain, .targets = keys, .place = place});
  }
}

}  // namespace

void take_virtual_aliases(Move& move) { VirtualAliases(move).run(); }

void take_local_aliases(Move& move) {
  const std::vector<std::string> items = list_of(move.value("alias_maps"));
  for (const std::string& item : items) {
    const std::string_view type = std::string_view(item).substr(0, item.find(':'));
    if (type == "hash" || type == "btree" || type == "lmdb" || type == "dbm" || type == "cdb" ||
        type == "texthash" || item.starts_with('/')) {
      take_aliases_file(move, item);
    } else {
      move.note_table("alias_maps", read_table(item, move.sources));
    }
  }
  move.note("alias_maps", items.empty() ? Fate::same : Fate::taken,
            items.empty() ? "is empty" : "as aliases; each entry has its own line below");
  move.note("alias_database", Fate::same, "what `newaliases` makes of alias_maps; none is needed");
  mirror_local_domains(move);
  take_luser_relay(move);
}

void take_grants(Move& move) {
  const std::string maps = move.value("smtpd_sender_login_maps");
  if (maps.empty() || maps == move.value("virtual_mailbox_maps") ||
      maps == move.value("virtual_alias_maps")) {
    move.note(
        "smtpd_sender_login_maps", Fate::same,
        "an account sends as its address, as aliases that lead to it alone, and as what it was "
        "granted");
    return;
  }
  for (const Table& table : read_tables(maps, move.sources)) {
    move.note_table("smtpd_sender_login_maps", table);
    for (const Entry& entry : table.entries) {
      for (const std::string& login : list_of(entry.value)) {
        const auto who = directory::address_name(completed(move, login));
        const auto what = directory::alias_name(entry.key);
        if (who && what && *who == *what) {
          move.note_at(entry.place, entry.key, Fate::same, "everybody sends as himself");
        } else if (who && what && is_mailbox(move, *who)) {
          move.plan.grants.push_back({.mailbox = *who, .what = *what, .place = entry.place});
          move.note_at(entry.place, entry.key, Fate::taken, fmt::format("as a grant for {}", *who));
        } else {
          move.note_at(
              entry.place, entry.key, Fate::by_hand,
              fmt::format("{} is no mailbox here; `stagepost grant` says who else may send "
                          "as an address",
                          login));
        }
      }
    }
  }
  move.note("smtpd_sender_login_maps", Fate::taken, "as grants; each entry has its own line below");
}

}  // namespace postfix
