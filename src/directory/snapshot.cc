// See snapshot.h.
#include "directory/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "directory/administrator.h"
#include "directory/names.h"
#include "lib/base/text.h"
#include "lib/message/look_alike.h"

namespace directory {
namespace {

using message::Address;
using message::Recipient;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

// Log-ins and mailboxes are found by the name that they hold, so it is kept once.
struct ByName {
  using is_transparent = void;
  static std::string_view name_of(std::string_view text) { return text; }
  static std::string_view name_of(const Login& login) { return login.name; }
  static std::string_view name_of(const Mailbox& mailbox) { return mailbox.address; }
  template <class T>
  std::size_t operator()(const T& thing) const {
    return std::hash<std::string_view>{}(name_of(thing));
  }
  template <class T, class U>
  bool operator()(const T& a, const U& b) const {
    return name_of(a) == name_of(b);
  }
};
template <class T>
using NamedSet = std::unordered_set<T, ByName, ByName>;

using Targets = std::vector<Address>;

struct Alias {
  Targets targets;
  std::string problem;             // what is wrong with it, where it stands
  std::optional<Address> owner{};  // it is a list
  bool keeps = false;              // it leads to the mailbox of its own name, too
};

struct Domain {
  const Alias* catch_all = nullptr;
  const Mailbox* first_mailbox = nullptr;
  const Mailbox* administrator = nullptr;  // the first
  std::string same_as;                     // it is another name of that domain,
  std::string joined;                      // which is in the end this one
  bool complete = true;
};

constexpr std::string_view owner_prefix = "owner-";

// The rest of NOTIFY and ORCPT are the sender's business with the list, not with its members (RFC
// 3461 §5.2.7.3).
void make_list_member(Recipient& member, const Address& owner) {
  const bool asked = (member.notify & message::notify_success) != 0;
  member.return_path = owner;
  member.of_list = true;
  member.orcpt.clear();
  member.notify = message::notify_default;
  if (asked) {
    member.notify = message::notify_failure | message::notify_delay | message::notify_success;
  }
}

// RFC 3461 §5.2.7.2: an alias of several tells a sender who asked about success itself, that it was
// expanded; its members are not to do so again. The rest of NOTIFY is theirs.
void answer_for_itself(std::vector<Recipient>& members) {
  for (Recipient& member : members) {
    if ((member.notify & message::notify_success) == 0) continue;
    const unsigned rest = member.notify & ~unsigned{message::notify_success};
    member.notify = static_cast<std::uint8_t>(message::notify_expanded |
                                              (rest == 0 ? unsigned{message::notify_never} : rest));
  }
}

class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(Contents contents, const Settings& settings, std::shared_ptr<const Srs> srs);

  [[nodiscard]] bool is_local_domain(std::string_view domain) const override;
  [[nodiscard]] bool knows_all_of(std::string_view domain) const override;
  [[nodiscard]] Local lookup(const Address& address) const override;
  [[nodiscard]] const Mailbox* mailbox(const Address& address) const override;
  [[nodiscard]] Expansion expand(const Recipient& recipient) const override;
  [[nodiscard]] std::optional<Address> forwarded_sender(const Address& sender,
                                                        std::string_view domain) const override;
  [[nodiscard]] const Login* login(std::string_view name) const override;
  [[nodiscard]] bool may_send_as(std::string_view mailbox, const Address& address) const override;
  [[nodiscard]] SendingLimits limits(std::string_view mailbox) const override;
  [[nodiscard]] std::shared_ptr<const std::vector<std::string>> domains() const override {
    return domain_names_;
  }
  [[nodiscard]] std::vector<std::string> administrators() const override;
  [[nodiscard]] bool has_person(std::string_view name_key, std::string_view domain) const override;

 private:
  // Of `mailbox` mailbox is set, and alias when copies go elsewhere, too; of `alias` only alias,
  // whose targets may be empty.
  struct Found {
    Local kind = Local::foreign;
    const Mailbox* mailbox = nullptr;
    const Alias* alias = nullptr;
    std::string key = {};  // of what was found: the address without its detail
    std::shared_ptr<const Alias> made = nullptr;  // alias, when it stands nowhere (SRS)
    std::string refusal = {};                     // of `unknown`
  };
  struct Walk {
    const Recipient& recipient;
    Expansion out;
    std::unordered_set<std::string> seen;  // keys of aliases entered and recipients added
    const Address* owner = nullptr;        // of the list whose members are being added
    bool looped = false;
  };

