// Tests of reading LDAP: filters, entries of OpenLDAP's and Active Directory's shape, hostile
// values, groups, the cache file.
#include "directory/ldap/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "directory/ldap/cache.h"
#include "directory/ldap/fake_ldap_test.h"
#include "directory/ldap/filter.h"

namespace directory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

LdapSettings corp() {
  LdapSettings settings;
  settings.urls = {"ldap://127.0.0.1"};
  settings.base_dn = "dc=corp,dc=test";
  settings.domains = {"corp.test"};
  return settings;
}

TEST(LdapFilter, EscapesWhatCouldChangeIt) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"ada@corp.test", "ada@corp.test"},
      {"*", "\\2a"},
      {"a)(uid=*", "a\\29\\28uid=\\2a"},
      {"back\\slash", "back\\5cslash"},
      {std::string_view("nul\0", 4), "nul\\00"},
      {"m\xc3\xbcller", "m\\c3\\bcller"},
      {" space", "\\20space"},
      {"", ""},
  };
  for (const auto& [value, escaped] : cases) EXPECT_EQ(escape_filter_value(value), escaped);
  EXPECT_EQ(equals_filter("mail", "a*"), "(mail=a\\2a)");
  EXPECT_EQ(all_of_filter(std::vector<std::string>{"(a=1)", "(b=2)"}), "(&(a=1)(b=2))");
  EXPECT_EQ(any_of_filter(std::vector<std::string>{"(a=1)"}), "(a=1)");
}

TEST(LdapEntry, AddressesAreReadAsPeopleWriteThem) {
  const std::pair<std::string, std::optional<std::string>> cases[] = {
      {"Ada@Corp.Test", "ada@corp.test"},
      {" ada@corp.test ", "ada@corp.test"},
      {"SMTP:Ada@corp.test", "ada@corp.test"},
      {"smtp:ada@corp.test", "ada@corp.test"},
      {"x500:/o=Corp/cn=ada", std::nullopt},
      {"sip:ada@corp.test", std::nullopt},
      {"ada", std::nullopt},
      {"ada@[127.0.0.1]", std::nullopt},
      {"", std::nullopt},
      {"\xff\xfe@corp.test", std::nullopt},
      {"ada@corp.test\r\nRCPT TO:<x@y>", std::nullopt},
      {std::string("ada\0@corp.test", 14), std::nullopt},
      {std::string(300, 'a') + "@corp.test", std::nullopt},
  };
  for (const auto& [value, key] : cases) EXPECT_EQ(ldap_address(value), key) << value;
}

TEST(LdapEntry, DnsAreComparedWithoutCaseAndSpaces) {
  EXPECT_EQ(dn_key("UID=Ada, OU=People , DC=corp"), dn_key("uid=ada,ou=people,dc=corp"));
  EXPECT_NE(dn_key("cn=a\\, b,dc=corp"), dn_key("cn=a,b,dc=corp"));
  EXPECT_EQ(dn_key("cn=Ada Lovelace,dc=corp"), "cn=ada lovelace,dc=corp");
}

TEST(LdapEntry, AnOpenLdapPerson) {
  LdapSettings settings = corp();
  settings.login_attribute = "uid";
  const LdapEntry entry{
      .dn = "uid=ada,ou=people,dc=corp,dc=test",
      .attributes = {{"mail", {"Ada@corp.test"}},
                     {"mailAlternateAddress", {"countess@corp.test", "ada@corp.test"}},
                     {"UID", {"Ada"}}}};
  const auto user = user_of(entry, schema_of(settings));
  ASSERT_TRUE(user);
  EXPECT_THAT(user->mails, ElementsAre("ada@corp.test"));
  EXPECT_THAT(user->aliases, ElementsAre("countess@corp.test"));
  EXPECT_EQ(user->login, "ada");
}

