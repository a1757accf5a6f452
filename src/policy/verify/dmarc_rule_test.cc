// Tests of dmarc_rule.h: for what reasons a DMARC policy is passed over, and for which not.
#include "policy/verify/dmarc_rule.h"

#include "lib/mailauth/arc_sealer.h"
#include "policy/verify/fixture_test.h"

namespace policy {
namespace {

constexpr std::string_view author = "From: a@strict.example\r\n";
constexpr std::string_view zone_text = R"(
_dmarc.strict.example TXT "v=DMARC1; p=reject; adkim=r"
lists.example TXT "v=spf1 ip4:192.0.2.10 -all"
)";

class DmarcRuleTest : public VerifyFixture {
 protected:
  DmarcRuleTest() {
    EXPECT_TRUE(zone.add(zone_text));
    for (const char* domain : {"sealer.example", "other.example", "strict.example"}) {
      publish(domain);
    }
  }

  // One more ARC set on top: the chain so far is said to pass.
  std::string seal(const std::string& message, const std::string& domain, unsigned instances,
                   const std::string& results) {
    const auto parts = mailauth::split_message(message);
    mailauth::BodyHashes bodies;
    const std::size_t ticket = mailauth::prepare_arc(bodies);
    bodies.feed(parts.body);
    bodies.finish();
    mailauth::ArcInput input;
    input.message = {.header = std::string(parts.header),
                     .body_hash = bodies.hash(ticket),
                     .now = host.doors().clock.wall()};
    input.results = domain + "; " + results;
    input.chain.result = instances == 0 ? mailauth::ArcResult::none : mailauth::ArcResult::pass;
    input.chain.instances = instances;
    return mailauth::seal_arc({.domain = domain, .selector = "k"}, *key, input).value() + message;
  }

