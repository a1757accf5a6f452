// Tests of places.h: where a webhook may not lead.
#include "admin/webhooks/places.h"

#include <gtest/gtest.h>

namespace webhooks {
namespace {

io::Endpoint at(std::string_view address, std::uint16_t port = 443) {
  return {.address = io::IpAddress::parse(address).value(), .port = port};
}

TEST(Places, OnlyThePublicInternetIsAllowed) {
  const admin::WebhookSettings settings;
  for (const std::string_view address : {"127.0.0.1",    "127.8.9.1",        "0.0.0.0",
                                         "10.0.0.1",     "172.16.0.1",       "172.31.255.255",
                                         "192.168.1.1",  "169.254.169.254",  "100.64.0.1",
                                         "192.0.0.8",    "192.0.2.1",        "198.18.0.1",
                                         "198.51.100.1", "203.0.113.1",      "224.0.0.1",
                                         "240.0.0.1",    "255.255.255.255",  "::",
                                         "::1",          "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                                         "fe80::1",      "fc00::1",          "fd12::1",
                                         "ff02::1",      "64:ff9b::7f00:1",  "2002:7f00:1::",
                                         "2001::1",      "2001:db8::1",      "::127.0.0.1",
                                         "fec0::1"}) {
    EXPECT_NE(why_not(at(address), settings, {}), "") << address;
  }
  for (const std::string_view address : {"8.8.8.8", "172.32.0.1", "2a00:1450:4001::1"}) {
    EXPECT_EQ(why_not(at(address), settings, {}), "") << address;
  }
  EXPECT_NE(why_not(at("8.8.8.8"), settings, {at("8.8.8.8").address}), "") << "our own";
}

TEST(Places, PortsAreThoseOfWebServers) {
  admin::WebhookSettings settings;
  EXPECT_EQ(why_not(at("8.8.8.8", 8443), settings, {}), "");
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{25, 80, 22, 6379}) {
    EXPECT_NE(why_not(at("8.8.8.8", port), settings, {}), "");
  }
  settings.allow_networks = {*io::IpNetwork::parse("127.0.0.0/8")};
  EXPECT_EQ(why_not(at("127.0.0.1", 4711), settings, {}), "") << "whoever names a network knows it";
}

TEST(Places, ReadsUrls) {
  admin::WebhookSettings settings;
  const auto target = read_target("https://Example.org:8443/a/b?c=d", settings);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "example.org");
  EXPECT_EQ(target->port, 8443);
  EXPECT_EQ(target->target, "/a/b?c=d");
  for (const std::string_view bad :
       {"", "example.org", "ftp://example.org/", "http://example.org/", "https://u:p@example.org/",
        "https:///x", "https://example.org/a b", "https://example.org/#x", "https://a:0/",
        "https://a:99999/", "https://example.org/\r\nX: y", "file:///etc/passwd"}) {
    EXPECT_FALSE(read_target(bad, settings)) << bad;
  }
  EXPECT_FALSE(read_target("https://example.org/" + std::string(3'000, 'a'), settings));
  settings.allow_http = true;
  EXPECT_EQ(read_target("http://example.org/x", settings)->port, 80);
  EXPECT_EQ(read_target("http://example.org:443/x", settings)->port, 443);
}

}  // namespace
}  // namespace webhooks