  void take_mailboxes(std::vector<std::string> addresses);
  void take_aliases(const std::vector<AliasRow>& rows);
  void take_people(const std::vector<PersonRow>& rows);
  void take_administrators(const std::vector<std::string>& addresses);
  void find_owners();
  void join_domains();
  void make_roles();
  void take_logins(std::vector<LoginRow> rows, const std::vector<std::string>& administrators);
  [[nodiscard]] Found find(const Address& address) const;
  [[nodiscard]] bool find_name(std::string key, Found& found) const;
  [[nodiscard]] Found find_srs(const Address& address, std::string key) const;
  [[nodiscard]] Found find_role(const Domain& domain, std::string key) const;
  // A mailbox whose copies go elsewhere is entered as an alias, and is still to be added itself.
  static std::string entered_key(const Found& alias) {
    return alias.mailbox == nullptr ? alias.key : fmt::format("copies of {}", alias.key);
  }
  void follow(const Found& alias, std::size_t depth, Walk& walk) const;
  void follow_targets(const Found& alias, std::size_t depth, Walk& walk) const;
  void add(const Address& target, const Found& found, Walk& walk) const;

  const Settings settings_;
  const std::shared_ptr<const Srs> srs_;  // null: SRS addresses are names like others
  TextMap<Domain> domains_;
  std::shared_ptr<const std::vector<std::string>> domain_names_;
  TextSet people_;  // "doe jane@demo.test"
  NamedSet<Mailbox> mailboxes_;
  TextMap<Alias> aliases_;
  NamedSet<Login> logins_;
  TextMap<TextSet> grants_;        // mailbox → addresses and "@domain"
  TextMap<PartialLimits> limits_;  // by scope
  TextMap<Alias> roles_;           // "demo.test" → where its postmaster mail goes
  std::string first_domain_;       // answers <postmaster> without a domain
};

MemorySnapshot::MemorySnapshot(Contents contents, const Settings& settings,
                               std::shared_ptr<const Srs> srs)
    : settings_(settings), srs_(std::move(srs)) {
  for (const auto& name : contents.domains) domains_.try_emplace(name);
  for (const auto& name : contents.incomplete_domains) {
    if (const auto found = domains_.find(name); found != domains_.end()) {
      found->second.complete = false;
    }
  }
  if (!contents.domains.empty()) first_domain_ = contents.domains.front();
  domain_names_ = std::make_shared<const std::vector<std::string>>(std::move(contents.domains));
  take_people(contents.people);
  take_mailboxes(std::move(contents.mailboxes));
  take_administrators(contents.administrators);
  take_aliases(contents.aliases);
  find_owners();
  join_domains();
  make_roles();
  take_logins(std::move(contents.logins), contents.administrators);
  for (auto& row : contents.grants) grants_[row.mailbox].insert(std::move(row.what));
  for (auto& row : contents.limits) limits_.emplace(std::move(row.scope), row.limits);
}

void MemorySnapshot::take_mailboxes(std::vector<std::string> addresses) {
  mailboxes_.reserve(addresses.size());
  for (auto& address : addresses) {
    const auto [at, added] = mailboxes_.insert(Mailbox{std::move(address)});
    const auto domain = domains_.find(domain_of(at->address));
    if (domain == domains_.end() || domain->second.first_mailbox != nullptr) continue;
    domain->second.first_mailbox = &*at;  // nodes of an unordered_set stay where they are
  }
}

void MemorySnapshot::take_administrators(const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    const auto box = mailboxes_.find(address);
    const auto domain = domains_.find(domain_of(address));
    if (box == mailboxes_.end() || domain == domains_.end()) continue;
    if (domain->second.administrator == nullptr) domain->second.administrator = &*box;
  }
}

