// Tests of domain_checks.h: records that are right, wrong, missing, and different on two servers.
#include "admin/doctor/domain_checks.h"

#include "admin/doctor/fixture_test.h"
#include "lib/mailauth/dkim_key.h"

namespace doctor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view address = "mail.our.test A 198.51.100.9\n";

struct Row {
  DomainCheck check;
  std::string zone;
  std::string said;  // how it begins
};

TEST_F(DoctorTest, RecordsOfADomain) {
  const std::string mx = "our.test MX 10 mail.our.test\n";
  const Row rows[] = {
      {check_mx, mx, "ok: MX 10 mail.our.test"},
      {check_mx, "other.test A 192.0.2.1\n", "mend: there is no MX record"},
      {check_mx, "our.test MX 10 mx.elsewhere.test\n", "warning: MX 10 mx.elsewhere.test: none"},
      {check_mx, "our.test MX 10 other.our.test\nother.our.test A 198.51.100.9\n",
       "ok: MX 10 other.our.test"},
      {check_mx_target, mx, "ok: mail.our.test has 198.51.100.9"},
      {check_mx_target, "our.test MX 10 gone.our.test\n", "mend: gone.our.test has no address"},
      {check_mx_target, "our.test MX 10 mx.our.test\nmx.our.test CNAME mail.our.test\n",
       "warning: mx.our.test is a CNAME of mail.our.test"},
      {check_mx_target, "our.test MX 10 mx.our.test\nmx.our.test FAIL\n",
       "unknown: mx.our.test could not be looked up"},
      {check_spf, mx + "our.test TXT \"v=spf1 mx -all\"\n", "ok: v=spf1 mx -all"},
      {check_spf, mx, "mend: there is no SPF record"},
      {check_spf, "our.test TXT \"v=spf1 -all\"\nour.test TXT \"v=spf1 mx -all\"\n",
       "mend: there are 2 SPF records"},
      {check_spf, "our.test TXT \"v=spf1 +all\"\n", "mend: v=spf1 +all: +all lets the whole"},
      {check_spf, "our.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\n",
       "mend: v=spf1 ip4:192.0.2.1 -all; mail from 198.51.100.9 gets fail"},
      {check_spf, "our.test TXT \"v=spf1 foo -all\"\n", "mend: v=spf1 foo -all: "},
      {check_spf, mx + "our.test TXT \"v=spf1 mx\"\n", "note: v=spf1 mx: without"},
      {check_spf_lookups, mx + "our.test TXT \"v=spf1 mx -all\"\n",
       "ok: the SPF record needs 1 look-ups of 10"},
      {check_dmarc, "_dmarc.our.test TXT \"v=DMARC1; p=reject\"\n", "ok: v=DMARC1; p=reject"},
      {check_dmarc, "_dmarc.our.test TXT \"v=DMARC1; p=none\"\n",
       "note: v=DMARC1; p=none: it only"},
      {check_dmarc, mx, "mend: there is no DMARC record"},
      {check_dmarc, "_dmarc.our.test TXT \"v=DMARC1; p=none\"\n_dmarc.our.test TXT \"v=DMARC1\"\n",
       "mend: there are 2 DMARC records"},
      {check_dmarc_reports, "_dmarc.our.test TXT \"v=DMARC1; p=reject; rua=mailto:a@our.test\"\n",
       "ok: mailto:a@our.test gets reports"},
      {check_dmarc_reports, "_dmarc.our.test TXT \"v=DMARC1; p=reject\"\n", "note: nobody gets"},
      {check_dmarc_reports, "_dmarc.our.test TXT \"v=DMARC1; p=reject; rua=mailto:a@far.test\"\n",
       "warning: far.test does not say that it wants reports about our.test"},
      {check_dmarc_reports,
       "_dmarc.our.test TXT \"v=DMARC1; p=reject; rua=mailto:a@far.test\"\n"
       "our.test._report._dmarc.far.test TXT \"v=DMARC1\"\n",
       "ok: mailto:a@far.test gets reports"},
      {check_mta_sts, "_mta-sts.our.test TXT \"v=STSv1; id=1;\"\n", "ok: v=STSv1; id=1;"},
      {check_mta_sts, "_mta-sts.our.test TXT \"v=STSv1\"\n", "mend: v=STSv1: id= must be"},
      {check_mta_sts, mx, "note: there is no MTA-STS record"},
      {check_mta_sts_policy, mx, "nothing"},
      {check_tls_rpt, "_smtp._tls.our.test TXT \"v=TLSRPTv1; rua=mailto:a@our.test\"\n", "ok: "},
      {check_tls_rpt, "_smtp._tls.our.test TXT \"v=TLSRPTv1\"\n", "mend: v=TLSRPTv1: it has no"},
      {check_tls_rpt, mx, "note: nobody is told"},
      {check_srv_submission, "_submissions._tcp.our.test SRV 0 1 465 mail.our.test\n",
       "ok: 0 1 465 mail.our.test"},
      {check_srv_submission, "_submissions._tcp.our.test SRV 0 1 465 gone.our.test\n",
       "warning: _submissions._tcp.our.test leads to gone.our.test, which has no address"},
      {check_srv_imap, mx, "note: programs cannot look up where to read"},
      {check_autoconfig, "autoconfig.our.test CNAME mail.our.test\n",
       "ok: autoconfig.our.test is at 198.51.100.9"},
      {check_autoconfig, mx, "note: Thunderbird finds no settings"},
      {check_dnssec_zone, "our.test MX 10 mail.our.test\nour.test SECURE\n",
       "ok: the zone is signed"},
      {check_dnssec_zone, "our.test BOGUS\n", "mend: its signatures do not verify"},
      {check_dnssec_zone, mx, "unknown: signatures cannot be verified from here"},
      {check_name_servers, mx, "ok: 2 of 2 name servers answer"},
  };
  for (const Row& row : rows) {
    publish(std::string(address) + row.zone);
    EXPECT_THAT(said(run(row.check)), StartsWith(row.said)) << row.zone;
  }
}

