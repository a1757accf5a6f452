// Tests of lib/mailauth: forward-confirmed reverse DNS.
#include "lib/mailauth/iprev.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/world.h"

namespace mailauth {
namespace {

TEST(Iprev, LeadsBackOrNot) {
  dns::ZoneResolver zone(R"(
1.2.0.192.in-addr.arpa PTR mail.example.org
mail.example.org A 192.0.2.1
2.2.0.192.in-addr.arpa PTR liar.example.org
2.2.0.192.in-addr.arpa PTR second.example.org
liar.example.org A 192.0.2.1
second.example.org A 192.0.2.2
3.2.0.192.in-addr.arpa PTR liar.example.org
4.2.0.192.in-addr.arpa FAIL
5.2.0.192.in-addr.arpa PTR broken.example.org
broken.example.org FAIL
)");
  io::sim::World world(1);
  const struct {
    const char* address;
    IprevResult result;
    const char* name;
  } cases[] = {
      {"192.0.2.1", IprevResult::pass, "mail.example.org"},
      {"192.0.2.2", IprevResult::pass, "second.example.org"},
      {"192.0.2.3", IprevResult::fail, "liar.example.org"},
      {"192.0.2.4", IprevResult::temperror, ""},
      {"192.0.2.5", IprevResult::temperror, "broken.example.org"},
      {"192.0.2.6", IprevResult::permerror, ""},
  };
  for (const auto& one : cases) {
    const auto verdict = world.run(check_iprev(zone, *io::IpAddress::parse(one.address)));
    EXPECT_EQ(verdict.result, one.result) << one.address;
    EXPECT_EQ(verdict.name, one.name) << one.address;
  }
}

}  // namespace
}  // namespace mailauth
