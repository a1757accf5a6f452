// Tests of sender_checks.h: messages of strangers, from MAIL to the verdict.
#include "policy/verify/sender_checks.h"

#include "lib/base/text.h"
#include "policy/verify/fixture_test.h"

namespace policy {
namespace {

constexpr std::string_view good_zone = R"(
good.example TXT "v=spf1 ip4:192.0.2.10 -all"
mail.good.example TXT "v=spf1 ip4:192.0.2.10 -all"
_dmarc.good.example TXT "v=DMARC1; p=reject; rua=mailto:r@good.example"
bank.example A 192.0.2.99
_dmarc.bank.example TXT "v=DMARC1; p=reject; rua=mailto:r@bank.example"
_dmarc.soft.example TXT "v=DMARC1; p=quarantine"
_dmarc.watch.example TXT "v=DMARC1; p=none; rua=mailto:r@watch.example"
_dmarc.test.example TXT "v=DMARC1; p=reject; t=y"
)";

class SenderChecksTest : public VerifyFixture {
 protected:
  SenderChecksTest() { EXPECT_TRUE(zone.add(good_zone)); }
};

TEST_F(SenderChecksTest, AnHonestMailPasses) {
  const Judged judged =
      judge({.text = sign("good.example", letter("From: A <a@good.example>\r\n"))});
  EXPECT_TRUE(judged.verdict.accepted()) << judged.verdict.reply.text();
  EXPECT_FALSE(judged.verdict.junk);
  EXPECT_TRUE(judged.field.starts_with("Authentication-Results: mx.home.test;")) << judged.field;
  for (const char* part :
       {"spf=pass smtp.mailfrom=a@good.example;", "spf=pass smtp.helo=mail.good.example;",
        "dmarc=pass header.from=good.example policy.dmarc=reject;",
        "dkim=pass header.d=good.example header.i=@good.example header.s=k "
        "header.a=ed25519-sha256 header.b="}) {
    EXPECT_TRUE(judged.field.contains(part)) << part << "\n" << judged.field;
  }
  EXPECT_TRUE(judged.stored.starts_with("Authentication-Results: mx.home.test;\r\n"));
  ASSERT_EQ(observer.all.size(), 1U);
  const DmarcObservation& seen = observer.all[0];
  EXPECT_EQ(seen.header_from, "good.example");
  EXPECT_EQ(seen.envelope_from, "good.example");
  EXPECT_EQ(seen.envelope_to, (std::vector<std::string>{"home.test"}));
  EXPECT_EQ(seen.spf_result, "pass");
  EXPECT_EQ(seen.spf_scope, "mfrom");
  EXPECT_EQ(seen.dkim.at(0).result, "pass");
}

TEST_F(SenderChecksTest, ASpoofIsRefusedWithAReason) {
  const Judged judged = judge({.text = letter("From: CEO <ceo@bank.example>\r\n")});
  EXPECT_EQ(judged.verdict.reply.code, 550);
  EXPECT_EQ(judged.verdict.reply.enhanced, (smtp::EnhancedCode{5, 7, 1}));
  EXPECT_TRUE(judged.verdict.reply.text().contains("bank.example")) << judged.verdict.reply.text();
  EXPECT_EQ(judged.verdict.rule, "dmarc");
  ASSERT_EQ(observer.all.size(), 1U);
  EXPECT_EQ(observer.all[0].applied, mailauth::DmarcPolicy::reject);
}

TEST_F(SenderChecksTest, PoliciesAreAppliedAsSet) {
  struct Case {
    const char* domain;
    DmarcUse use;
    bool accepted;
    bool junk;
  };
  for (const auto& [domain, use, accepted, junk] : {
           Case{"bank.example", DmarcUse::apply, false, false},
           Case{"bank.example", DmarcUse::quarantine, true, true},
           Case{"bank.example", DmarcUse::observe, true, false},
           Case{"soft.example", DmarcUse::apply, true, true},
           Case{"soft.example", DmarcUse::quarantine, true, true},
           Case{"soft.example", DmarcUse::observe, true, false},
           Case{"watch.example", DmarcUse::apply, true, false},
           Case{"test.example", DmarcUse::apply, true, true},  // t=y: one step less
           Case{"unknown.example", DmarcUse::apply, true, false},
       }) {
    settings.verify.dmarc = use;
    const Judged judged = judge({.text = letter(fmt::format("From: x@{}\r\n", domain))});
    EXPECT_EQ(judged.verdict.accepted(), accepted) << domain;
    EXPECT_EQ(judged.verdict.junk, junk) << domain;
  }
  EXPECT_EQ(observer.all.size(), 8U);  // of unknown.example there is nobody to tell
  EXPECT_EQ(observer.all[1].overrides.at(0).first, "local_policy");
  EXPECT_EQ(observer.all[7].overrides.at(0).first, "policy_test_mode");
}

TEST_F(SenderChecksTest, SpfRefusesOnlyWhenSet) {
  EXPECT_TRUE(
      zone.add("strict.example TXT \"v=spf1 -all exp=why.strict.example\"\n"
               "why.strict.example TXT \"See http://strict.example/ for %{i}\"\n"
               "lax.example TXT \"v=spf1 ~all\"\n"
               "broken.example TXT \"v=spf1 nonsense\"\n"
               "dead.example TXT FAIL\n"));
  const auto mail = [](const std::string& domain) {
    return Mail{.text = letter("From: a@other.example\r\n"), .from = "a@" + domain};
  };
  EXPECT_TRUE(judge(mail("strict.example")).verdict.accepted());
  settings.verify.spf_fail = FaultAction::junk;
  EXPECT_TRUE(judge(mail("strict.example")).verdict.junk);
  settings.verify.spf_fail = FaultAction::reject;
  const Judged refused = judge(mail("strict.example"));
  EXPECT_EQ(refused.verdict.reply.enhanced, (smtp::EnhancedCode{5, 7, 23}));
  EXPECT_TRUE(refused.verdict.reply.text().contains(
      "strict.example explains: See http://strict.example/ for 192.0.2.10"))
      << refused.verdict.reply.text();
  for (const char* domain : {"lax.example", "broken.example", "dead.example", "none.example"}) {
    EXPECT_TRUE(judge(mail(domain)).verdict.accepted()) << domain;
  }
  settings.verify.trusted_forwarders = {*io::IpNetwork::parse("192.0.2.0/24")};
  EXPECT_TRUE(judge(mail("strict.example")).verdict.accepted());
}

TEST_F(SenderChecksTest, TheNullSenderIsItsHelo) {
  const Judged judged =
      judge({.text = letter("From: mailer-daemon@mail.good.example\r\n"), .from = ""});
  EXPECT_TRUE(judged.verdict.accepted());
  EXPECT_FALSE(judged.findings.spf_mail_from);
  EXPECT_TRUE(judged.findings.dmarc->spf_aligned);
  EXPECT_EQ(observer.all.at(0).spf_scope, "helo");
  EXPECT_FALSE(judged.field.contains("smtp.mailfrom"));
}

// HOUSE invariant 4.
TEST_F(SenderChecksTest, TroubleWithTheDnsIsNever5yz) {
  settings.verify.spf_fail = FaultAction::reject;
  const std::string text = sign("good.example", letter("From: ceo@bank.example\r\n"));
  for (const char* faults : {
           "good.example TXT FAIL\n",
           "_dmarc.bank.example FAIL\n",
           "_dmarc.bank.example TIMEOUT\n",
           "_dmarc.bank.example BOGUS\n",
           "_dmarc.example FAIL\n",
           "good.example TIMEOUT\nmail.good.example TIMEOUT\nk._domainkey.good.example TIMEOUT\n"
           "_dmarc.bank.example TIMEOUT\n_dmarc.example TIMEOUT\n",
       }) {
    zone.remove("");
    ASSERT_TRUE(zone.add(good_zone));
    publish("good.example");
    ASSERT_TRUE(zone.add(faults)) << faults;
    settings.verify.timeout = std::chrono::seconds(5);  // TIMEOUT takes ten
    const auto before = host.doors().clock.now();
    const Judged judged = judge({.text = text});
    EXPECT_LE(host.doors().clock.now() - before, std::chrono::seconds(11));
    const bool dmarc_fails = std::string_view(faults).starts_with("good.example TXT");
    EXPECT_EQ(judged.verdict.accepted(), !dmarc_fails) << faults << judged.verdict.reply.text();
  }
}

TEST_F(SenderChecksTest, ADeadDnsIsTemperrorAndAccepted) {
  zone.remove("");
  for (const char* name : {"good.example", "mail.good.example", "k._domainkey.good.example",
                           "_dmarc.good.example", "_dmarc.example"}) {
    ASSERT_TRUE(zone.add(fmt::format("{} FAIL\n", name)));
  }
  const Judged judged = judge({.text = sign("good.example", letter("From: a@good.example\r\n"))});
  EXPECT_TRUE(judged.verdict.accepted());
  EXPECT_FALSE(judged.verdict.junk);
  for (const char* part : {"spf=temperror", "dkim=temperror", "dmarc=temperror"}) {
    EXPECT_TRUE(judged.field.contains(part)) << part << judged.field;
  }
}

TEST_F(SenderChecksTest, LookUpsAreMadeAtTheSameTime) {
  for (int i = 0; i < 6; ++i) {
    publish(fmt::format("s{}.example", i));
    ASSERT_TRUE(zone.add(fmt::format("k._domainkey.s{}.example SLOW\n", i)));
  }
  ASSERT_TRUE(zone.add("_dmarc.good.example SLOW\ngood.example SLOW\nmail.good.example SLOW\n"));
  std::string text = letter("From: a@good.example\r\n");
  for (int i = 0; i < 6; ++i) text = sign(fmt::format("s{}.example", i), text);
  const auto before = host.doors().clock.now();
  const Judged judged = judge({.text = text});
  EXPECT_EQ(judged.findings.dkim->verdicts.size(), 6U);
  EXPECT_EQ(host.doors().clock.now() - before, std::chrono::seconds(2));  // MAIL and the end
}

TEST_F(SenderChecksTest, AnUntrustedSignatureAlignsNothing) {
  // A From above the signed one: refused as a fault; let through, the signature proves nothing.
  settings.verify.author_faults = FaultAction::accept;
  const std::string signed_text = sign("bank.example", letter("From: ceo@bank.example\r\n"));
  publish("bank.example");
  EXPECT_TRUE(judge({.text = signed_text}).verdict.accepted());
  const Judged judged = judge({.text = "From: x@evil.example\r\n" + signed_text});
  EXPECT_FALSE(judged.findings.dmarc);
}

TEST_F(SenderChecksTest, LargeBodiesAreHashedAsTheyStream) {
  std::string body;
  while (body.size() < 1'048'576) body += "The quick brown fox jumps over the lazy dog.  \r\n";
  const std::string text = sign("good.example", letter("From: a@good.example\r\n", body));
  EXPECT_EQ(judge({.text = text}).findings.dkim->verdicts.at(0).result, mailauth::DkimResult::pass);
  EXPECT_EQ(judge({.text = text + "x\r\n"}).findings.dkim->verdicts.at(0).result,
            mailauth::DkimResult::fail);
}

TEST_F(SenderChecksTest, AHeaderTooLargeIsRefused) {
  const std::string text =
      letter("From: a@good.example\r\nX: " + std::string(300'000, 'x') + "\r\n");
  EXPECT_EQ(judge({.text = text}).verdict.reply.code, 552);
  exempt = true;
  EXPECT_TRUE(judge({.text = text}).verdict.accepted());
}

TEST_F(SenderChecksTest, WhoIsExemptCostsNothing) {
  exempt = true;
  const std::size_t before = zone.queries();
  const Judged judged = judge({.text = sign("good.example", letter("From: ceo@bank.example\r\n"))});
  EXPECT_TRUE(judged.verdict.accepted());
  EXPECT_EQ(zone.queries() - before, 2U);  // SPF only: the fixture calls it, policy.cc does not
  EXPECT_EQ(judged.field, "");
  EXPECT_TRUE(observer.all.empty());
}

}  // namespace
}  // namespace policy