TEST(LdapEntry, AnActiveDirectoryPerson) {
  LdapSettings settings = corp();
  settings.schema = LdapSettings::Schema::active_directory;
  settings.login_attribute = "userPrincipalName";
  const LdapSchema schema = schema_of(settings);
  EXPECT_NE(schema.user_filter.find("userAccountControl"), std::string::npos);
  const LdapEntry entry{
      .dn = "CN=Ada Lovelace,CN=Users,DC=corp,DC=test",
      .attributes = {{"mail", {"ada@corp.test"}},
                     {"proxyAddresses",
                      {"SMTP:ada@corp.test", "smtp:a.lovelace@corp.test", "x400:C=US;", "SIP:ada"}},
                     {"userPrincipalName", {"ADA@corp.local"}},
                     {"sAMAccountName", {"ada"}}}};
  const auto user = user_of(entry, schema);
  ASSERT_TRUE(user);
  EXPECT_THAT(user->aliases, ElementsAre("a.lovelace@corp.test"));
  EXPECT_EQ(user->login, "ada@corp.local");
}

TEST(LdapEntry, HostileValuesMakeNoPerson) {
  const LdapSchema schema = schema_of(corp());
  const std::vector<std::vector<std::string>> mails = {
      {}, {""}, {"\xff@corp.test"}, {std::string(5'000, 'x') + "@corp.test"}, {"no address"}};
  for (const auto& values : mails) {
    EXPECT_FALSE(user_of({.dn = "uid=x", .attributes = {{"mail", values}}}, schema));
  }
  LdapEntry many{.dn = "uid=x", .attributes = {{"mail", {"x@corp.test"}}, {"mailAlias", {}}}};
  for (std::size_t i = 0; i < 2 * ldap_addresses_max; ++i) {
    many.attributes[1].values.push_back("x" + std::to_string(i) + "@corp.test");
  }
  EXPECT_EQ(user_of(many, schema)->aliases.size(), ldap_addresses_max);
  LdapSettings with_uid = corp();
  with_uid.login_attribute = "uid";
  for (const std::string login : {"a b", "a/b", "\n", "", "\xff", "a\\b"}) {
    const LdapEntry entry{.dn = "x", .attributes = {{"mail", {"x@corp.test"}}, {"uid", {login}}}};
    EXPECT_EQ(user_of(entry, schema_of(with_uid))->login, "") << login;
  }
}

TEST(LdapReader, GroupsOfAllKinds) {
  FakeLdap ldap;
  ldap.people = {fake_person("ada"), fake_person("bob"), fake_person("eve", "other.example")};
  ldap.groups = {
      {.dn = "cn=team,dc=corp",
       .attributes = {{"mail", {"team@corp.test"}},
                      {"member",
                       {"UID=Ada, ou=people,dc=corp,dc=test", "cn=inner,dc=corp",
                        "cn=gone,dc=x"}}}},
      {.dn = "cn=inner,dc=corp",  // no address: a part of the others
       .attributes = {{"uniqueMember",
                       {"uid=eve,ou=people,dc=corp,dc=test", "cn=inner,dc=corp",
                        "cn=team,dc=corp"}}}},
      {.dn = "cn=unix,dc=corp",
       .attributes = {{"mail", {"unix@corp.test"}}, {"memberUid", {"bob", "nobody"}}}},
      {.dn = "cn=list,dc=corp",
       .attributes = {{"mail", {"list@corp.test"}}, {"rfc822MailMember", {"far@away.example"}}}},
      {.dn = "cn=mute,dc=corp", .attributes = {{"memberUid", {"ada"}}}},
  };
  FakeClient client(ldap);
  const auto read = LdapReader(corp()).read_all(client);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->groups.size(), 3);
  EXPECT_THAT(read->groups[0].members,
              ElementsAre("ada@corp.test", "eve@other.example", "team@corp.test"));
  EXPECT_THAT(read->groups[1].members, ElementsAre("bob@corp.test"));
  EXPECT_THAT(read->groups[2].members, ElementsAre("far@away.example"));
  EXPECT_EQ(read->unusable, 2);  // cn=gone and nobody
}

TEST(LdapReader, ALargeGroupOfActiveDirectoryComesInParts) {
  FakeLdap ldap;
  ldap.people = {fake_person("a"), fake_person("b"), fake_person("c")};
  const auto dn = [&ldap](std::size_t i) { return ldap.people[i].dn; };
  ldap.groups = {
      {.dn = "cn=all,dc=corp",
       .attributes = {{"mail", {"all@corp.test"}}, {"member", {}}, {"member;range=0-0", {dn(0)}}}}};
  ldap.parts["member;range=1-*"] = {.dn = "cn=all,dc=corp",
                                    .attributes = {{"member;range=1-1", {dn(1)}}}};
  ldap.parts["member;range=2-*"] = {.dn = "cn=all,dc=corp",
                                    .attributes = {{"member;range=2-*", {dn(2)}}}};
  FakeClient client(ldap);
  auto read = LdapReader(corp()).read_all(client);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->groups[0].members, ElementsAre("a@corp.test", "b@corp.test", "c@corp.test"));
  // A server that repeats a part for ever is left; one that has lost the group is an error.
  ldap.parts["member;range=2-*"] = {.dn = "", .attributes = {{"member;range=0-1", {dn(2)}}}};
  EXPECT_TRUE(LdapReader(corp()).read_all(client));
  ldap.parts.clear();
  EXPECT_FALSE(LdapReader(corp()).read_all(client));
}

TEST(LdapReader, TooManyEntriesAreAnErrorNotAPart) {
  FakeLdap ldap;
  ldap.people = {fake_person("a"), fake_person("b")};
  LdapSettings settings = corp();
  settings.entries_max = 1;
  FakeClient client(ldap);
  const auto read = LdapReader(settings).read_all(client);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, base::ErrorKind::limit);
}

