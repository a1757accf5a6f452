// See move.h: who has a mailbox: system users, virtual_mailbox_maps, Dovecot's users.
#include <fmt/format.h>

#include <algorithm>

#include "directory/names.h"
#include "import/postfix/dovecot_passwd.h"
#include "import/postfix/lines.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"

namespace postfix {
namespace {

// People's accounts, as Debian and most others number them (login.defs: UID_MIN, UID_MAX).
constexpr std::uint64_t uid_min = 1'000;
constexpr std::uint64_t uid_max = 59'999;

// Adds it unless it is there; the words that say what became of it.
void add_mailbox(Move& move, const std::string& text, const Place& place,
                 const std::string& full_name) {
  const auto address = directory::address_name(text);
  if (!address) {
    move.note_at(place, text, Fate::by_hand, address.error().detail);
    return;
  }
  if (!move.is_ours(directory::domain_of(*address))) {
    move.note_at(
        place, text, Fate::different,
        "its domain is not ours; `stagepost domain add` and `stagepost user add` make it so");
    return;
  }
  if (!move.mailbox_names.insert(*address).second) {
    move.note_at(place, text, Fate::same, "the mailbox is there already");
    return;
  }
  Mailbox box{.address = *address, .place = place};
  if (full_name.size() <= 200) box.full_name = full_name;
  const auto known = move.accounts.find(*address);
  std::string_view password = "a new password is made";
  if (known != move.accounts.end()) {
    box.verifier = known->second.verifier;
    box.password = known->second.password;
    if (box.full_name.empty()) box.full_name = known->second.full_name;
    if (!box.verifier.empty() || !box.password.empty()) password = "its password is kept";
  }
  move.plan.mailboxes.push_back(std::move(box));
  move.note_at(place, text, Fate::taken, fmt::format("as a mailbox; {}", password));
}

void take_system_user(Move& move, const Line& line, const std::string& file) {
  const auto fields = base::split(line.text, ':');
  if (fields.size() < 7) return;
  const auto uid = base::parse_number(fields[2]);
  const std::string_view shell = fields[6];
  if (!uid || *uid < uid_min || *uid > uid_max || shell.ends_with("nologin") ||
      shell.ends_with("/false")) {
    return;  // no person
  }
  add_mailbox(move, fmt::format("{}@{}", fields[0], move.local_domains.front()),
              {.file = file, .line = line.number},
              std::string(base::trim(fields[4].substr(0, fields[4].find(',')))));
}

void take_system_users(Move& move) {
  const auto file = move.sources.read("/etc/passwd");
  if (!file) {
    move.note_at(
        {.file = "/etc/passwd"}, "users of the system", Fate::by_hand,
        fmt::format("cannot be read ({}); add those who have mail with `stagepost user add`",
                    file.error().detail));
    return;
  }
  for (const Line& line : logical_lines(file->text)) take_system_user(move, line, file->file);
}

// local_recipient_maps: who is known in mydestination.
void take_local_people(Move& move) {
  if (move.local_domains.empty()) {
    move.note("local_recipient_maps", Fate::different, "there is no domain in mydestination");
    return;
  }
  const std::string maps = move.value("local_recipient_maps");
  if (maps.empty()) {
    move.note("local_recipient_maps", Fate::by_hand,
              fmt::format("every name is accepted there; here unknown names are refused: say who "
                          "gets the rest with `stagepost alias add @{} ADDRESS`",
                          move.local_domains.front()));
  }
  for (const std::string& item : list_of(maps)) {
    if (item.find("passwd.byname") != std::string::npos) {
      take_system_users(move);
      move.note("local_recipient_maps", Fate::taken,
                "users of the system with a shell are mailboxes");
    } else if (is_table(item) && move.value("alias_maps").find(item) == std::string::npos) {
      const Table table = read_table(item, move.sources);
      move.note_table("local_recipient_maps", table);
      for (const Entry& entry : table.entries) {
        if (entry.key.starts_with('@')) continue;
        const bool bare = entry.key.find('@') == std::string::npos;
        add_mailbox(move, bare ? entry.key + "@" + move.local_domains.front() : entry.key,
                    entry.place, {});
      }
    }
  }
}

// A Maildir of Postfix is where ours would be: BASE/DOMAIN/LOCAL/.
bool lies_as_ours(const Entry& entry) {
  const std::size_t at = entry.key.rfind('@');
  if (at == std::string::npos) return false;
  const std::string ours = fmt::format("{}/{}/", std::string_view(entry.key).substr(at + 1),
                                       std::string_view(entry.key).substr(0, at));
  return base::iequals(entry.value, ours);
}

void take_virtual_catch_all(Move& move, const Table& table, const Entry& entry) {
  const auto name = directory::alias_name(entry.key);
  if (!name || !move.is_ours(directory::domain_of(*name))) {
    move.note_at(entry.place, entry.key, Fate::different, "its domain is not ours");
    return;
  }
  for (const Entry& other : table.entries) {
    if (other.key.starts_with('@') || other.value != entry.value) continue;
    const auto target = directory::address_name(other.key);
    if (!target) continue;
    if (!move.alias_names.insert(*name).second) break;
    move.plan.aliases.push_back({.address = *name, .targets = {*target}, .place = entry.place});
    return;  // noted when all names are known
  }
  move.note_at(
      entry.place, entry.key, Fate::by_hand,
      fmt::format("a mailbox for all other names of a domain: make one and `stagepost alias "
                  "add {} ADDRESS`",
                  entry.key));
}

void take_virtual_mailboxes(Move& move) {
  bool as_ours = true;
  std::size_t count = 0;
  const auto tables = read_tables(move.value("virtual_mailbox_maps"), move.sources);
  for (const Table& table : tables) {
    move.note_table("virtual_mailbox_maps", table);
    for (const Entry& entry : table.entries) {
      if (entry.key.find('@') == std::string::npos) continue;  // a domain; noted as one
      if (entry.key.starts_with('@')) {
        take_virtual_catch_all(move, table, entry);
        continue;
      }
      add_mailbox(move, entry.key, entry.place, {});
      as_ours = as_ours && lies_as_ours(entry);
      ++count;
    }
  }
  move.note("virtual_mailbox_maps", tables.empty() ? Fate::same : Fate::taken,
            fmt::format("{} mailboxes; each entry has its own line below", count));
  const std::string base_folder = move.value("virtual_mailbox_base");
  if (base_folder.empty() || !move.value("virtual_transport").starts_with("virtual")) {
    move.note("virtual_mailbox_base", Fate::different, "who delivers knows where mailboxes are");
  } else if (count > 0 && as_ours) {
    move.take("virtual_mailbox_base", "delivery.mail_folder", text_value(base_folder),
              "the Maildirs are used as they are; run the server as the user who owns them");
  } else {
    move.note(
        "virtual_mailbox_base", Fate::by_hand,
        fmt::format("mailboxes are DOMAIN/LOCAL/ below delivery.mail_folder; move those of {} "
                    "there",
                    base_folder));
  }
}

// "lmtp:unix:private/dovecot-lmtp" as delivery.lmtp; whether it was one.
bool take_lmtp(Move& move, std::string_view name) {
  const std::string value = move.value(name);
  if (!value.starts_with("lmtp:")) return false;
  std::string_view where = std::string_view(value).substr(5);
  std::string place;
  if (where.starts_with("inet:")) where.remove_prefix(5);
  if (where.starts_with("unix:")) {
    place = service_place(move, where);
  } else {
    place = std::string(where);
    std::erase_if(place, [](char c) { return c == '[' || c == ']'; });
    if (place.find(':') == std::string::npos) place += ":24";
  }
  move.take(name, "delivery.lmtp", text_value(place),
            "`stagepost dovecot-config` lets Dovecot read our people");
  return true;
}

void take_delivery(Move& move) {
  const bool virtual_lmtp = take_lmtp(move, "virtual_transport");
  bool local_lmtp = false;
  for (const std::string_view name : {"mailbox_transport", "local_transport"}) {
    if (local_lmtp) break;
    local_lmtp = virtual_lmtp && move.value(name) == move.value("virtual_transport");
    if (local_lmtp) {
      move.note(name, Fate::taken, "as delivery.lmtp, with that of virtual_transport");
    } else if (!virtual_lmtp) {
      local_lmtp = take_lmtp(move, name);
    } else if (move.value(name).starts_with("lmtp:")) {
      move.note(name, Fate::by_hand, "all mailboxes are delivered by one LMTP server here");
    }
  }
  if (!virtual_lmtp && move.is_set("virtual_transport")) {
    const bool own = move.value("virtual_transport").starts_with("virtual");
    move.note("virtual_transport", own ? Fate::same : Fate::by_hand,
              own ? "mailboxes are Maildirs"
                  : "programs and other transports do not deliver here: Maildirs, or `stagepost "
                    "dovecot-config` for Dovecot's LMTP");
  }
  for (const std::string_view name :
       {"virtual_uid_maps", "virtual_gid_maps", "virtual_minimum_uid"}) {
    if (virtual_lmtp) move.note(name, Fate::different, "who delivers knows whose mailboxes are");
  }
  const std::string home = move.value("home_mailbox");
  if (!home.empty()) {
    move.note("home_mailbox", Fate::by_hand,
              fmt::format("mailboxes are DOMAIN/LOCAL/ below delivery.mail_folder, not in people's "
                          "homes; {} `cp -a ~USER/{} MAIL-FOLDER/DOMAIN/USER`",
                          home.ends_with('/') ? "copy what is there with"
                                              : "turn the mbox into a Maildir and copy it with",
                          home));
  }
}

}  // namespace

void take_accounts(Move& move) {
  if (move.wishes.passwd_file.empty()) return;
  const auto file = move.sources.read(move.wishes.passwd_file);
  if (!file) {
    move.note_at({.file = move.wishes.passwd_file}, "Dovecot's users", Fate::by_hand,
                 fmt::format("cannot be read: {}", file.error().detail));
    return;
  }
  const std::string domain = !move.local_domains.empty() ? move.local_domains.front()
                             : move.plan.domains.empty() ? ""
                                                         : move.plan.domains.front();
  for (const Line& line : logical_lines(file->text)) {
    PasswdLine one = read_passwd_line(line.text);
    const Place place{.file = file->file, .line = line.number};
    if (one.user.find('@') == std::string::npos) one.user += "@" + domain;
    const auto address = directory::address_name(one.user);
    if (!address) {
      move.note_at(place, one.user, Fate::by_hand, address.error().detail);
      continue;
    }
    move.accounts.insert_or_assign(*address, Mailbox{.address = *address,
                                                     .place = place,
                                                     .full_name = one.full_name,
                                                     .verifier = one.verifier,
                                                     .password = one.password});
    move.note_at(place, one.user, one.problem.empty() ? Fate::taken : Fate::by_hand,
                 one.problem.empty() ? "as the password of its mailbox"
                                     : one.problem + "; a new one is made, tell it to its owner");
  }
}

void take_mailboxes(Move& move) {
  take_delivery(move);
  take_local_people(move);
  take_virtual_mailboxes(move);
  for (const auto& [address, account] : move.accounts) {
    if (!move.mailbox_names.contains(address)) {
      add_mailbox(move, address, account.place, account.full_name);
    }
  }
}

}  // namespace postfix
