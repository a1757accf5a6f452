// Tests of lib/dns: the zone-text resolver and query_addresses.
#include "lib/dns/zone_resolver.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace dns {
namespace {

constexpr std::string_view zone_text = R"(
# a comment
example.org MX 10 MX1.example.org.
example.org MX 20 mx2.example.org
example.org TXT "v=spf1 " "-all"
example.org SECURE
example.org TTL 60
mx1.example.org A 192.0.2.1
mx1.example.org AAAA 2001:db8::1
null.example MX 0 .
alias.example CNAME example.org
a.loop CNAME b.loop
b.loop CNAME a.loop
dead.example CNAME gone.example
fail.example FAIL
half.example A 192.0.2.9
half.example AAAA FAIL
bogus.example BOGUS
slow.example TIMEOUT
_25._tcp.mx1.example.org TLSA 3 1 1 00ff
1.2.0.192.in-addr.arpa PTR mx1.example.org
)";

class ZoneResolverTest : public testing::Test {
 protected:
  ZoneResolver zone{zone_text};
};

TEST_F(ZoneResolverTest, StatusOfEveryKindOfAnswer) {
  const struct {
    const char* name;
    Type type;
    Status status;
  } cases[] = {
      {"example.org", Type::mx, Status::ok},
      {"EXAMPLE.org.", Type::mx, Status::ok},
      {"example.org", Type::a, Status::no_data},
      {"_tcp.mx1.example.org", Type::a, Status::no_data},  // only names below it
      {"nowhere.example", Type::a, Status::no_name},
      {"alias.example", Type::mx, Status::ok},
      {"alias.example", Type::aaaa, Status::no_data},
      {"dead.example", Type::a, Status::no_name},
      {"a.loop", Type::a, Status::trouble},
      {"fail.example", Type::mx, Status::trouble},
      {"half.example", Type::aaaa, Status::trouble},
      {"half.example", Type::a, Status::ok},
      {"bogus.example", Type::mx, Status::bogus},
      {"slow.example", Type::mx, Status::trouble},
  };
  for (const auto& c : cases) EXPECT_EQ(zone.lookup(c.name, c.type).status, c.status) << c.name;
}

TEST_F(ZoneResolverTest, RecordsAndWhatSurroundsThem) {
  const Answer mx = zone.lookup("alias.example", Type::mx);
  EXPECT_EQ(mx.canonical_name, "example.org");
  EXPECT_FALSE(mx.secure);  // the alias is not signed
  ASSERT_EQ(mx.records.size(), 2U);
  EXPECT_EQ(mx.records[0].mx.exchange, "mx1.example.org");
  EXPECT_TRUE(zone.lookup("example.org", Type::mx).secure);
  EXPECT_EQ(zone.lookup("example.org", Type::mx).ttl_seconds, 60U);
  EXPECT_EQ(zone.lookup("example.org", Type::txt).records[0].data, "v=spf1 -all");
  EXPECT_EQ(zone.lookup("null.example", Type::mx).records[0].mx.exchange, "");
  EXPECT_EQ(zone.lookup("_25._tcp.mx1.example.org", Type::tlsa).records[0].tlsa.data,
            std::string("\0\xff", 2));
  EXPECT_EQ(zone.lookup("1.2.0.192.in-addr.arpa", Type::ptr).records[0].data, "mx1.example.org");
}

TEST_F(ZoneResolverTest, RefusesTextThatIsNoZone) {
  for (const char* bad : {"a.example", "a.example HINFO x", "a.example MX ten b", "a.example A ::1",
                          "a.example AAAA 1.2.3.4", "a.example MX 10", "a.example TTL soon",
                          "a.example TLSA 3 1 x", "a.example CNAME"}) {
    EXPECT_FALSE(zone.add(bad)) << bad;
  }
}

TEST_F(ZoneResolverTest, AddressesOfBothFamilies) {
  io::sim::World world(1);
  const auto status = [&](const char* name) {
    return world.run(query_addresses(zone, name)).status;
  };
  EXPECT_EQ(world.run(query_addresses(zone, "mx1.example.org")).records.size(), 2U);
  EXPECT_EQ(status("half.example"), Status::ok);
  EXPECT_EQ(status("fail.example"), Status::trouble);
  EXPECT_EQ(status("nowhere.example"), Status::no_name);
  EXPECT_EQ(status("example.org"), Status::no_data);
}

// Trouble with one family must not look like "there is no address" (invariant 4).
TEST_F(ZoneResolverTest, TroubleOutweighsNothing) {
  ASSERT_TRUE(zone.add("x.example AAAA FAIL\nx.example TXT x"));
  io::sim::World world(1);
  EXPECT_EQ(world.run(query_addresses(zone, "x.example")).status, Status::trouble);
}

TEST_F(ZoneResolverTest, TimeoutTakesItsTime) {
  io::sim::World world(1);
  io::sim::Host host(world, {"192.0.2.10"});
  ZoneResolver timed("slow.example TIMEOUT", &host.doors().clock);
  const base::Instant began = world.now();
  EXPECT_EQ(world.run(timed.query("slow.example", Type::a)).status, Status::trouble);
  EXPECT_EQ(world.now() - began, std::chrono::seconds(10));
}

}  // namespace
}  // namespace dns
