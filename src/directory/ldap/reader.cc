// See reader.h.
#include "directory/ldap/reader.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "directory/ldap/filter.h"
#include "directory/names.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;

using AddressMap = std::unordered_map<std::string, std::string>;

// What members' DNs and uids stand for.
struct People {
  AddressMap by_dn;
  AddressMap by_uid;
};

// Turns the members of groups into addresses.
class Resolver {
 public:
  Resolver(const People& people, const std::vector<RawGroup>& groups, std::size_t& unusable)
      : people_(people), unusable_(unusable) {
    for (const RawGroup& group : groups) by_dn_.emplace(dn_key(group.dn), &group);
  }

  std::vector<std::string> members(const RawGroup& group) {
    out_.clear();
    seen_.clear();
    entered_.clear();
    add_all(group, 0);
    return std::move(out_);
  }

 private:
  void add_all(const RawGroup& group, int depth) {
    if (depth > ldap_group_depth_max || !entered_.insert(&group).second) return;
    for (const std::string& member : group.members) add(member, depth);
  }

  void add(const std::string& member, int depth) {
    const std::string dn = dn_key(member);
    if (const auto person = people_.by_dn.find(dn); person != people_.by_dn.end()) {
      return add_address(person->second);
    }
    if (const auto inner = by_dn_.find(dn); inner != by_dn_.end()) {
      // A group with an address is an alias of its own; one without is a part of this one.
      if (inner->second->addresses.empty()) return add_all(*inner->second, depth + 1);
      return add_address(inner->second->addresses.front());
    }
    if (const auto person = people_.by_uid.find(base::lower(member));
        person != people_.by_uid.end()) {
      return add_address(person->second);
    }
    if (auto address = ldap_address(member)) return add_address(*address);
    ++unusable_;  // somebody who is gone, disabled, or has no address
  }

  void add_address(const std::string& address) {
    if (out_.size() < ldap_members_bound && seen_.insert(address).second) out_.push_back(address);
  }

  const People& people_;
  std::size_t& unusable_;
  std::unordered_map<std::string, const RawGroup*> by_dn_;
  std::vector<std::string> out_;
  std::unordered_set<std::string> seen_;
  std::unordered_set<const RawGroup*> entered_;
};

}  // namespace

LdapReader::LdapReader(const LdapSettings& settings)
    : base_dn_(settings.base_dn),
      entries_max_(settings.entries_max),
      domains_(settings.domains),
      schema_(schema_of(settings)) {}

LdapSearch LdapReader::users() const {
  return {.base = base_dn_,
          .filter = schema_.user_filter,
          .attributes = schema_.user_attributes(),
          .base_only = false,
          .entries_max = entries_max_};
}

LdapSearch LdapReader::groups() const {
  return {.base = base_dn_,
          .filter = schema_.group_filter,
          .attributes = schema_.group_attributes(),
          .base_only = false,
          .entries_max = entries_max_};
}

base::Result<LdapContents> LdapReader::read_all(LdapClient& client) const {
  LdapContents out;
  out.domains = domains_;
  People people;
  auto done = client.search(users(), [&](LdapEntry entry) -> base::Result<> {
    auto user = user_of(entry, schema_);
    if (!user) {
      ++out.unusable;
      return {};
    }
    people.by_dn.emplace(dn_key(entry.dn), user->mails.front());
    if (const std::string uid = uid_of(entry, schema_); !uid.empty()) {
      people.by_uid.emplace(uid, user->mails.front());
    }
    out.users.push_back(std::move(*user));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  std::vector<RawGroup> raw;
  done = client.search(groups(), [&](LdapEntry entry) -> base::Result<> {
    raw.push_back(group_of(entry, schema_));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  for (RawGroup& group : raw) {
    if (auto parts = read_parts(client, group); !parts) return std::unexpected(parts.error());
  }
  Resolver resolver(people, raw, out.unusable);
  for (const RawGroup& group : raw) {
    if (group.addresses.empty()) continue;
    out.groups.push_back({.addresses = group.addresses, .members = resolver.members(group)});
  }
  return out;
}

base::Result<> LdapReader::read_parts(LdapClient& client, RawGroup& group) const {
  while (!group.more_attribute.empty() && group.members.size() < ldap_members_bound) {
    const LdapSearch search{
        .base = group.dn,
        .attributes = {fmt::format("{};range={}-*", group.more_attribute, group.more_from)},
        .base_only = true,
        .entries_max = 1};
    bool found = false;
    auto done = client.search(search, [&group, &found](LdapEntry entry) -> base::Result<> {
      add_part(group, entry);
      found = true;
      return {};
    });
    if (!done) return done;
    // Half a group would be mail that some of its people never see.
    if (!found) return base::fail(ErrorKind::not_found, "the group " + group.dn + " went away");
  }
  return {};
}

std::string LdapReader::address_filter(const std::vector<std::string>& keys) const {
  std::vector<std::string> any;
  for (const std::string& key : keys) {
    any.push_back(equals_filter(schema_.mail_attribute, key));
    for (const std::string& attribute : schema_.alias_attributes) {
      any.push_back(equals_filter(attribute, key));
      if (base::iequals(attribute, "proxyAddresses")) {
        any.push_back(equals_filter(attribute, "smtp:" + key));
      }
    }
  }
  return any_of_filter(any);
}

base::Result<LdapFound> LdapReader::find(LdapClient& client,
                                         const std::vector<std::string>& keys) const {
  LdapFound out;
  LdapSearch search = users();
  search.filter = all_of_filter(std::vector<std::string>{search.filter, address_filter(keys)});
  auto done = client.search(search, [&](LdapEntry entry) -> base::Result<> {
    if (!out.user) out.user = user_of(entry, schema_);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (out.user) return out;
  search = groups();
  search.attributes = {schema_.mail_attribute};
  search.filter = all_of_filter(std::vector<std::string>{search.filter, address_filter(keys)});
  done = client.search(search, [&out](const LdapEntry&) -> base::Result<> {
    out.group = true;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

base::Result<std::string> LdapReader::find_dn(LdapClient& client,
                                              const std::string& mailbox) const {
  LdapSearch search = users();
  search.filter = all_of_filter(
      std::vector<std::string>{search.filter, equals_filter(schema_.mail_attribute, mailbox)});
  const std::vector<std::string> domains =
      domains_.empty() ? std::vector<std::string>{std::string(domain_of(mailbox))} : domains_;
  std::string dn;
  bool several = false;
  auto done = client.search(search, [&](LdapEntry entry) -> base::Result<> {
    // Only the mailbox's own person: for another it is a second address.
    const auto user = user_of(entry, schema_);
    if (!user || mailbox_of(*user, domains) != mailbox) return {};
    several = several || !dn.empty();
    dn = std::move(entry.dn);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (several) {
    return base::fail(ErrorKind::invalid, fmt::format("several LDAP entries have {} as {}: {}",
                                                      mailbox, schema_.mail_attribute, dn));
  }
  return dn;
}

}  // namespace directory
