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

message::Address address_of(const char* text) {
  return message::parse_address(text, {.utf8 = true}).value_or(message::Address{});
}

std::string key_of(const Settings& settings, const message::Address& to,
                   const message::Address& from = {}) {
  const FakeDirectory directory;
  const Router router(std::make_shared<Settings>(settings), directory);
  const std::string key = router.route({to, from}).key;
  EXPECT_EQ(router.key({to, from}), key);
  return key;
}

std::string key_of(const Settings& settings, const char* address) {
  const auto parsed = message::parse_address(address, {.utf8 = true});
  return key_of(settings, parsed.value_or(message::Address{"postmaster", ""}));
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
  const message::Address a{"a", "x.example"};
  const message::Address b{"b", "y.example"};
  EXPECT_EQ(router.route({a, a}), router.route({b, a}));
}

RouteSetting of(std::vector<std::string> senders, const char* user) {
  RouteSetting setting = to("*", "out.example", 587);
  setting.senders = std::move(senders);
  setting.user = user;
  return setting;
}

TEST(Route, TheFirstThatIsForTheSender) {
  Settings settings;
  settings.routes = {of({"An@Shop.example"}, "an"), of({"@shop.example", "bo@x.example"}, "shop"),
                     of({"<>"}, "reports"), to("*", "out.example", 587)};
  const struct {
    const char* sender;
    const char* key;
  } cases[] = {
      {"an@shop.example", "relay:out.example:587/an"},
      {"AN+orders@SHOP.example", "relay:out.example:587/an"},
      {"anna@shop.example", "relay:out.example:587/shop"},
      {"bo@x.example", "relay:out.example:587/shop"},
      {"an@x.example", "relay:out.example:587"},
      {"an@sub.shop.example", "relay:out.example:587"},
      {"", "relay:out.example:587/reports"},
  };
  const message::Address to{"a", "far.example"};
  for (const auto& c : cases) EXPECT_EQ(key_of(settings, to, address_of(c.sender)), c.key);
  EXPECT_EQ(key_of(settings, {"you", "demo.test"}, address_of("an@shop.example")),
            "local:demo.test");
}

TEST(Route, ConnectionsAreNotSharedWhereCredentialsDiffer) {
  const Target target{.host = "out.example", .endpoint = {}};
  Route route;
  std::set<std::string> keys{pool_key(target, route)};
  const struct {
    const char* user;
    const char* password;
    const char* file;
  } cases[] = {{"an", "x", ""}, {"bo", "x", ""},  {"an", "y", ""},  {"an", "", "x"},
               {"a", "nx", ""}, {"an|", "x", ""}, {"an", "|x", ""}, {"1:a", "n", ""}};
  for (const auto& c : cases) {
    route.user = c.user;
    route.password = c.password;
    route.password_file = c.file;
    EXPECT_TRUE(keys.insert(pool_key(target, route)).second) << c.user << " " << c.password;
    EXPECT_FALSE(keys.insert(pool_key(target, route)).second);
  }
}

}  // namespace
}  // namespace delivery
