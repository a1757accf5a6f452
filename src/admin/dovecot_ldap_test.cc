// Tests of admin/dovecot_ldap.h: structure; Dovecot 2.3 itself reads it in tests/e2e.
#include "admin/dovecot_ldap.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace admin {
namespace {

using Version = DovecotPlan::Version;

DovecotPlan plan_of(Version version) {
  DovecotPlan plan;
  plan.version = version;
  plan.output_folder = "/etc/dc";
  plan.run_folder = "/run/dc";
  plan.state_folder = "/var/lib/dc";
  plan.database_path = "/var/lib/stagepost/directory.db";
  plan.mail_folder = "/var/mail";
  plan.hostname = "mail.example.org";
  plan.certificate_path = "/etc/ssl/mail.crt";
  plan.key_path = "/etc/ssl/mail.key";
  plan.socket_user = "stagepost";
  plan.scram = false;
  plan.ldap.urls = {"ldap://a.corp.test", "ldap://b.corp.test:3389"};
  plan.ldap.start_tls = true;
  plan.ldap.ca_file = "/etc/ssl/ca.pem";
  plan.ldap.bind_dn = "cn=reader,dc=corp,dc=test";
  plan.ldap.base_dn = "dc=corp,dc=test";
  plan.ldap_password = R"(# it's "$x" \%u%{y})";
  return plan;
}

std::string text_of(const DovecotPlan& plan, std::string_view ending) {
  for (const TextFile& file : dovecot_files(plan)) {
    if (file.path.ends_with(ending)) return file.text;
  }
  return {};
}

// So that a failure shows the text.
void expect_holds(const std::string& text, std::string_view part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}
void expect_lacks(const std::string& text, std::string_view part) {
  EXPECT_EQ(text.find(part), std::string::npos) << part << "\nis in\n" << text;
}

constexpr std::string_view bad_names =
    "(!(mail=*/*))(!(mail=*\\\\25*))(!(mail=*:*))(!(mail=*@*@*))(!(mail=.*))(!(mail=@*))"
    "(!(mail=*@))(!(mail=*@.*))";

TEST(DovecotLdap, NothingOfItWhileLdapIsOff) {
  for (const Version version : {Version::v2_3, Version::v2_4}) {
    DovecotPlan plan = plan_of(version);
    plan.ldap = {};
    plan.scram = true;
    const std::string text = text_of(plan, "/dovecot.conf");
    expect_lacks(text, "ldap");
    expect_lacks(text, "LDAP");
    expect_holds(text, "auth_mechanisms = plain login scram-sha-256\n");
    for (const TextFile& file : dovecot_files(plan)) EXPECT_EQ(file.mode, 0644U) << file.path;
  }
}

TEST(DovecotLdap, Version23) {
  DovecotPlan plan = plan_of(Version::v2_3);
  ASSERT_TRUE(check_dovecot_plan(plan));
  const std::string main = text_of(plan, "/dovecot.conf");
  expect_holds(main, "auth_mechanisms = plain login\n");
  expect_holds(
      main, "  args = /etc/dc/dovecot-ldap.conf.ext\n  result_success = continue-ok\n}\npassdb {");
  expect_holds(main, "  skip = unauthenticated\n  result_success = return-fail\n");
  expect_holds(main, "userdb {\n  driver = ldap\n  args = /etc/dc/dovecot-ldap-userdb.conf.ext\n}");
  // Whom directory.db has is asked of it first.
  EXPECT_LT(main.find("dovecot-sql.conf.ext"), main.find("dovecot-ldap.conf.ext"));
  EXPECT_LT(main.rfind("dovecot-sql.conf.ext"), main.find("dovecot-ldap-userdb.conf.ext"));
  const std::string pass = text_of(plan, "/dovecot-ldap.conf.ext");
  for (const char* line :
       {"uris = \"ldap://a.corp.test ldap://b.corp.test:3389\"\n",
        "dn = \"cn=reader,dc=corp,dc=test\"\n", R"(dnpass = "# it's \"$x\" \\%u%{y}")",
        "base = \"dc=corp,dc=test\"\n", "scope = subtree\n", "ldap_version = 3\n", "tls = yes\n",
        "tls_ca_cert_file = \"/etc/ssl/ca.pem\"\n", "tls_require_cert = hard\n",
        "auth_bind = yes\n", "pass_attrs = =user=%L{ldap:mail}\n",
        "pass_filter = \"(&(mail=%u)(objectClass=inetOrgPerson)(!"}) {
    expect_holds(pass, line);
  }
  expect_holds(pass, std::string(bad_names) + "(mail=*@*))\"\n");
  const std::string user = text_of(plan, "/dovecot-ldap-userdb.conf.ext");
  expect_holds(user, "=home=/var/mail/.homes/%d/%n, =mail=maildir:/var/mail/%d/%n\n");
  expect_holds(user, "user_filter = \"(&(mail=%u)(objectClass=inetOrgPerson)");
  expect_holds(user, "iterate_filter = \"(&(objectClass=inetOrgPerson)");
  expect_lacks(user, "auth_bind");
  expect_holds(text_of(plan, "/dovecot-ldap-taken.conf.ext"),
               "address = '%u') OR '%d' NOT IN (SELECT name FROM domains)\n");
  for (const TextFile& file : dovecot_files(plan)) {
    const bool secret = file.text.contains("dnpass");
    EXPECT_EQ(file.mode, secret ? 0600U : 0644U) << file.path;
  }
}

TEST(DovecotLdap, Version24) {
  DovecotPlan plan = plan_of(Version::v2_4);
  ASSERT_TRUE(check_dovecot_plan(plan));
  EXPECT_EQ(dovecot_files(plan).front().mode, 0600U);
  const std::string main = text_of(plan, "/dovecot.conf");
  for (const char* line :
       {"auth_mechanisms = plain login\n", "ldap_uris = \"ldap://a.corp.test ldap://b.corp",
        "ldap_auth_dn = \"cn=reader,dc=corp,dc=test\"\n", "ldap_base = \"dc=corp,dc=test\"\n",
        R"(ldap_auth_dn_password = "# it's \"$x\" \\%u%%{y}")", "ldap_scope = subtree\n",
        "ldap_starttls = yes\n", "ssl_client_ca_file = \"/etc/ssl/ca.pem\"\n",
        "passdb ldap {\n  bind = yes\n  ldap_filter = \"(&(mail=%{user})(objectClass=inet",
        "user = %{ldap:mail | lower}\n", "result_success = continue-ok\n",
        "passdb taken {\n  driver = sql\n", "skip = unauthenticated\n",
        "userdb ldap {\n  ldap_connection_group = userdb\n",
        "mail_path = /var/mail/%{user | domain}/%{user | username}\n",
        "home = /var/mail/.homes/%{user | domain}/%{user | username}\n",
        "ldap_iterate_filter = \"(&(objectClass=inetOrgPerson)"}) {
    expect_holds(main, line);
  }
  expect_holds(main, bad_names);
  EXPECT_LT(main.find("passdb sql"), main.find("passdb ldap"));
  EXPECT_LT(main.find("userdb sql"), main.find("userdb ldap"));
}

TEST(DovecotLdap, FollowsTheSettings) {
  DovecotPlan plan = plan_of(Version::v2_3);
  plan.ldap.urls = {"ldapi:///"};
  plan.ldap.bind_dn.clear();
  plan.ldap.ca_file.clear();
  plan.ldap.base_dn = "o=50%u";
  plan.ldap.user_filter = "(cn=50%u\"x\")";
  plan.ldap.mail_attribute = "rfc822Mailbox";
  plan.ldap.login_attribute = "uid";
  plan.ldap.domains = {"a.test", "b.test"};
  plan.mail_folder = "/var/a:b";
  ASSERT_TRUE(check_dovecot_plan(plan));
  const std::string pass = text_of(plan, "/dovecot-ldap.conf.ext");
  for (const char* part : {"tls = yes", "\ndn", "tls_ca_cert_file"}) expect_lacks(pass, part);
  expect_holds(pass, "base = \"o=50%%u\"\n");
  expect_holds(pass, R"((&(|(rfc822Mailbox=%u)(uid=%u))(cn=50\\25u\"x\"))");
  expect_holds(pass, "(|(rfc822Mailbox=*@a.test)(rfc822Mailbox=*@b.test))");
  expect_holds(pass, "%L{ldap:rfc822Mailbox}");
  expect_holds(text_of(plan, "-taken.conf.ext"), "'%d' NOT IN ('a.test', 'b.test')\n");
  const std::string user = text_of(plan, "-userdb.conf.ext");
  expect_holds(user, "=mail=maildir:/var/a::b/%d/%n");
  expect_lacks(user, "(uid=");
}

TEST(DovecotLdap, RefusesWhatTheSyntaxCannotCarry) {
  const auto refused = [](auto change) {
    DovecotPlan plan = plan_of(Version::v2_3);
    change(plan);
    return !check_dovecot_plan(plan).has_value();
  };
  EXPECT_FALSE(refused([](DovecotPlan&) {}));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap_password = "a\nuris = x"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap_password += '\0'; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.bind_dn = "cn=a\r"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.base_dn = "dc=a\n"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.ca_file = "/a\x7f"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.user_filter = "(a=b)\n(c=d)"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.urls = {"ldap://a b"}; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.urls.emplace_back("ldaps://c"); }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.mail_attribute = "mail}"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.login_attribute = "u,id"; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.ldap.domains = {"a')--"}; }));
  EXPECT_TRUE(refused([](DovecotPlan& plan) { plan.mail_folder = "/var/a,b"; }));
  DovecotPlan plan = plan_of(Version::v2_3);
  plan.ldap_password = "secret\n";
  EXPECT_EQ(check_dovecot_plan(plan).error().detail.find("secret"), std::string::npos);
}

TEST(DovecotLdap, Quotes) {
  EXPECT_EQ(dovecot_quoted(""), R"("")");
  EXPECT_EQ(dovecot_quoted(R"(a\"b')"), R"("a\\\"b'")");
}

}  // namespace
}  // namespace admin
