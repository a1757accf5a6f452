// Tests of the section [ldap]: what it refuses, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace config {
namespace {

using testing::HasSubstr;

constexpr std::string_view head =
    "hostname = \"mail.corp.test\"\n[[listener]]\naddress = \"0.0.0.0:25\"\n[ldap]\n";

base::Result<Config> load_ldap(std::string_view lines) {
  return load(std::string(head) + std::string(lines), "x.toml", "/home");
}

TEST(LdapConfig, IsOffByDefaultAndFilledWhenSet) {
  EXPECT_FALSE(load_ldap("")->directory.ldap.on());
  const auto config = load_ldap(
      "url = [\"ldaps://a.corp.test\", \"ldaps://b.corp.test\"]\nbase_dn = \"dc=corp,dc=test\"\n"
      "bind_dn = \"cn=reader\"\npassword_file = \"ldap.password\"\ndomains = \"Corp.Test\"\n"
      "schema = \"active_directory\"\n");
  ASSERT_TRUE(config) << config.error().detail;
  const directory::LdapSettings& ldap = config->directory.ldap;
  EXPECT_EQ(ldap.urls.size(), 2);
  EXPECT_EQ(ldap.domains.front(), "corp.test");
  EXPECT_EQ(ldap.password_file, "/home/ldap.password");
  EXPECT_EQ(ldap.cache_path, "/home/state/ldap-cache");
  EXPECT_EQ(ldap.schema, directory::LdapSettings::Schema::active_directory);
}

TEST(LdapConfig, RefusesWhatCannotWorkOrIsNotSafe) {
  constexpr std::string_view base = "base_dn = \"dc=corp\"\n";
  const std::pair<std::string, std::string_view> cases[] = {
      {"url = \"ldap://ldap.corp.test\"\n" + std::string(base), "in the clear"},
      {"url = \"ldap://127.0.0.1.evil.example\"\n" + std::string(base), "in the clear"},
      {"url = \"ldap://localhost.evil.example\"\n" + std::string(base), "in the clear"},
      {"url = \"https://ldap.corp.test\"\n" + std::string(base), "no LDAP URL"},
      {"url = \"ldaps://ldap.corp.test\"\n", "base_dn"},
      {"base_dn = \"dc=corp\"\n", "add url"},
      {"url = \"ldapi:///\"\nbind_dn = \"cn=x\"\n" + std::string(base), "belong together"},
      {"url = \"ldapi:///\"\nuser_filter = \"uid=*\"\n" + std::string(base), "parentheses"},
      {"url = \"ldapi:///\"\nschema = \"x\"\n" + std::string(base), "schema"},
  };
  for (const auto& [lines, words] : cases) {
    const auto config = load_ldap(lines);
    ASSERT_FALSE(config) << lines;
    EXPECT_THAT(config.error().detail, HasSubstr(std::string(words))) << lines;
  }
  for (const std::string_view url :
       {"ldap://127.0.0.1:389", "ldap://localhost", "ldap://[::1]/", "ldapi:///"}) {
    EXPECT_TRUE(load_ldap("url = \"" + std::string(url) + "\"\n" + std::string(base))) << url;
  }
}

}  // namespace
}  // namespace config
