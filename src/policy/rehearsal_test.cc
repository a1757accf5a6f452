// Tests of policy/: a mail rehearsed from connection to verdict, and how its findings are told.
#include "policy/rehearsal.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/dns/zone_file.h"
#include "lib/io/sim/host.h"
#include "policy/findings_fields.h"
#include "policy/findings_json.h"

namespace policy {
namespace {

constexpr std::string_view zone_text = R"(
$ORIGIN example.net.
@ TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc TXT "v=DMARC1; p=reject"
mx A 192.0.2.1
1.2.0.192.in-addr.arpa. PTR mx
)";

class RehearsalTest : public testing::Test {
 protected:
  Rehearsed rehearse(std::string_view ip, Settings settings = {}, std::string_view from = "a") {
    settings.hostname = "mx.receiver.test";
    Rehearsal rehearsal({.doors = host_.doors(),
                         .settings = std::make_shared<Settings>(std::move(settings)),
                         .known = nullptr});
    RehearsedMail mail;
    mail.octets = with_crlf("From: ann@example.net\nTo: you@receiver.test\n\nhello\n");
    mail.ip = *io::IpAddress::parse(ip);
    mail.helo = "mx.example.net";
    mail.from = {.local = std::string(from), .domain = "example.net"};
    mail.to = {{.local = "you", .domain = "receiver.test"}};
    return world_.run(rehearsal.run(std::move(mail), *zone_));
  }

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"203.0.113.1"}};
  std::unique_ptr<dns::ZoneFile> zone_ = *dns::ZoneFile::parse(zone_text);
};

TEST_F(RehearsalTest, AnHonestMailIsAccepted) {
  const Rehearsed one = rehearse("192.0.2.1");
  EXPECT_EQ(one.verdict.kind, Verdict::Kind::accept);
  EXPECT_EQ(one.moment, Rehearsed::Moment::end);
  ASSERT_TRUE(one.findings.spf_mail_from.has_value());
  EXPECT_EQ(one.findings.spf_mail_from->result, mailauth::SpfResult::pass);
  EXPECT_TRUE(added_field(one.verdict, "authentication-results").contains("spf=pass"));
}

TEST_F(RehearsalTest, ASpoofIsRefusedByDmarc) {
  const Rehearsed one = rehearse("192.0.2.2");
  EXPECT_EQ(one.verdict.kind, Verdict::Kind::reject);
  EXPECT_EQ(one.verdict.rule, "dmarc");
}

TEST_F(RehearsalTest, WhatIsRefusedEarlyIsLookedAtAllTheSame) {
  Settings settings;
  settings.verify.spf_fail = FaultAction::reject;
  const Rehearsed one = rehearse("192.0.2.2", settings);
  EXPECT_EQ(one.verdict.kind, Verdict::Kind::reject);
  EXPECT_EQ(one.verdict.rule, "spf");
  ASSERT_TRUE(one.findings.dmarc.has_value());
  EXPECT_EQ(one.findings.dmarc->result, mailauth::DmarcResult::fail);
  EXPECT_TRUE(one.findings.dkim.has_value());
}

TEST_F(RehearsalTest, AnExemptClientIsNotChecked) {
  const Rehearsed one = rehearse("127.0.0.1");
  EXPECT_TRUE(one.findings.client.exempt);
  EXPECT_FALSE(one.findings.spf_mail_from.has_value());
  EXPECT_FALSE(worth_telling(one.findings, one.verdict));
}

TEST_F(RehearsalTest, EveryKeyIsThereWhateverWasChecked) {
  std::set<std::string> keys;
  for (const auto& entry : rehearsed_json(rehearse("192.0.2.1"))) keys.insert(entry.key());
  for (const char* key :
       {"spf", "dkim", "arc", "dmarc", "iprev", "author", "lists", "helo", "impersonation",
        "filters", "greylist", "verdict", "authentication_results"}) {
    EXPECT_TRUE(keys.contains(key)) << key;
  }
  std::set<std::string> unchecked;
  for (const auto& entry : rehearsed_json(rehearse("127.0.0.1"))) unchecked.insert(entry.key());
  EXPECT_EQ(keys, unchecked);
  EXPECT_EQ(rehearsed_json({}).at("spf").at("result").as_string(), "none");
}

TEST_F(RehearsalTest, OctetsThatAreNoUtf8DoNotBreakJson) {
  const Rehearsed one = rehearse("192.0.2.2", {}, "\xff\xfe");
  EXPECT_TRUE(added_field(one.verdict, "Authentication-Results").contains("spf=fail"));
  const auto text = boost::json::serialize(rehearsed_json(one));
  EXPECT_EQ(text.find('\xff'), std::string::npos);
}

TEST_F(RehearsalTest, TheEventTellsInputsResultsAndRule) {
  const Rehearsed one = rehearse("192.0.2.2");
  ASSERT_TRUE(worth_telling(one.findings, one.verdict));
  const auto fields = judged_fields(one.transaction, one.findings, one.verdict);
  const auto find = [&fields](std::string_view key) -> std::string {
    for (const auto& [name, text] : fields) {
      if (name == key) return text;
    }
    return "(none)";
  };
  EXPECT_EQ(find("peer"), "192.0.2.2");
  EXPECT_EQ(find("spf"), "fail example.net by -all");
  EXPECT_EQ(find("dkim"), "none");
  EXPECT_TRUE(find("dmarc").starts_with("fail p=reject of example.net"));
  EXPECT_EQ(find("rule"), "dmarc");
  EXPECT_TRUE(find("verdict").starts_with("reject 550 5.7.1"));
  EXPECT_EQ(find("lists"), "(none)");
}

TEST(JudgedFields, LongListsAreCut) {
  Findings findings;
  findings.overrides.assign(100, "x");
  for (const auto& [key, text] : judged_fields({}, findings, {})) {
    if (key == "overrides") {
      EXPECT_TRUE(text.ends_with(" and 90 more")) << text;
    }
  }
}

TEST(WithCrlf, LoneLineFeedsGetTheirCarriageReturn) {
  EXPECT_EQ(with_crlf("a\nb\r\nc"), "a\r\nb\r\nc\r\n");
  EXPECT_EQ(with_crlf(""), "");
  EXPECT_EQ(with_crlf("a\rb\n"), "a\rb\r\n");
}

}  // namespace
}  // namespace policy