void MemorySnapshot::take_aliases(const std::vector<AliasRow>& rows) {
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

void MemorySnapshot::find_owners() {
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
void MemorySnapshot::join_domains() {
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

void MemorySnapshot::take_people(const std::vector<PersonRow>& rows) {
  for (const PersonRow& row : rows) {
    std::string key = message::name_key(row.full_name);
    if (!key.empty()) people_.insert(fmt::format("{}@{}", key, domain_of(row.mailbox)));
  }
}

bool MemorySnapshot::has_person(std::string_view name_key, std::string_view domain) const {
  return people_.contains(fmt::format("{}@{}", name_key, message::domain_key(domain)));
}

std::vector<std::string> MemorySnapshot::administrators() const {
  std::vector<std::string> out;
  for (const Login& login : logins_) {
    if (may_administer(login)) out.push_back(login.name);
  }
  std::ranges::sort(out);
  return out;
}

// Where somebody reads it: the administrator knows what to do, the first of a domain mostly is one.
void MemorySnapshot::make_roles() {
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

void MemorySnapshot::take_logins(std::vector<LoginRow> rows,
                                 const std::vector<std::string>& administrators) {
  const TextSet marked(administrators.begin(), administrators.end());
  logins_.reserve(rows.size());
  for (auto& row : rows) {
    std::string mailbox = row.mailbox.empty() ? account_of(row.login) : std::move(row.mailbox);
    auto scopes = static_cast<std::uint8_t>(row.scopes & scope_all);
    const bool is_app_password = account_of(row.login) != row.login;
    if (!is_app_password && marked.contains(mailbox)) scopes |= scope_administer;
    logins_.insert({.name = std::move(row.login),
                    .mailbox = std::move(mailbox),
                    .verifier = std::move(row.verifier),
                    .scopes = scopes,
                    .expires = row.expires});
  }
}

bool MemorySnapshot::is_local_domain(std::string_view domain) const {
  return domains_.contains(message::domain_key(domain));
}

bool MemorySnapshot::knows_all_of(std::string_view domain) const {
  const auto found = domains_.find(message::domain_key(domain));
  return found == domains_.end() || found->second.complete;
}

bool MemorySnapshot::find_name(std::string key, Found& found) const {
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

MemorySnapshot::Found MemorySnapshot::find_role(const Domain& domain, std::string key) const {
  Found found{.kind = Local::alias, .key = std::move(key)};
  const auto role = roles_.find(domain_of(found.key));
  found.alias = domain.catch_all != nullptr ? domain.catch_all : &role->second;
  return found;
}

// Where a bounce of what we forwarded goes back to.
MemorySnapshot::Found MemorySnapshot::find_srs(const Address& address, std::string key) const {
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

MemorySnapshot::Found MemorySnapshot::find(const Address& address) const {
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

Local MemorySnapshot::lookup(const Address& address) const { return find(address).kind; }

const Mailbox* MemorySnapshot::mailbox(const Address& address) const {
  return find(address).mailbox;
}

Expansion MemorySnapshot::expand(const Recipient& recipient) const {
  const Found found = find(recipient.address);
  Walk walk{.recipient = recipient, .out = {}, .seen = {}, .looped = false};
  walk.out.kind = found.kind;
  if (found.kind == Local::unknown) {
    if (!knows_all_of(recipient.address.domain)) {
      walk.out.problem =
          fmt::format("nobody can say whether {} exists: LDAP or a file of aliases was not read",
                      recipient.address.text());
    }
    walk.out.refusal = found.refusal;
    return std::move(walk.out);
  }
  if (found.alias == nullptr) {
    walk.out.recipients.push_back(recipient);
    return std::move(walk.out);
  }
  walk.out.kind = Local::alias;
  walk.seen.insert(entered_key(found));
  follow(found, 1, walk);
  if (walk.out.problem.empty() && walk.out.recipients.empty()) {
    walk.out.problem = fmt::format("the alias {} {}", recipient.address.text(),
                                   walk.looped ? "leads only to itself" : "leads to no mailbox");
  }
  if (!walk.out.problem.empty()) walk.out.recipients.clear();
  const bool is_list = std::ranges::any_of(walk.out.recipients, &Recipient::of_list);
  if (is_list || walk.out.recipients.size() > 1) answer_for_itself(walk.out.recipients);
  return std::move(walk.out);
}

void MemorySnapshot::follow(const Found& alias, std::size_t depth, Walk& walk) const {
  if (!alias.alias->problem.empty()) {
    walk.out.problem = fmt::format("the alias {} is broken: {}", alias.key, alias.alias->problem);
    return;
  }
  const Address* const outer = walk.owner;
  if (alias.alias->owner) walk.owner = &*alias.alias->owner;
  follow_targets(alias, depth, walk);
  walk.owner = outer;
}

void MemorySnapshot::follow_targets(const Found& alias, std::size_t depth, Walk& walk) const {
  if (depth > settings_.alias_depth_max) {
    walk.out.problem = fmt::format("the alias {} leads through more than {} aliases",
                                   walk.recipient.address.text(), settings_.alias_depth_max);
    return;
  }
  for (const Address& target : alias.alias->targets) {
    const Found found = find(target);
    if (found.alias != nullptr && walk.seen.insert(entered_key(found)).second) {
      follow(found, depth + 1, walk);
    } else if (found.kind == Local::alias) {
      walk.looped = true;
    } else if (found.kind == Local::unknown) {
      // Lost mail is worse than late mail: the sender's server keeps it until this is mended.
      walk.out.problem = fmt::format("the alias {} leads to {}, which does not exist",
                                     walk.recipient.address.text(), target.text());
    } else {
      add(target, found, walk);
    }
    if (!walk.out.problem.empty()) return;
  }
}

void MemorySnapshot::add(const Address& target, const Found& found, Walk& walk) const {
  // user and user+detail are one mailbox: one copy.
  if (!walk.seen.insert(found.mailbox != nullptr ? found.mailbox->address : key_of(target))
           .second) {
    return;
  }
  if (walk.out.recipients.size() >= settings_.alias_recipients_max) {
    walk.out.problem = fmt::format("the alias {} leads to more than {} addresses",
                                   walk.recipient.address.text(), settings_.alias_recipients_max);
    return;
  }
  // RFC 3461 §5.2.7.1: an alias passes the ORCPT and NOTIFY of its address on to its members.
  Recipient member = walk.recipient;
  if (member.original.is_null()) member.original = walk.recipient.address;
  member.address = target;
  if (walk.owner != nullptr) make_list_member(member, *walk.owner);
  walk.out.recipients.push_back(std::move(member));
}

std::optional<Address> MemorySnapshot::forwarded_sender(const Address& sender,
                                                        std::string_view domain) const {
  return srs_ == nullptr ? std::nullopt : srs_->forward(sender, domain);
}

const Login* MemorySnapshot::login(std::string_view name) const {
  const auto key = login_name(name);
  // Without an address it may be a name from LDAP: "jdoe".
  const auto found = logins_.find(key ? *key : base::lower(base::trim(name)));
  return found == logins_.end() ? nullptr : &*found;
}

bool MemorySnapshot::may_send_as(std::string_view mailbox, const Address& address) const {
  const Found found = find(address);
  if (found.mailbox != nullptr && found.mailbox->address == mailbox) return true;
  if (found.kind == Local::alias && found.alias->targets.size() == 1) {
    const Mailbox* owner = find(found.alias->targets.front()).mailbox;
    if (owner != nullptr && owner->address == mailbox) return true;
  }
  const auto granted = grants_.find(mailbox);
  if (granted == grants_.end() || address.domain.empty()) return false;
  const std::string key = key_of(address);
  const auto has = [&granted](const std::string& what) { return granted->second.contains(what); };
  return has(key) || has(without_detail(key)) || has(fmt::format("@{}", domain_of(key)));
}

SendingLimits MemorySnapshot::limits(std::string_view mailbox) const {
  SendingLimits out;
  for (const std::string& scope :
       {std::string("*"), fmt::format("@{}", domain_of(mailbox)), std::string(mailbox)}) {
    if (const auto said = limits_.find(scope); said != limits_.end()) said->second.apply_to(out);
  }
  return out;
}

}  // namespace

std::shared_ptr<const Snapshot> make_snapshot(Contents contents, const Settings& settings,
                                              std::shared_ptr<const Srs> srs) {
  return std::make_shared<const MemorySnapshot>(std::move(contents), settings, std::move(srs));
}

base::Result<std::shared_ptr<const Snapshot>> make_snapshot(Store& store,
                                                            const Settings& settings) {
  auto contents = store.contents();
  if (!contents) return std::unexpected(contents.error());
  return make_snapshot(std::move(*contents), settings);
}

}  // namespace directory
