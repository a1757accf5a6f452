// See schema.h.
#include "directory/ldap/schema.h"

#include "lib/base/text.h"

namespace directory {
namespace {

LdapSchema inet_org_person() {
  return {.user_filter = "(objectClass=inetOrgPerson)",
          .group_filter =
              "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)"
              "(objectClass=posixGroup)(objectClass=nisMailAlias))",
          .mail_attribute = "mail",
          .alias_attributes = {"mailAlternateAddress", "mailLocalAddress", "mailAlias",
                               "proxyAddresses"},
          .member_attributes = {"member", "uniqueMember", "memberUid", "rfc822MailMember"},
          .uid_attribute = "uid",
          .login_attribute = ""};
}

LdapSchema active_directory() {
  return {.user_filter =
              "(&(objectCategory=person)(objectClass=user)"
              // The bit ACCOUNTDISABLE, by Microsoft's bitwise-and matching rule.
              "(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
          .group_filter = "(objectCategory=group)",
          .mail_attribute = "mail",
          .alias_attributes = {"proxyAddresses"},
          .member_attributes = {"member"},
          .uid_attribute = "sAMAccountName",
          .login_attribute = ""};
}

template <class T>
void override(T& field, const T& setting) {
  if (!setting.empty()) field = setting;
}

void add(std::vector<std::string>& attributes, const std::string& name) {
  if (name.empty()) return;
  for (const std::string& known : attributes) {
    if (base::iequals(known, name)) return;
  }
  attributes.push_back(name);
}

}  // namespace

std::vector<std::string> LdapSchema::user_attributes() const {
  std::vector<std::string> out;
  add(out, mail_attribute);
  for (const std::string& name : alias_attributes) add(out, name);
  add(out, uid_attribute);
  add(out, login_attribute);
  return out;
}

std::vector<std::string> LdapSchema::group_attributes() const {
  std::vector<std::string> out;
  add(out, mail_attribute);
  for (const std::string& name : alias_attributes) add(out, name);
  for (const std::string& name : member_attributes) add(out, name);
  return out;
}

LdapSchema schema_of(const LdapSettings& settings) {
  LdapSchema out = settings.schema == LdapSettings::Schema::active_directory ? active_directory()
                                                                             : inet_org_person();
  override(out.user_filter, settings.user_filter);
  override(out.group_filter, settings.group_filter);
  override(out.mail_attribute, settings.mail_attribute);
  override(out.alias_attributes, settings.alias_attributes);
  override(out.member_attributes, settings.member_attributes);
  if (!base::iequals(settings.login_attribute, out.mail_attribute)) {
    out.login_attribute = settings.login_attribute;
  }
  return out;
}

}  // namespace directory
