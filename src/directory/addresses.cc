// See addresses.h.
#include "directory/addresses.h"

#include <fmt/format.h>

#include <utility>

#include "directory/names.h"

namespace directory {
namespace {

using message::Address;

constexpr std::string_view owner_prefix = "owner-";

}  // namespace

Addresses::Addresses(Contents& contents, std::shared_ptr<const Srs> srs) : srs_(std::move(srs)) {
  take_domains(contents);
  take_mailboxes(std::move(contents.mailboxes));
  take_administrators(contents.administrators);
  take_aliases(contents.aliases);
  find_owners();
  join_domains();
  make_roles();
}

void Addresses::take_domains(Contents& contents) {
  for (const auto& name : contents.domains) domains_.try_emplace(name);
  for (const auto& name : contents.incomplete_domains) {
    if (const auto found = domains_.find(name); found != domains_.end()) {
      found->second.complete = false;
    }
  }
  if (!contents.domains.empty()) first_domain_ = contents.domains.front();
  domain_names_ = std::make_shared<const std::vector<std::string>>(std::move(contents.domains));
}

void Addresses::take_mailboxes(std::vector<std::string> addresses) {
  mailboxes_.reserve(addresses.size());
  for (auto& address : addresses) {
    const auto [at, added] = mailboxes_.insert(Mailbox{std::move(address)});
    const auto domain = domains_.find(domain_of(at->address));
    if (domain == domains_.end() || domain->second.first_mailbox != nullptr) continue;
    domain->second.first_mailbox = &*at;  // nodes of an unordered_set stay where they are
  }
}

void Addresses::take_administrators(const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    const auto box = mailboxes_.find(address);
    const auto domain = domains_.find(domain_of(address));
    if (box == mailboxes_.end() || domain == domains_.end()) continue;
    if (domain->second.administrator == nullptr) domain->second.administrator = &*box;
  }
}

void Addresses::take_aliases(const std::vector<AliasRow>& rows) {
  for (const auto& row : rows) {
    const auto domain = domains_.find(domain_of(row.address));
    const bool whole_domain = row.address.starts_with('@');
    if (whole_domain && row.targets.size() == 1 && row.targets.front().starts_with('@')) {
      if (domain != domains_.end()) domain->second.same_as = row.targets.front().substr(1);
      continue;
    }
    Alias& alias = aliases_[row.address];
    alias.problem = row.problem;
    for (const auto& text : row.targets) {
      auto target = message::parse_address(text, {.utf8 = true});
      if (!target) continue;
      alias.keeps = alias.keeps || key_of(*target) == row.address;
      alias.targets.push_back(std::move(*target));
    }
    if (whole_domain && domain != domains_.end()) domain->second.catch_all = &alias;
  }
}

void Addresses::find_owners() {
  for (auto& [key, alias] : aliases_) {
    if (key.starts_with('@')) continue;
    const std::string owner = fmt::format("{}{}", owner_prefix, key);
    if (!aliases_.contains(owner) && !mailboxes_.contains(owner)) continue;
    auto address = message::parse_address(owner, {.utf8 = true});
    if (address) alias.owner = std::move(*address);
  }
}

// Each domain that is another name of one knows the last of them at once. Where the names lead to
// each other, or out of our domains, nobody can say who is meant.
void Addresses::join_domains() {
  std::vector<std::pair<Domain*, const Domain*>> joined;
  for (auto& [name, domain] : domains_) {
    if (domain.same_as.empty()) continue;
    const Domain* last = &domain;
    std::string name_of_last;
    for (std::size_t steps = 0; last != nullptr && !last->same_as.empty(); ++steps) {
      name_of_last = last->same_as;
      const auto next = domains_.find(name_of_last);
      last = next == domains_.end() || steps > domains_.size() ? nullptr : &next->second;
    }
    joined.emplace_back(&domain, last);
    if (last != nullptr) domain.joined = std::move(name_of_last);
  }
  for (const auto& [domain, last] : joined) {
    domain->complete = domain->complete && last != nullptr && last->complete;
  }
}

