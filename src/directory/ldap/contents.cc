// See contents.h.
#include "directory/ldap/contents.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "directory/names.h"

namespace directory {
namespace {

class Merger {
 public:
  Merger(Contents sqlite, const LdapContents& ldap, MergeCounts& counts)
      : out_(std::move(sqlite)),
        ldap_(ldap),
        counts_(counts),
        ours_(ldap.domains.empty() ? out_.domains : ldap.domains) {}

  Contents run() {
    for (const std::string& domain : ldap_.domains) {
      if (std::ranges::find(out_.domains, domain) == out_.domains.end()) {
        out_.domains.push_back(domain);
      }
    }
    note_taken();
    // Mailboxes first: nobody's alias takes the address of a person, whatever stands first.
    std::vector<std::pair<const LdapUser*, std::string>> people;
    for (const LdapUser& user : ldap_.users) {
      if (auto mailbox = add_mailbox(user)) people.emplace_back(&user, std::move(*mailbox));
    }
    for (const auto& [user, mailbox] : people) add_names(*user, mailbox);
    for (const LdapGroup& group : ldap_.groups) add_group(group);
    return std::move(out_);
  }

 private:
  void note_taken() {
    for (const auto& mailbox : out_.mailboxes) taken_.insert(mailbox);
    for (const AliasRow& alias : out_.aliases) taken_.insert(alias.address);
    for (const LoginRow& login : out_.logins) logins_.insert(login.login);
  }

  [[nodiscard]] bool is_ours(const std::string& address) const {
    return std::ranges::find(ours_, domain_of(address)) != ours_.end();
  }

  std::optional<std::string> add_mailbox(const LdapUser& user) {
    auto mailbox = mailbox_of(user, ours_);
    if (!mailbox) {
      ++counts_.foreign;
      return std::nullopt;
    }
    if (!taken_.insert(*mailbox).second) {
      ++counts_.taken;
      return std::nullopt;
    }
    ++counts_.mailboxes;
    out_.mailboxes.push_back(*mailbox);
    add_login(*mailbox, *mailbox);
    return mailbox;
  }

  void add_names(const LdapUser& user, const std::string& mailbox) {
    for (const auto* names : {&user.mails, &user.aliases}) {
      for (const std::string& name : *names) {
        if (name != mailbox) add_alias(name, {mailbox});
      }
    }
    if (user.mails.front() != mailbox) mailboxes_.emplace(user.mails.front(), mailbox);
    if (!user.login.empty()) add_login(user.login, mailbox);
  }

  // Members are known by their first mail value, which may be that of another provider.
  void add_group(const LdapGroup& group) {
    std::vector<std::string> targets = group.members;
    for (std::string& target : targets) {
      if (const auto found = mailboxes_.find(target); found != mailboxes_.end()) {
        target = found->second;
      }
    }
    for (const std::string& address : group.addresses) add_alias(address, targets);
  }

  void add_alias(const std::string& address, const std::vector<std::string>& targets) {
    if (!is_ours(address)) {
      ++counts_.foreign;
    } else if (!taken_.insert(address).second) {
      ++counts_.taken;
    } else {
      ++counts_.aliases;
      out_.aliases.push_back({.address = address, .targets = targets});
    }
  }

  // The verifier stays empty: LDAP alone knows the password.
  void add_login(const std::string& name, const std::string& mailbox) {
    if (!logins_.insert(name).second) return;
    LoginRow row;
    row.login = name;
    row.mailbox = mailbox;
    out_.logins.push_back(std::move(row));
  }

  Contents out_;
  const LdapContents& ldap_;
  MergeCounts& counts_;
  const std::vector<std::string> ours_;
  std::unordered_map<std::string, std::string> mailboxes_;  // of people whose first mail is another
  std::unordered_set<std::string> taken_;
  std::unordered_set<std::string> logins_;
};

}  // namespace

std::optional<std::string> mailbox_of(const LdapUser& user,
                                      const std::vector<std::string>& domains) {
  for (const std::string& mail : user.mails) {
    if (std::ranges::find(domains, domain_of(mail)) != domains.end()) return mail;
  }
  return std::nullopt;
}

Contents merge(Contents sqlite, const LdapContents& ldap, MergeCounts* counts) {
  MergeCounts own;
  return Merger(std::move(sqlite), ldap, counts != nullptr ? *counts : own).run();
}

}  // namespace directory
