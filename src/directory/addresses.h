// directory/addresses.h: who is behind an address of ours.
//
// What:    domains, mailboxes and aliases as hash maps, with owners of lists found, domains that
//          are other names joined, and the roles of each domain given to somebody.
// In/Out:  Contents → Addresses; find(address) → Found.
// Errors:  none: a row that cannot be read as an address is left out.
// Limits:  none of its own.
// Not here: following aliases (expansion.h); the order in which names are looked for is told in
//           snapshot.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "directory/srs/srs.h"
#include "directory/store.h"
#include "directory/text_map.h"

namespace directory {

struct Alias {
  std::vector<message::Address> targets;
  std::string problem;                      // what is wrong with it, where it stands
  std::optional<message::Address> owner{};  // it is a list
  bool keeps = false;                       // it leads to the mailbox of its own name, too
};

// Of `mailbox` mailbox is set, and alias when copies go elsewhere, too; of `alias` only alias,
// whose targets may be empty.
struct Found {
  Local kind = Local::foreign;
  const Mailbox* mailbox = nullptr;
  const Alias* alias = nullptr;
  std::string key = {};                         // of what was found: the address without its detail
  std::shared_ptr<const Alias> made = nullptr;  // alias, when it stands nowhere (SRS)
  std::string refusal = {};                     // of `unknown`
};

class Addresses {
 public:
  // Moves domains and mailboxes out of `contents`. Without `srs` SRS addresses are names like
  // others.
  Addresses(Contents& contents, std::shared_ptr<const Srs> srs);

  // Found points into this object.
  [[nodiscard]] Found find(const message::Address& address) const;
  [[nodiscard]] bool is_local_domain(std::string_view domain) const;
  [[nodiscard]] bool knows_all_of(std::string_view domain) const;
  [[nodiscard]] const std::shared_ptr<const std::vector<std::string>>& domains() const {
    return domain_names_;
  }

 private:
  struct Domain {
    const Alias* catch_all = nullptr;
    const Mailbox* first_mailbox = nullptr;
    const Mailbox* administrator = nullptr;  // the first
    std::string same_as;                     // it is another name of that domain,
    std::string joined;                      // which is in the end this one
    bool complete = true;
  };

  void take_domains(Contents& contents);
  void take_mailboxes(std::vector<std::string> addresses);
  void take_aliases(const std::vector<AliasRow>& rows);
  void take_administrators(const std::vector<std::string>& addresses);
  void find_owners();
  void join_domains();
  void make_roles();
  [[nodiscard]] bool find_name(std::string key, Found& found) const;
  [[nodiscard]] Found find_srs(const message::Address& address, std::string key) const;
  [[nodiscard]] Found find_role(const Domain& domain, std::string key) const;

  const std::shared_ptr<const Srs> srs_;
  TextMap<Domain> domains_;
  std::shared_ptr<const std::vector<std::string>> domain_names_;
  NamedSet<Mailbox> mailboxes_;
  TextMap<Alias> aliases_;
  TextMap<Alias> roles_;      // "demo.test" → where its postmaster mail goes
  std::string first_domain_;  // answers <postmaster> without a domain
};

}  // namespace directory
