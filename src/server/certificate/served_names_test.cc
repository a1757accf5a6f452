// Tests of served_names.h: which names of our domains lead here, and what an authority refuses.
#include "server/certificate/served_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/clock.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ServedNamesTest : public testing::Test {
 protected:
  ServedNamesTest() {
    config.session.hostname = "mail.our.test";
    config.admin.clients.https = {{.address = {}, .port = 443}};
  }
  std::vector<std::string> look(std::vector<std::string> held = {}, bool at_once = true) {
    const auto run = [&]() -> io::Task<void> { return served.refresh(config, held, at_once); };
    world.run(run());
    return served.names();
  }
  void sleep(base::Duration time) { (void)world.run(io::sleep_for(host.doors().clock, time)); }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  dns::ZoneResolver zone{"mail.our.test A 192.0.2.1\nmta-sts.our.test CNAME mail.our.test\n"};
  config::Config config;
  ServedNames served{{.clock = host.doors().clock, .resolver = zone, .domains = [] {
                        return std::vector<std::string>{"our.test", "b.test"};
                      }}};
};

TEST_F(ServedNamesTest, ThoseThatLeadHere) {
  EXPECT_THAT(look(), ElementsAre("mta-sts.our.test"));
  ASSERT_TRUE(zone.add("autoconfig.b.test A 192.0.2.1\nmta-sts.b.test A 192.0.2.9\n"));
  EXPECT_THAT(look(), ElementsAre("mta-sts.our.test", "autoconfig.b.test"));
}

TEST_F(ServedNamesTest, NoneWithoutHttpsOrWithNamesInTheSettings) {
  config.admin.clients.https.clear();
  EXPECT_THAT(look(), IsEmpty());
  config.admin.clients.https = {{.address = {}, .port = 443}};
  config.server.acme.domains = {"mail.our.test"};
  EXPECT_THAT(look(), IsEmpty());
  config.server.acme.domains.clear();
  config.admin.clients.mta_sts.mode = admin::MtaStsMode::off;
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(ServedNamesTest, WhatTheCertificateHasStaysWhileTheDnsIsSilent) {
  zone.remove("mta-sts.our.test");
  ASSERT_TRUE(zone.add("mta-sts.our.test FAIL\n"));
  EXPECT_THAT(look({"mail.our.test"}), IsEmpty());
  EXPECT_THAT(look({"mail.our.test", "mta-sts.our.test"}), ElementsAre("mta-sts.our.test"));
}

TEST_F(ServedNamesTest, ARefusedNameIsSetAsideForADay) {
  EXPECT_THAT(look(), ElementsAre("mta-sts.our.test"));
  EXPECT_FALSE(served.set_aside("mail.our.test"));
  EXPECT_TRUE(served.set_aside("mta-sts.our.test"));
  EXPECT_THAT(served.names(), IsEmpty());
  EXPECT_FALSE(served.set_aside(""));
  EXPECT_THAT(look(), IsEmpty());
  sleep(ServedNames::set_aside_for);
  EXPECT_THAT(look(), ElementsAre("mta-sts.our.test"));
  EXPECT_TRUE(served.set_aside(""));
}

TEST_F(ServedNamesTest, LooksAgainAfterAWhile) {
  EXPECT_THAT(look(), ElementsAre("mta-sts.our.test"));
  ASSERT_TRUE(zone.add("autoconfig.our.test A 192.0.2.1\n"));
  EXPECT_THAT(look({}, false), ElementsAre("mta-sts.our.test"));
  sleep(ServedNames::look_every);
  EXPECT_THAT(look({}, false), ElementsAre("mta-sts.our.test", "autoconfig.our.test"));
}

}  // namespace
}  // namespace server