TEST(LdapReader, ADnIsFoundForOneMailboxOnly) {
  FakeLdap ldap;
  ldap.people = {fake_person("ada"), fake_person("bob")};
  ldap.people[1].attributes[0].values.push_back("ada@corp.test");  // his second address
  FakeClient client(ldap);
  const LdapReader reader(corp());
  EXPECT_EQ(reader.find_dn(client, "ada@corp.test").value(), ldap.people[0].dn);
  EXPECT_EQ(reader.find_dn(client, "nobody@corp.test").value(), "");
  ldap.people[1].attributes[0].values = {"ada@corp.test"};
  EXPECT_EQ(reader.find_dn(client, "ada@corp.test").error().kind, base::ErrorKind::invalid);
}

TEST(LdapCache, KeepsEverythingAndSeesDamage) {
  LdapContents contents;
  contents.users = {
      {.mails = {"a@corp.test", "b@corp.test"}, .aliases = {"c@corp.test"}, .login = "ada"},
      {.mails = {"d@corp.test"}, .aliases = {}, .login = ""}};
  contents.groups = {{.addresses = {"g@corp.test"}, .members = {"a@corp.test", "x@y.example"}}};
  contents.read_at = base::parse_time("2026-11-23T14:00:00.123Z").value();
  const std::string source = ldap_source(corp());
  const std::string text = encode_ldap_cache(contents, source);
  const auto back = decode_ldap_cache(text, source);
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->same_people(contents));
  EXPECT_EQ(back->read_at, contents.read_at);
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(decode_ldap_cache(text.substr(0, i), source)) << i;
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = decode_ldap_cache(changed, source);
    EXPECT_TRUE(!read || read->same_people(contents)) << i;  // the date is not in the checksum
  }
  LdapSettings other = corp();
  other.user_filter = "(uid=*)";
  EXPECT_FALSE(decode_ldap_cache(text, ldap_source(other)));
}

}  // namespace
}  // namespace directory
