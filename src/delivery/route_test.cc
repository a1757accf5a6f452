// Tests of delivery/: routes.
#include "delivery/route.h"

#include <gtest/gtest.h>

#include "delivery/fixture_test.h"

namespace delivery {
namespace {

RouteSetting to(const char* domain, const char* host, std::uint16_t port = 25) {
  RouteSetting setting;
  setting.domain = domain;
  setting.host = host;
  setting.port = port;
  return setting;
}

std::string key_of(const Settings& settings, const char* address) {
  const FakeDirectory directory;
  const Router router(std::make_shared<Settings>(settings), directory);
  const auto parsed = message::parse_address(address, {.utf8 = true});
  return router.route(parsed.value_or(message::Address{"postmaster", ""})).key;
}

TEST(Route, KindByAddress) {
  Settings settings;
  settings.routes = {to("isp.example", "Smart.ISP.example", 587),
                     to(".isp.example", "[192.0.2.99]"), to("direct.example", "")};
  const struct {
    const char* address;
    const char* key;
  } cases[] = {
      {"a@demo.test", "local:demo.test"},
      {"a@DEMO.test", "local:demo.test"},
      {"postmaster", "local:"},
      {"a@isp.example", "relay:smart.isp.example:587"},
      {"a@sub.isp.example", "relay:[192.0.2.99]:25"},
      {"a@notisp.example", "mx:notisp.example"},
      {"a@direct.example", "mx:direct.example"},
      {"a@B\xc3\xbc"
       "cher.example",
       "mx:xn--bcher-kva.example"},
      {"a@[192.0.2.1]", "mx:[192.0.2.1]"},
  };
  for (const auto& c : cases) EXPECT_EQ(key_of(settings, c.address), c.key);
}

TEST(Route, AStarTakesEverythingButOurOwn) {
  Settings settings;
  settings.routes = {to("direct.example", ""), to("*", "out.example")};
  EXPECT_EQ(key_of(settings, "a@demo.test"), "local:demo.test");
  EXPECT_EQ(key_of(settings, "a@anywhere.example"), "relay:out.example:25");
  EXPECT_EQ(key_of(settings, "a@direct.example"), "mx:direct.example");
}

TEST(Route, RelayRoutesAreEqualForDifferentDomains) {
  Settings settings;
  settings.routes = {to("*", "out.example")};
  const FakeDirectory directory;
  const Router router(std::make_shared<Settings>(settings), directory);
  EXPECT_EQ(router.route({"a", "x.example"}), router.route({"b", "y.example"}));
}

}  // namespace
}  // namespace delivery