  std::string overrides(const Judged& judged) {
    std::string out;
    for (const std::string& one : judged.findings.overrides) {
      out += (out.empty() ? "" : " ") + one.substr(0, one.find(':'));
    }
    return out;
  }
};

TEST_F(DmarcRuleTest, Alignment) {
  ASSERT_TRUE(
      zone.add("strict.example TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
               "mail.strict.example TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
               "_dmarc.narrow.example TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"\n"
               "narrow.example TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
               "mail.narrow.example TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"));
  publish("mail.strict.example");
  publish("mail.narrow.example");
  publish("narrow.example");
  struct Case {
    std::string author;
    std::string envelope;
    std::string signer;  // empty: none
    bool passes;
  };
  for (const auto& [from, envelope, signer, passes] : {
           Case{"a@strict.example", "a@strict.example", "", true},
           Case{"a@strict.example", "a@mail.strict.example", "", true},
           Case{"a@mail.strict.example", "a@strict.example", "", true},
           Case{"a@strict.example", "a@other.example", "", false},
           Case{"a@strict.example", "a@other.example", "mail.strict.example", true},
           Case{"a@strict.example", "a@other.example", "sealer.example", false},
           Case{"a@notstrict.example", "a@strict.example", "strict.example", true},  // no policy
           Case{"a@narrow.example", "a@narrow.example", "", true},
           Case{"a@narrow.example", "a@mail.narrow.example", "", false},
           Case{"a@narrow.example", "a@other.example", "mail.narrow.example", false},
           Case{"a@narrow.example", "a@other.example", "narrow.example", true},
           Case{"\"A\" <a@STRICT.example>", "a@Strict.Example", "", true},
       }) {
    std::string text = letter("From: " + from + "\r\n");
    if (!signer.empty()) text = sign(signer, text);
    const Judged judged = judge({.text = text, .from = envelope});
    EXPECT_EQ(judged.verdict.accepted(), passes) << from << ' ' << envelope << ' ' << signer;
  }
}

TEST_F(DmarcRuleTest, LengthLimitedSignaturesAlignNothing) {
  Findings findings;
  findings.author = AuthorFinding{};
  findings.author->domain = "strict.example";
  mailauth::DkimVerdict verdict;
  verdict.result = mailauth::DkimResult::pass;
  verdict.domain = "strict.example";
  findings.dkim = mailauth::DkimReport{.verdicts = {verdict}};
  EXPECT_EQ(dmarc_query(findings, {}).dkim_domains.size(), 1U);
  findings.dkim->verdicts[0].length_limited = true;
  EXPECT_TRUE(dmarc_query(findings, {}).dkim_domains.empty());
  findings.dkim->verdicts[0].length_limited = false;
  findings.dkim->verdicts[0].unsigned_from_fields = 1;
  EXPECT_TRUE(dmarc_query(findings, {}).dkim_domains.empty());
}

TEST_F(DmarcRuleTest, ATrustedForwarder) {
  const Mail mail{.text = letter(std::string(author))};
  EXPECT_FALSE(judge(mail).verdict.accepted());
  settings.verify.trusted_forwarders = {*io::IpNetwork::parse("198.51.100.0/24")};
  EXPECT_FALSE(judge(mail).verdict.accepted());
  settings.verify.trusted_forwarders.push_back(*io::IpNetwork::parse("192.0.2.0/28"));
  const Judged judged = judge(mail);
  EXPECT_TRUE(judged.verdict.accepted());
  EXPECT_FALSE(judged.verdict.junk);
  EXPECT_EQ(overrides(judged), "trusted_forwarder");
  EXPECT_EQ(observer.all.back().overrides.at(0).first, "trusted_forwarder");
  EXPECT_EQ(observer.all.back().applied, mailauth::DmarcPolicy::none);
}

TEST_F(DmarcRuleTest, ATrustedList) {
  settings.verify.trusted_lists = {"Lists.example"};
  struct Case {
    std::string envelope;
    std::string list_id;
    bool passes;
  };
  for (const auto& [envelope, list_id, passes] : {
           Case{"dev-bounces@lists.example", "Developers <dev.lists.example>", true},
           Case{"dev-bounces@lists.example", "<lists.example>", true},
           Case{"dev-bounces@lists.example", "dev.lists.example", true},
           // SPF does not pass for the list: anybody can write a List-Id.
           Case{"a@other.example", "Developers <dev.lists.example>", false},
           Case{"dev-bounces@lists.example", "Developers <dev.notlists.example>", false},
           Case{"dev-bounces@lists.example", "<lists.example> <evil.example>", false},
           Case{"dev-bounces@lists.example", "", false},
       }) {
    const Judged judged = judge(
        {.text = letter(std::string(author) + "List-Id: " + list_id + "\r\n"), .from = envelope});
    EXPECT_EQ(judged.verdict.accepted(), passes) << envelope << ' ' << list_id;
    if (passes) EXPECT_EQ(overrides(judged), "mailing_list");
  }
}

TEST_F(DmarcRuleTest, ATrustedSealer) {
  const std::string plain = letter(std::string(author));
  const std::string good = "dmarc=pass header.from=strict.example";
  struct Case {
    const char* why;
    std::string text;
    bool passes;
  };
  const std::vector<Case> cases = {
      {"no chain", plain, false},
      {"one trusted hop", seal(plain, "sealer.example", 0, good), true},
      {"DKIM of the domain",
       seal(plain, "sealer.example", 0, "dkim=pass (ok) header.d=mail.strict.example"), true},
      {"SPF of the domain",
       seal(plain, "sealer.example", 0, "spf=pass smtp.mailfrom=a@strict.example"), true},
      {"of another domain",
       seal(plain, "sealer.example", 0, "dmarc=pass header.from=notstrict.example"), false},
      {"DKIM of another", seal(plain, "sealer.example", 0, "dkim=pass header.d=x.example"), false},
      {"it failed there", seal(plain, "sealer.example", 0, "dmarc=fail header.from=strict.example"),
       false},
      {"in a comment", seal(plain, "sealer.example", 0, "spf=none (dmarc=pass; " + good + ")"),
       false},
      {"a stranger's seal", seal(plain, "other.example", 0, good), false},
      {"a stranger after the trusted one",
       seal(seal(plain, "sealer.example", 0, good), "other.example", 1, "arc=pass"), false},
      {"a stranger before, who alone vouches",
       seal(seal(plain, "other.example", 0, good), "sealer.example", 1, "arc=pass"), false},
      {"trusted twice",
       seal(seal(plain, "sealer.example", 0, good), "sealer.example", 1, "arc=pass"), true},
      {"changed after the seal", seal(plain, "sealer.example", 0, good) + "More.\r\n", false},
  };
  for (const Case& one : cases) {
    settings.verify.trusted_arc_sealers = {};
    EXPECT_FALSE(judge({.text = one.text}).verdict.accepted()) << one.why;
    settings.verify.trusted_arc_sealers = {"Sealer.example"};
    const Judged judged = judge({.text = one.text});
    EXPECT_EQ(judged.verdict.accepted(), one.passes) << one.why;
    if (one.passes) EXPECT_EQ(overrides(judged), "local_policy") << one.why;
  }
}

// HOUSE invariant 4: whether a name exists is not known, so the milder policy counts.
TEST_F(DmarcRuleTest, NonExistingNamesHaveTheirPolicy) {
  ASSERT_TRUE(
      zone.add("_dmarc.np.example TXT \"v=DMARC1; p=none; sp=none; np=reject\"\n"
               "there.np.example A 192.0.2.7\nmute.np.example A FAIL\n"
               "_dmarc.pn.example TXT \"v=DMARC1; p=none; sp=reject; np=none\"\n"
               "there.pn.example A 192.0.2.7\nmute.pn.example A FAIL\n"));
  for (const auto& [domain, accepted] : {std::pair{"there.np.example", true},
                                         {"gone.np.example", false},
                                         {"mute.np.example", true},
                                         {"there.pn.example", false},
                                         {"gone.pn.example", true},
                                         {"mute.pn.example", true}}) {
    const Judged judged = judge({.text = letter(fmt::format("From: a@{}\r\n", domain))});
    EXPECT_EQ(judged.verdict.accepted(), accepted) << domain;
  }
}

}  // namespace
}  // namespace policy
