// directory/ldap/fake_ldap_test.h: an LDAP server in memory, for the tests.
//
// What:    entries that a test lists; which of them a search finds is told by a word in its filter.
// In/Out:  FakeLdap → FakeConnector; away and passwords can be set.
// Errors:  unreachable while `away`.
// Limits:  no filter language: an equality on any attribute's value, or on the object class.
// Not here: a real server (tests/e2e/test_ldap.py).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "directory/ldap/client.h"
#include "lib/base/text.h"

namespace directory {

struct FakeLdap {
  std::vector<LdapEntry> people;
  std::vector<LdapEntry> groups;
  std::map<std::string, std::string> passwords;  // by DN
  std::map<std::string, LdapEntry> parts;        // by asked attribute: "member;range=2-*"
  bool away = false;
  int connects = 0;
  int searches = 0;
  std::vector<std::string> tried;  // DNs whose passwords were tried
  std::vector<std::string> filters;
};

class FakeClient final : public LdapClient {
 public:
  explicit FakeClient(FakeLdap& ldap) : ldap_(ldap) {}

  base::Result<> search(const LdapSearch& what, const Each& each) override {
    ++ldap_.searches;
    ldap_.filters.push_back(what.filter);
    if (ldap_.away) return base::fail(base::ErrorKind::unreachable, "fake: away");
    if (what.base_only) {
      const auto part = ldap_.parts.find(what.attributes.front());
      return part == ldap_.parts.end() ? base::Result<>() : each(part->second);
    }
    const bool for_groups = base::icontains(what.filter, "group");
    std::size_t count = 0;
    for (const LdapEntry& entry : for_groups ? ldap_.groups : ldap_.people) {
      if (!matches(entry, what.filter)) continue;
      if (++count > what.entries_max) return base::fail(base::ErrorKind::limit, "fake: too many");
      if (auto used = each(entry); !used) return used;
    }
    return {};
  }

 private:
  // A filter with an address in it finds who has this value.
  static bool matches(const LdapEntry& entry, const std::string& filter) {
    if (filter.find('@') == std::string::npos) return true;
    for (const LdapAttribute& attribute : entry.attributes) {
      for (const std::string& value : attribute.values) {
        if (base::icontains(filter, "=" + value + ")")) return true;
      }
    }
    return false;
  }

  FakeLdap& ldap_;
};

class FakeConnector final : public LdapConnector {
 public:
  explicit FakeConnector(FakeLdap& ldap) : ldap_(ldap) {}

  base::Result<std::unique_ptr<LdapClient>> connect() const override {
    ++ldap_.connects;
    if (ldap_.away) return base::fail(base::ErrorKind::unreachable, "fake: away");
    return std::make_unique<FakeClient>(ldap_);
  }
  base::Result<bool> try_password(const std::string& dn,
                                  const std::string& password) const override {
    ldap_.tried.push_back(dn);
    if (ldap_.away) return base::fail(base::ErrorKind::unreachable, "fake: away");
    const auto found = ldap_.passwords.find(dn);
    return found != ldap_.passwords.end() && found->second == password;
  }

 private:
  FakeLdap& ldap_;
};

inline LdapEntry fake_person(const std::string& uid, const std::string& domain = "corp.test") {
  return {.dn = "uid=" + uid + ",ou=people,dc=corp,dc=test",
          .attributes = {{.name = "mail", .values = {uid + "@" + domain}},
                         {.name = "uid", .values = {uid}}}};
}

}  // namespace directory
