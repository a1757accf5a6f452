// Tests of results_field.h: nobody else writes in our name, and nothing of a message gets into it.
#include "policy/verify/results_field.h"

#include "lib/base/text.h"
#include "lib/mailauth/auth_results_reader.h"
#include "lib/message/header.h"
#include "policy/verify/fixture_test.h"

namespace policy {
namespace {

class ResultsFieldTest : public VerifyFixture {
 protected:
  // All Authentication-Results of a stored message.
  static std::vector<std::string> fields(const std::string& stored) {
    std::vector<std::string> out;
    for (const auto& field : message::read_header(stored)) {
      if (base::iequals(field.name, "Authentication-Results")) {
        out.push_back(message::unfold(field.value));
      }
    }
    return out;
  }
};

TEST_F(ResultsFieldTest, ForgedFieldsGo) {
  const std::string others = "Authentication-Results: mx.other.example; spf=pass\r\n";
  const std::string text = letter(
      "From: a@good.example\r\nAuthentication-Results: mx.home.test; dmarc=pass\r\n"
      "authentication-results : (x) MX.home.TEST 1;\r\n dkim=pass header.d=bank.example\r\n" +
      others + "Authentication-Results: \"mx.home.test\"; spf=pass\r\n");
  for (const bool is_exempt : {false, true}) {
    exempt = is_exempt;
    const Judged judged = judge({.text = text});
    const auto found = fields(judged.stored);
    ASSERT_EQ(found.size(), is_exempt ? 1U : 2U) << judged.stored;
    EXPECT_EQ(found.back(), "mx.other.example; spf=pass");
    EXPECT_FALSE(judged.stored.contains("bank.example"));
    EXPECT_TRUE(judged.stored.ends_with("Hello.\r\n"));
  }
}

TEST_F(ResultsFieldTest, TheNameCanBeSet) {
  settings.verify.authserv_id = "home.test";
  const Judged judged =
      judge({.text = letter("From: a@good.example\r\nAuthentication-Results: mx.home.test; "
                            "spf=pass\r\nAuthentication-Results: home.test; spf=pass\r\n")});
  const auto found = fields(judged.stored);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].starts_with("home.test;"));
  EXPECT_EQ(found[1], "mx.home.test; spf=pass");
}

// The first line of a message must not become a part of what we put in front of it.
TEST_F(ResultsFieldTest, AStrayFirstLineIsNoPartOfOurs) {
  settings.verify.author_faults = FaultAction::accept;
  for (const char* line : {" dmarc=pass header.from=bank.example\r\n", "\t; dmarc=pass\r\n"}) {
    const Judged judged = judge({.text = line + letter("From: a@good.example\r\n")});
    ASSERT_EQ(fields(judged.stored).size(), 1U);
    EXPECT_FALSE(fields(judged.stored)[0].contains("dmarc=pass")) << judged.stored;
  }
}

// What a stranger chooses: HELO, MAIL FROM, From, d=, s=, i=, words of his DNS.
TEST_F(ResultsFieldTest, NothingInjects) {
  struct Case {
    std::string helo = "mail.good.example";
    std::string from = "a@good.example";
    std::string header = "From: a@good.example\r\n";
  };
  const std::vector<Case> cases = {
      {.helo = "x;dmarc=pass"},
      {.helo = "x.example (dmarc=pass)"},
      {.helo = "x.example\r\nX-Injected: 1"},
      {.from = "\"a;dmarc=pass\"@good.example"},
      {.from = "\"a\\\" dmarc=pass header.from=bank.example \\\"\"@good.example"},
      {.from = "\"(\"@good.example"},
      {.from = "\xC3\xBC@good.example"},
      {.header = "From: \"x; dmarc=pass\"@good.example\r\n"},
      {.header = "From: a@good.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=good.example; "
                 "s=k\"; dmarc=pass; h=from; bh=AA==; b=AA==\r\n"},
      {.header = "From: a@good.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=good.example; "
                 "s=k; i=\"=3Bdmarc=3Dpass=0D=0AX-Injected=3A1\"@good.example; h=from; "
                 "bh=AA==; b=AA==\r\n"},
      {.header = "From: a@good.example\r\nDKIM-Signature: v=1; a=x dmarc=pass; d=(; s=k\r\n"},
      {.header = "From: a@good.example\r\nARC-Seal: i=1; cv=none; d=x.example dmarc=pass\r\n"},
  };
  for (const Case& one : cases) {
    const Judged judged = judge({.text = letter(one.header), .helo = one.helo, .from = one.from});
    const auto found = fields(judged.stored);
    ASSERT_EQ(found.size(), 1U) << judged.stored;
    EXPECT_EQ(message::count_fields(judged.stored, "X-Injected"), 0U) << judged.stored;
    for (const auto& result : mailauth::read_auth_results(found[0])) {
      EXPECT_FALSE(result.method == "dmarc" && result.result == "pass") << judged.stored;
    }
  }
}

TEST_F(ResultsFieldTest, EveryMethodHasItsWords) {
  Findings findings;
  Transaction transaction;
  transaction.peer.address = *io::IpAddress::parse("2001:db8::1");
  EXPECT_EQ(results_field("mx", findings, transaction), "Authentication-Results: mx; none\r\n");
  findings.client.iprev = mailauth::IprevVerdict{.result = mailauth::IprevResult::fail, .name = ""};
  findings.arc = mailauth::ArcVerdict{
      .result = mailauth::ArcResult::pass, .problem = "", .instances = 1, .hops = {}};
  findings.dkim = mailauth::DkimReport{};
  EXPECT_EQ(results_field("mx", findings, transaction),
            "Authentication-Results: mx;\r\n\tiprev=fail policy.iprev=\"2001:db8::1\";\r\n"
            "\tarc=pass header.oldest-pass=0 smtp.remote-ip=\"2001:db8::1\";\r\n\tdkim=none\r\n");
}

}  // namespace
}  // namespace policy
