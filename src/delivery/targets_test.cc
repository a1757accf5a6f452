// Tests of delivery/: from a domain to addresses.
#include "delivery/targets.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/random.h"
#include "lib/io/sim/world.h"

namespace delivery {
namespace {

constexpr std::string_view zone_text = R"(
two.example MX 20 mx2.example.net
two.example MX 10 mx1.example.net
mx1.example.net A 198.51.100.1
mx2.example.net A 198.51.100.2
implicit.example A 198.51.100.3
nomail.example TXT nothing
null.example MX 0 .
nullandmore.example MX 0 .
nullandmore.example MX 10 mx1.example.net
fail.example FAIL
bogus.example BOGUS
backup.example MX 10 mx1.example.net
backup.example MX 20 us.example
backup.example MX 30 mx2.example.net
ours.example MX 10 us.example
ours.example MX 20 mx1.example.net
byaddress.example MX 10 mx1.example.net
byaddress.example MX 20 other-name.example
byaddress.example MX 30 mx2.example.net
other-name.example A 192.0.2.10
same.example MX 10 mx1.example.net
same.example MX 10 other-name.example
aliased.example MX 10 alias.example
alias.example CNAME mx1.example.net
dead.example MX 10 gone.example
halfdead.example MX 10 gone.example
halfdead.example MX 20 mx2.example.net
unsure.example MX 10 gone.example
unsure.example MX 20 fail.example
private.example MX 10 inside.example
inside.example A 127.0.0.1
v6.example MX 10 six.example
six.example AAAA 2001:db8::6
both.example MX 10 dual.example
dual.example A 198.51.100.4
dual.example AAAA 2001:db8::4
zero.example MX 10 nought.example
nought.example A 0.0.0.0
many.example MX 10 lots.example
many.example MX 20 mx2.example.net
lots.example A 198.51.100.21
lots.example A 198.51.100.22
lots.example A 198.51.100.23
lots.example A 198.51.100.24
lots.example A 198.51.100.25
lots.example A 198.51.100.26
relay.example A 198.51.100.7
us.example A 192.0.2.10
)";

class TargetsTest : public testing::Test {
 protected:
  TargetsTest() {
    settings.hostname = "us.example";
    settings.never_connect_to = {*io::IpNetwork::parse("127.0.0.0/8")};
  }
  Step<std::vector<Target>> find(Route route) {
    Finder finder{settings, zone, random, {*io::IpAddress::parse("192.0.2.10")}};
    return world.run(find_targets(finder, std::move(route)));
  }
  // "198.51.100.1 198.51.100.2", or the reply, with '!' in front when it is permanent.
  std::string found(const std::string& domain) {
    Route route;
    route.domain = domain;
    const auto targets = find(route);
    if (!targets) return (targets.error().permanent ? "!" : "") + code(targets.error());
    std::string out;
    for (const Target& target : *targets) out += target.endpoint.address.text() + " ";
    return out.substr(0, out.size() - 1);
  }
  static std::string code(const Trouble& trouble) { return trouble.reply.text().substr(0, 9); }

  Settings settings;
  dns::ZoneResolver zone{zone_text};
  io::sim::SeededRandom random{7};
  io::sim::World world{1};
};

TEST_F(TargetsTest, WhereMailForADomainGoes) {
  const struct {
    const char* domain;
    const char* result;
  } cases[] = {
      {"two.example", "198.51.100.1 198.51.100.2"},
      {"implicit.example", "198.51.100.3"},
      {"nomail.example", "!550 5.1.2"},
      {"null.example", "!556 5.1.1"},  // 5.1.10, cut
      {"nullandmore.example", "198.51.100.1"},
      {"nowhere.example", "!550 5.1.2"},
      {"fail.example", "451 4.4.3"},
      {"bogus.example", "451 4.4.3"},
      {"backup.example", "198.51.100.1"},
      {"ours.example", "!554 5.4.6"},
      {"us.example", "!554 5.4.6"},
      {"byaddress.example", "198.51.100.1"},
      {"same.example", "!554 5.4.6"},
      {"aliased.example", "198.51.100.1"},
      {"dead.example", "!550 5.4.4"},
      {"halfdead.example", "198.51.100.2"},
      {"unsure.example", "451 4.4.3"},
      {"private.example", "!550 5.4.4"},
      {"zero.example", "!550 5.4.4"},
      {"v6.example", "2001:db8::6"},
      {"both.example", "2001:db8::4 198.51.100.4"},
      {"[198.51.100.9]", "198.51.100.9"},
      {"[IPv6:2001:db8::9]", "2001:db8::9"},
      {"[127.0.0.1]", "!550 5.4.4"},
      {"[192.0.2.10]", "!554 5.4.6"},
  };
  for (const auto& c : cases) EXPECT_EQ(found(c.domain), c.result) << c.domain;
}

TEST_F(TargetsTest, WithoutIpv6) {
  settings.ipv6 = false;
  EXPECT_EQ(found("both.example"), "198.51.100.4");
  EXPECT_EQ(found("v6.example"), "451 4.4.4");
}

TEST_F(TargetsTest, OneHostDoesNotUseUpAllTries) {
  Route route;
  route.domain = "many.example";
  const auto targets = find(route);
  ASSERT_TRUE(targets);
  ASSERT_EQ(targets->size(), addresses_per_host_max + 1);
  EXPECT_EQ(targets->back().host, "mx2.example.net");
  settings.addresses_tried_max = 2;
  EXPECT_EQ(find(route)->size(), 2U);
}

TEST_F(TargetsTest, OwnAddressAtAnotherPortIsAnotherServer) {
  settings.mx_port = 2525;
  EXPECT_EQ(found("byaddress.example"), "198.51.100.1 192.0.2.10 198.51.100.2");
}

TEST_F(TargetsTest, RelayHostsFailOnlyForNow) {
  Route route;
  route.kind = RouteKind::relay;
  route.port = 587;
  route.host = "relay.example";
  EXPECT_EQ(find(route)->front().text(), "relay.example [198.51.100.7]:587");
  route.host = "[127.0.0.1]";  // the administrator's word
  EXPECT_EQ(find(route)->front().text(), "[127.0.0.1]:587");
  for (const char* host : {"gone.example", "fail.example", "nomail.example"}) {
    route.host = host;
    const auto targets = find(route);
    ASSERT_FALSE(targets) << host;
    EXPECT_FALSE(targets.error().permanent) << host;
  }
}

TEST_F(TargetsTest, EqualPreferencesAreShuffled) {
  dns::Answer answer;
  answer.status = dns::Status::ok;
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    dns::Record record;
    record.mx = {10, name};
    answer.records.push_back(record);
  }
  std::set<std::string> firsts;
  for (int i = 0; i < 100; ++i) {
    firsts.insert(choose_hosts("x.example", answer, "us.example", random)->front().name);
  }
  EXPECT_EQ(firsts.size(), 3U);
}

TEST_F(TargetsTest, HostsAreLimited) {
  dns::Answer answer;
  answer.status = dns::Status::ok;
  for (int i = 0; i < 100; ++i) {
    dns::Record record;
    record.mx = {static_cast<std::uint16_t>(i), "mx" + std::to_string(i) + ".example"};
    answer.records.push_back(record);
  }
  const auto hosts = choose_hosts("x.example", answer, "us.example", random);
  ASSERT_TRUE(hosts);
  EXPECT_EQ(hosts->size(), mx_hosts_max);
  EXPECT_EQ(hosts->front().name, "mx0.example");
}

}  // namespace
}  // namespace delivery
