// Tests of lib/mailauth: DMARC records, the tree walk, alignment and what follows.
#include "lib/mailauth/dmarc.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/world.h"

namespace mailauth {
namespace {

TEST(DmarcRecord, WhatCountsAsAPolicy) {
  const struct {
    const char* txt;
    bool counts;
    DmarcPolicy policy;
  } cases[] = {
      {"v=DMARC1; p=reject", true, DmarcPolicy::reject},
      {"v=DMARC1;p=quarantine;", true, DmarcPolicy::quarantine},
      {" v = DMARC1 ; p = NONE ", true, DmarcPolicy::none},
      {"v=DMARC1; p=reject; p=none", true, DmarcPolicy::reject},
      {"v=DMARC1; sp=reject; rua=mailto:a@b.example", true, DmarcPolicy::none},
      {"v=DMARC1; p=banana; rua=mailto:a@b.example", true, DmarcPolicy::none},
      {"v=DMARC1; p=banana", false, {}},
      {"v=DMARC1", false, {}},
      {"v=dmarc1; p=reject", false, {}},
      {"p=reject; v=DMARC1", false, {}},
      {"v=DMARC2; p=reject", false, {}},
      {"v=spf1 -all", false, {}},
      {"", false, {}},
      {"v=DMARC1; junk; p=reject; pct=5; rf=afrf; ri=86400", true, DmarcPolicy::reject},
      {"v=DMARC1; psd=y", true, DmarcPolicy::none},
  };
  for (const auto& one : cases) {
    const auto record = parse_dmarc(one.txt);
    ASSERT_EQ(record.has_value(), one.counts) << one.txt;
    if (record) EXPECT_EQ(record->policy, one.policy) << one.txt;
  }
}

TEST(DmarcRecord, ReportAddressesWithoutSizes) {
  const auto record =
      parse_dmarc("v=DMARC1; p=none; rua=mailto:a@b.example!10m, mailto:c@d.example ,ftp:x");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->rua, (std::vector<std::string>{"mailto:a@b.example", "mailto:c@d.example"}));
}

constexpr std::string_view zone_text = R"(
example.com A 192.0.2.1
_dmarc.example.com TXT "v=DMARC1; p=reject; sp=quarantine; np=reject; rua=mailto:d@example.com"
mail.example.com A 192.0.2.1
_dmarc.strict.example TXT "v=DMARC1; p=reject; adkim=s; aspf=s"
_dmarc.test.example TXT "v=DMARC1; p=reject; t=y"
_dmarc.bank TXT "v=DMARC1; p=reject; psd=y"
giant.bank A 192.0.2.2
_dmarc.own.example.com TXT "v=DMARC1; p=none; psd=n"
_dmarc.two.example TXT "v=DMARC1; p=reject"
_dmarc.two.example TXT "v=DMARC1; p=none"
_dmarc.broken.example FAIL
_dmarc.xn--bcher-kva.example TXT "v=DMARC1; p=reject"
_dmarc.d7.d6.d5.d4.d3.d2.d1 TXT "v=DMARC1; p=reject"
)";

class DmarcTest : public testing::Test {
 protected:
  DmarcVerdict check(DmarcQuery query) { return world.run(check_dmarc(zone, std::move(query))); }
  io::sim::World world{1};
  dns::ZoneResolver zone{zone_text};
};

TEST_F(DmarcTest, OrganizationalDomains) {
  const struct {
    const char* domain;
    const char* organizational;
    const char* record_at;
  } cases[] = {
      {"example.com", "example.com", "example.com"},
      {"mail.example.com", "example.com", "example.com"},
      {"a.b.c.mail.example.com", "example.com", "example.com"},
      {"x.own.example.com", "own.example.com", "own.example.com"},
      {"giant.bank", "giant.bank", "bank"},
      {"mail.giant.bank", "giant.bank", "bank"},
      {"bank", "bank", "bank"},
      {"nothing.example", "nothing.example", ""},
      {"two.example", "two.example", ""},
      // Ten labels: the walk asks the name itself and goes on with seven labels.
      {"x.y.z.d7.d6.d5.d4.d3.d2.d1", "d7.d6.d5.d4.d3.d2.d1", "d7.d6.d5.d4.d3.d2.d1"},
  };
  for (const auto& one : cases) {
    const std::size_t before = zone.queries();
    const TreeWalk walk = world.run(walk_tree(zone, one.domain));
    EXPECT_EQ(walk.organizational_domain, one.organizational) << one.domain;
    EXPECT_EQ(walk.record_domain, one.record_at) << one.domain;
    EXPECT_LE(zone.queries() - before, walk_queries_max) << one.domain;
  }
}

TEST_F(DmarcTest, ResultAndDisposition) {
  using R = DmarcResult;
  using P = DmarcPolicy;
  const struct {
    const char* author;
    const char* spf;
    std::vector<std::string> dkim;
    DmarcResult result;
    DmarcPolicy disposition;
  } cases[] = {
      {"example.com", "example.com", {}, R::pass, P::none},
      {"example.com", "mail.example.com", {}, R::pass, P::none},
      {"mail.example.com", nullptr, {"EXAMPLE.com"}, R::pass, P::none},
      {"example.com", "example.net", {"evil.example"}, R::fail, P::reject},
      {"example.com", "badexample.com", {}, R::fail, P::reject},
      {"mail.example.com", nullptr, {}, R::fail, P::quarantine},
      {"gone.example.com", nullptr, {}, R::fail, P::reject},
      {"strict.example", "mail.strict.example", {"a.strict.example"}, R::fail, P::reject},
      {"strict.example", nullptr, {"strict.example"}, R::pass, P::none},
      {"test.example", nullptr, {}, R::fail, P::quarantine},
      {"giant.bank", "other.bank", {}, R::fail, P::reject},
      {"giant.bank", "mail.giant.bank", {}, R::pass, P::none},
      {"x.own.example.com", "example.com", {}, R::fail, P::none},
      {"nothing.example", "nothing.example", {}, R::none, P::none},
      {"broken.example", nullptr, {}, R::temperror, P::none},
      {"bücher.example", nullptr, {"xn--bcher-kva.example"}, R::pass, P::none},
  };
  for (const auto& one : cases) {
    DmarcQuery query{.author_domain = one.author, .spf_domain = {}, .dkim_domains = one.dkim};
    if (one.spf != nullptr) query.spf_domain = one.spf;
    const DmarcVerdict verdict = check(std::move(query));
    EXPECT_EQ(verdict.result, one.result) << one.author << " " << verdict.why;
    EXPECT_EQ(verdict.disposition, one.disposition) << one.author << " " << verdict.why;
  }
}

}  // namespace
}  // namespace mailauth
