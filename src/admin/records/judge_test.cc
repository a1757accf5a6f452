// Tests of judge.h: what is in the DNS against what should be, slot by slot.
#include "admin/records/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/records/texts.h"
#include "lib/dns/zone_resolver.h"

namespace records {
namespace {

using testing::HasSubstr;

constexpr const char* rsa = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

Facts facts() {
  return {.domain = "our.test",
          .hostname = "mail.our.test",
          .addresses = {*io::IpAddress::parse("192.0.2.1"), *io::IpAddress::parse("2001:db8::1")},
          .keys = {{.name = "k._domainkey.our.test", .text = rsa}},
          .tlsa = {std::string(32, 'x')},
          .places = {.imap_host = "mail.our.test", .smtp_host = "mail.our.test"},
          .serves_http = true,
          .serves_https = true,
          .mta_sts_policy = mta_sts_policy({}, "mail.our.test")};
}

Record record_of(Slot slot) {
  for (Record& record : wanted(facts())) {
    if (record.slot == slot) return record;
  }
  ADD_FAILURE() << "no such slot";
  return {};
}

Known known() {
  return {.hostname = "mail.our.test",
          .addresses = facts().addresses,
          .own_names = {"mail.our.test", "mx.our.test"}};
}

struct Case {
  Slot slot;
  const char* zone;  // at the record's name: "TXT …"
  State state;
  const char* words = "";
};

const Case cases[] = {
    {Slot::address, "", State::missing},
    {Slot::address, "A 192.0.2.1", State::right},
    {Slot::address, "A 192.0.2.9", State::other, "not an address of this host"},
    {Slot::mx, "", State::missing},
    {Slot::mx, "MX 10 MAIL.our.test", State::right},
    {Slot::mx, "MX 5 mx.our.test", State::fits, "leads to this host"},
    {Slot::mx, "MX 5 mx.elsewhere.test", State::other, "goes elsewhere"},
    {Slot::mx, "MX 0 .", State::other},
    {Slot::spf, "TXT \"google-site-verification=1\"", State::missing},
    {Slot::spf, "TXT \"v=spf1 mx -all\"", State::right},
    {Slot::spf, "TXT \"v=spf1 mx include:lists.test ~all\"", State::fits, "lets this host send"},
    {Slot::spf, "TXT \"v=spf1 ip4:192.0.2.1 -all\"", State::stale, "of ours, and old"},
    {Slot::spf, "TXT \"v=spf1 a -all\"", State::stale},
    {Slot::spf, "TXT \"v=spf1 ip4:192.0.2.0/24 -all\"", State::other, "does not let this host"},
    {Slot::spf, "TXT \"v=spf1 include:lists.test -all\"", State::other},
    {Slot::spf, "TXT \"v=spf1 nonsense\"", State::other},
    {Slot::dkim, rsa, State::right},
    {Slot::dkim, "v=DKIM1; p=", State::stale, "not the key"},
    {Slot::dmarc, "TXT \"v=DMARC1; p=reject; rua=mailto:a@b.test\"", State::fits},
    {Slot::dmarc, "TXT \"v=DMARC1 p\"", State::other, "cannot read"},
    {Slot::mta_sts, "TXT \"v=STSv1; id=1;\"", State::other, "served elsewhere"},
    {Slot::tls_rpt, "TXT \"v=TLSRPTv1; rua=https://a.test/\"", State::fits},
    {Slot::tls_rpt, "TXT \"v=TLSRPTv1\"", State::other},
    {Slot::service, "SRV 0 1 465 mail.our.test", State::right},
    {Slot::service, "SRV 0 1 587 mail.our.test", State::stale},
    {Slot::service, "SRV 0 1 465 elsewhere.test", State::other},
    {Slot::mta_sts_host, "CNAME mail.our.test", State::right},
    {Slot::mta_sts_host, "CNAME elsewhere.test", State::other},
    {Slot::ptr, "PTR mail.our.test", State::right},
    {Slot::ptr, "PTR elsewhere.test", State::other},
};

TEST(Judge, EverySlot) {
  for (const Case& one : cases) {
    const Record record = record_of(one.slot);
    std::string zone = one.zone;
    if (zone.starts_with("v=DKIM1")) zone = "TXT \"" + zone + "\"";
    dns::ZoneResolver served(zone.empty() ? "" : record.name + " " + zone);
    const Verdict verdict = judge(record, served.lookup(record.name, record.type), known());
    EXPECT_EQ(to_string(verdict.state), to_string(one.state)) << one.zone << ": " << verdict.words;
    EXPECT_THAT(verdict.words, HasSubstr(one.words)) << one.zone;
    const bool in_the_way = one.state == State::stale || one.state == State::other;
    EXPECT_EQ(!verdict.in_the_way.empty(), in_the_way) << one.zone;
  }
}

// Nothing beside it is ever taken out.
TEST(Judge, OnlyWhatIsInTheWayGoes) {
  const Record record = record_of(Slot::spf);
  dns::ZoneResolver served(
      "our.test TXT \"v=spf1 ip4:192.0.2.1 -all\"\nour.test TXT \"proof=1\"\n");
  const Verdict verdict = judge(record, served.lookup("our.test", dns::Type::txt), known());
  ASSERT_EQ(verdict.in_the_way.size(), 1U);
  EXPECT_EQ(verdict.in_the_way.front().record.data, "v=spf1 ip4:192.0.2.1 -all");
  EXPECT_EQ(verdict.in_the_way.front().kind, dns::Change::Kind::remove);
}

TEST(Judge, BehindACname) {
  const Record record = record_of(Slot::dmarc);
  dns::ZoneResolver served(
      "_dmarc.our.test CNAME d.provider.test\n"
      "d.provider.test TXT \"v=DMARC1; p=none\"\n");
  EXPECT_EQ(judge(record, served.lookup(record.name, record.type), known()).state, State::fits);
  dns::ZoneResolver empty("_dmarc.our.test CNAME d.provider.test\n");
  const Verdict verdict = judge(record, empty.lookup(record.name, record.type), known());
  EXPECT_EQ(verdict.state, State::other);
  ASSERT_EQ(verdict.in_the_way.size(), 1U);
  EXPECT_EQ(verdict.in_the_way.front().type, dns::Type::cname);
}

TEST(Judge, WhatIsKnownBesides) {
  Known more = known();
  more.policy_is_here = true;
  more.dmarc_above = "test";
  more.spf_passes = true;
  dns::ZoneResolver served(
      "_mta-sts.our.test TXT \"v=STSv1; id=1;\"\n"
      "our.test TXT \"v=spf1 include:lists.test -all\"\n");
  EXPECT_EQ(
      judge(record_of(Slot::mta_sts), served.lookup("_mta-sts.our.test", dns::Type::txt), more)
          .state,
      State::stale);
  EXPECT_EQ(
      judge(record_of(Slot::dmarc), served.lookup("_dmarc.our.test", dns::Type::txt), more).state,
      State::fits);
  EXPECT_EQ(judge(record_of(Slot::spf), served.lookup("our.test", dns::Type::txt), more).state,
            State::fits);
}

TEST(Join, ServersThatDiffer) {
  const Said right = {.where = "ns1", .verdict = {.state = State::right}};
  const Said missing = {.where = "ns2", .verdict = {.state = State::missing}};
  const Said other = {.where = "ns3", .verdict = {.state = State::other, .words = "x"}};
  EXPECT_EQ(join({right, right}).state, State::right);
  EXPECT_EQ(join({right, missing}).state, State::partly);
  EXPECT_THAT(join({right, missing}).words, HasSubstr("ns2"));
  EXPECT_EQ(join({right, other}).state, State::other);
  EXPECT_EQ(join({missing, other}).state, State::other);
  EXPECT_EQ(join({}).state, State::unknown);
}

TEST(Wanted, EveryRecordAndNoMore) {
  std::string all;
  for (const Record& record : wanted(facts())) all += record.zone_line() + "\n";
  for (const char* line :
       {"mail.our.test. 3600 IN A 192.0.2.1", "mail.our.test. 3600 IN AAAA 2001:db8::1",
        "1.2.0.192.in-addr.arpa. 3600 IN PTR mail.our.test.",
        "mail.our.test. 3600 IN TXT \"v=spf1 a -all\"", "our.test. 3600 IN MX 10 mail.our.test.",
        "our.test. 3600 IN TXT \"v=spf1 mx -all\"", "k._domainkey.our.test. 3600 IN TXT \"v=DKIM1",
        "_dmarc.our.test. 3600 IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@our.test\"",
        "mta-sts.our.test. 3600 IN CNAME mail.our.test.", "_mta-sts.our.test. 3600 IN TXT \"v=STS",
        "_smtp._tls.our.test. 3600 IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@our.test\"",
        "_submissions._tcp.our.test. 3600 IN SRV 0 1 465 mail.our.test.",
        "_submission._tcp.our.test. 3600 IN SRV 10 1 587 mail.our.test.",
        "_imaps._tcp.our.test. 3600 IN SRV 0 1 993 mail.our.test.",
        "_imap._tcp.our.test. 3600 IN SRV 10 1 143 mail.our.test.",
        "_pop3s._tcp.our.test. 3600 IN SRV 0 0 0 .", "_pop3._tcp.our.test. 3600 IN SRV 0 0 0 .",
        "autoconfig.our.test. 3600 IN CNAME mail.our.test.",
        "_25._tcp.mail.our.test. 3600 IN TLSA 3 1 1 7878"}) {
    EXPECT_THAT(all, HasSubstr(line));
  }
}

// RFC 6186 §3.4: "." says that a service is decidedly not available.
TEST(Wanted, WhatIsNotServedIsNotPublished) {
  Facts few = facts();
  few.serves_http = few.serves_https = false;
  few.places.imaps_port = 0;
  std::string all;
  for (const Record& record : wanted(few)) all += record.zone_line() + "\n";
  EXPECT_THAT(all, HasSubstr("_imaps._tcp.our.test. 3600 IN SRV 0 0 0 ."));
  for (const char* part : {"mta-sts", "autoconfig", "autodiscover"}) {
    EXPECT_THAT(all, testing::Not(HasSubstr(part)));
  }
}

// RFC 7208 §3.2: a name has one SPF record.
TEST(Wanted, ADomainThatIsTheHost) {
  Facts same = facts();
  same.hostname = same.domain;
  const auto all = wanted(same);
  EXPECT_TRUE(std::ranges::none_of(
      all, [](const Record& record) { return record.slot == Slot::host_spf; }));
}

TEST(Texts, AnotherPolicyHasAnotherId) {
  const std::string testing = mta_sts_policy({}, "mail.our.test");
  EXPECT_EQ(testing, "version: STSv1\r\nmode: testing\r\nmx: mail.our.test\r\nmax_age: 604800\r\n");
  admin::MtaStsSettings settings;
  settings.mode = admin::MtaStsMode::enforce;
  const std::string enforce = mta_sts_policy(settings, "mail.our.test");
  EXPECT_NE(mta_sts_text(testing), mta_sts_text(enforce));
  EXPECT_EQ(mta_sts_text(testing), mta_sts_text(testing));
  settings.mode = admin::MtaStsMode::off;
  EXPECT_EQ(mta_sts_policy(settings, "mail.our.test"), "");
}

}  // namespace
}  // namespace records