// Where somebody reads it: the administrator knows what to do, the first of a domain mostly is one.
void Addresses::make_roles() {
  const Mailbox* administrator = nullptr;
  const Mailbox* first = nullptr;
  for (const std::string& name : *domain_names_) {
    const Domain& domain = domains_.find(name)->second;
    if (administrator == nullptr) administrator = domain.administrator;
    if (first == nullptr) first = domain.first_mailbox;
  }
  for (auto& [name, domain] : domains_) {
    Alias& alias = roles_[name];
    for (const Mailbox* box : {domain.administrator, domain.first_mailbox, administrator, first}) {
      if (box == nullptr) continue;
      auto target = message::parse_address(box->address, {.utf8 = true});
      if (target) alias.targets.push_back(std::move(*target));
      break;
    }
  }
}

bool Addresses::is_local_domain(std::string_view domain) const {
  return domains_.contains(message::domain_key(domain));
}

bool Addresses::knows_all_of(std::string_view domain) const {
  const auto found = domains_.find(message::domain_key(domain));
  return found == domains_.end() || found->second.complete;
}

bool Addresses::find_name(std::string key, Found& found) const {
  if (const auto box = mailboxes_.find(key); box != mailboxes_.end()) {
    found.kind = Local::mailbox;
    found.mailbox = &*box;
    const auto copies = aliases_.find(key);
    if (copies != aliases_.end() && copies->second.keeps) found.alias = &copies->second;
  } else if (const auto alias = aliases_.find(key); alias != aliases_.end()) {
    found.kind = Local::alias;
    found.alias = &alias->second;
  } else {
    return false;
  }
  found.key = std::move(key);
  return true;
}

Found Addresses::find_role(const Domain& domain, std::string key) const {
  Found found{.kind = Local::alias, .key = std::move(key)};
  const auto role = roles_.find(domain_of(found.key));
  found.alias = domain.catch_all != nullptr ? domain.catch_all : &role->second;
  return found;
}

// Where a bounce of what we forwarded goes back to.
Found Addresses::find_srs(const Address& address, std::string key) const {
  Found found{.kind = Local::unknown, .key = std::move(key)};
  auto sender = srs_->back(address);
  if (!sender) {
    found.refusal = std::move(sender.error().detail);
    return found;
  }
  found.kind = Local::alias;
  found.made = std::make_shared<const Alias>(
      Alias{.targets = {*std::move(sender)}, .problem = {}, .owner = {}});
  found.alias = found.made.get();
  return found;
}

Found Addresses::find(const Address& address) const {
  std::string key;
  if (address.domain.empty()) {
    // RFC 5321 §4.5.1: <postmaster> without a domain is always accepted.
    key = fmt::format("{}@{}", message::local_key(address.local), first_domain_);
    if (first_domain_.empty() || local_of(key) != "postmaster") return {};
  } else {
    key = key_of(address);
  }
  const auto domain = domains_.find(domain_of(key));
  if (domain == domains_.end()) return {};
  Found found;
  if (find_name(key, found)) return found;
  if (srs_ != nullptr && Srs::is_srs(address.local)) return find_srs(address, std::move(key));
  if (std::string plain = without_detail(key); !plain.empty() && find_name(plain, found)) {
    return found;
  }
  if (!domain->second.joined.empty()) {
    return find({.local = address.local, .domain = domain->second.joined});
  }
  if (is_role_name(local_of(key))) return find_role(domain->second, std::move(key));
  found.kind = Local::unknown;
  if (domain->second.catch_all == nullptr) return found;
  // All catch-all mail of a domain is one alias: an alias loop through it is cut there.
  found.kind = Local::alias;
  found.alias = domain->second.catch_all;
  found.key = fmt::format("@{}", domain->first);
  return found;
}

}  // namespace directory