TEST_F(DoctorTest, WhatIsWrongHasTextToPaste) {
  publish(address);
  EXPECT_EQ(run(check_mx).front().paste, "our.test. 3600 IN MX 10 mail.our.test.");
  EXPECT_EQ(run(check_spf).front().paste,
            "our.test. 3600 IN TXT \"v=spf1 mx ip4:198.51.100.9 -all\"");
  EXPECT_EQ(run(check_dmarc).front().paste,
            "_dmarc.our.test. 3600 IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@our.test\"");
  EXPECT_EQ(run(check_srv_submission).front().paste,
            "_submissions._tcp.our.test. 3600 IN SRV 0 1 465 mail.our.test.");
}

TEST_F(DoctorTest, NameServersThatDifferAreNamed) {
  publish(std::string(address) + "our.test MX 10 mail.our.test\n");
  view.serve("ns2.our.test", "our.test MX 10 old.our.test\n");
  EXPECT_EQ(said(run(check_mx)),
            "warning: the name servers differ: ns1.our.test [192.0.2.53]: MX 10 mail.our.test; "
            "ns2.our.test [192.0.2.53]: MX 10 old.our.test: none of them is this server");
  view.serve("ns2.our.test", "our.test FAIL\n");
  EXPECT_EQ(said(run(check_mx)), "ok: MX 10 mail.our.test") << "silence is no opinion";
  EXPECT_THAT(said(run(check_name_servers)),
              StartsWith("warning: 1 of 2 name servers answer: ns2"));
  view.servers.clear();
  EXPECT_EQ(said(run(check_mx)), "unknown: no name server is known");
}

TEST_F(DoctorTest, SpfThatAsksTooMuch) {
  std::string text = "our.test TXT \"v=spf1";
  for (int i = 0; i < 11; ++i) text += fmt::format(" include:i{}.our.test", i);
  text += " -all\"\n";
  for (int i = 0; i < 11; ++i)
    text += fmt::format("i{}.our.test TXT \"v=spf1 ip4:192.0.2.1\"\n", i);
  publish(text);
  EXPECT_EQ(said(run(check_spf_lookups)), "mend: the SPF record needs 11 look-ups of 10");
}

policy::KeyRecord make_key(policy::KeyState state) {
  const auto key = mailauth::PrivateKey::generate(mailauth::KeyType::ed25519);
  EXPECT_TRUE(key);
  return {.domain = "our.test",
          .selector = "s1",
          .type = mailauth::KeyType::ed25519,
          .bits = 256,
          .state = state,
          .created = {},
          .activated = {},
          .retired = {},
          .public_text = mailauth::key_record_text(key->public_key())};
}

TEST_F(DoctorTest, KeysHeldAgainstKeysServed) {
  const policy::KeyRecord key = make_key(policy::KeyState::active);
  keys = std::make_shared<policy::KeyRing>(
      std::vector{key}, std::map<std::string, policy::DomainKeys, std::less<>>(), "");
  const std::string line = fmt::format("s1._domainkey.our.test TXT \"{}\"\n", key.public_text);
  publish(line);
  EXPECT_EQ(said(run(check_dkim)), "ok: key s1 (ed25519): is served");
  view.serve("ns2.our.test", "our.test A 192.0.2.1\n");
  EXPECT_THAT(said(run(check_dkim)),
              StartsWith("mend: key s1 (ed25519): the name servers differ: ns1.our.test"));
  const policy::KeyRecord other = make_key(policy::KeyState::active);
  publish(fmt::format("s1._domainkey.our.test TXT \"{}\"\n", other.public_text));
  const Findings findings = run(check_dkim);
  EXPECT_THAT(said(findings), HasSubstr("holds another key"));
  EXPECT_THAT(findings.front().paste, HasSubstr(key.public_text));
  publish("s1._domainkey.our.test FAIL\n");
  EXPECT_THAT(said(run(check_dkim)), StartsWith("unknown: "));
  keys = std::make_shared<policy::KeyRing>();
  EXPECT_EQ(said(run(check_dkim)), "warning: its mail is not signed");
}

TEST_F(DoctorTest, KeysThatWait) {
  keys = std::make_shared<policy::KeyRing>(std::vector{make_key(policy::KeyState::pending)},
                                           std::map<std::string, policy::DomainKeys, std::less<>>(),
                                           "");
  EXPECT_THAT(said(run(check_dkim_waiting)), StartsWith("warning: key s1 waits since 1970"));
  keys = std::make_shared<policy::KeyRing>(std::vector{make_key(policy::KeyState::retired)},
                                           std::map<std::string, policy::DomainKeys, std::less<>>(),
                                           "");
  EXPECT_EQ(said(run(check_dkim_waiting)), "note: key s1 is not needed any more");
}

TEST_F(DoctorTest, SomebodyReadsPostmaster) {
  known = directory::make_snapshot({.domains = {"our.test"}});
  EXPECT_THAT(said(run(check_postmaster)), StartsWith("mend: nobody reads postmaster@our.test"));
  known = directory::make_snapshot({.domains = {"our.test"}, .mailboxes = {"you@our.test"}});
  EXPECT_EQ(said(run(check_postmaster)), "ok: postmaster@our.test is read at you@our.test");
}

}  // namespace
}  // namespace doctor
