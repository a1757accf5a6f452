// Tests of address.h.
#include "lib/io/address.h"

#include <gtest/gtest.h>

namespace io {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddress, ParsesAndPrints) {
  const std::array<std::pair<const char*, const char*>, 7> table = {{
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
      {"::", "::"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  }};
  for (const auto& [text, want] : table) {
    const auto parsed = IpAddress::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->text(), want);
  }
}

TEST(IpAddress, RefusesAnythingElse) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "1.2.3"sv, "1.2.3.4.5"sv, "256.1.1.1"sv, "1.2.3.4 "sv, " 1.2.3.4"sv, "1.2.3.4\0x"sv,
        "[::1]"sv, "::1%eth0"sv, "1::2::3"sv, "localhost"sv, "10.0.0.0/8"sv,
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, KnowsPrivateNetworks) {
  for (const char* text : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.7.7", "100.64.0.1",
                           "169.254.1.1", "127.0.0.1", "127.9.9.9", "::1", "fe80::1", "fd00::1"}) {
    EXPECT_TRUE(address(text).is_private()) << text;
  }
  for (const char* text : {"11.0.0.1", "172.32.0.1", "172.15.0.1", "192.0.2.1", "100.128.0.1",
                           "8.8.8.8", "2001:db8::1", "::", "0.0.0.0"}) {
    EXPECT_FALSE(address(text).is_private()) << text;
  }
  EXPECT_TRUE(address("127.0.0.53").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("10.0.0.1").is_loopback());
  EXPECT_TRUE(address("::").is_unspecified());
  EXPECT_TRUE(address("0.0.0.0").is_unspecified());
  EXPECT_FALSE(address("0.0.0.1").is_unspecified());
}

TEST(IpAddress, MakesLiteralsAndReverseNames) {
  EXPECT_EQ(address("192.0.2.1").literal(), "[192.0.2.1]");
  EXPECT_EQ(address("2001:db8::1").literal(), "[IPv6:2001:db8::1]");
  EXPECT_EQ(address("192.0.2.1").reverse_name(), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(address("2001:db8::1").reverse_name(),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(IpAddress, OrdersAndCompares) {
  EXPECT_EQ(address("::ffff:10.0.0.1"), address("10.0.0.1"));
  EXPECT_LT(address("10.0.0.1"), address("10.0.0.2"));
  EXPECT_NE(address("::"), address("0.0.0.0"));
}

TEST(IpNetwork, Contains) {
  struct Case {
    const char* network;
    const char* address;
    bool contains;
  };
  for (const Case& c : {Case{"10.0.0.0/8", "10.255.0.1", true},
                        {"10.0.0.0/8", "11.0.0.0", false},
                        {"192.0.2.128/25", "192.0.2.200", true},
                        {"192.0.2.128/25", "192.0.2.100", false},
                        {"192.0.2.1", "192.0.2.1", true},
                        {"192.0.2.1", "192.0.2.2", false},
                        {"0.0.0.0/0", "1.2.3.4", true},
                        {"0.0.0.0/0", "::1", false},
                        {"2001:db8::/33", "2001:db8:7fff::1", true},
                        {"2001:db8::/33", "2001:db8:8000::1", false},
                        {"::/0", "::1", true}}) {
    const auto network = IpNetwork::parse(c.network);
    ASSERT_TRUE(network) << c.network;
    EXPECT_EQ(network->contains(address(c.address)), c.contains) << c.network << " " << c.address;
  }
  EXPECT_EQ(IpNetwork::parse("192.0.2.1")->text(), "192.0.2.1/32");
  for (const char* text : {"10.0.0.0/33", "::/129", "10.0.0.0/", "/8", "10.0.0.0/-1", "x/8"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

TEST(Endpoint, ParsesAndPrints) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:25")->text(), "127.0.0.1:25");
  EXPECT_EQ(Endpoint::parse("[::1]:587")->text(), "[::1]:587");
  EXPECT_EQ(Endpoint::parse("[::1]:587")->port, 587);
  for (const char* text : {"127.0.0.1", "::1:25", "[127.0.0.1]:25", "127.0.0.1:65536", "[::1]",
                           "127.0.0.1:", ":25", "127.0.0.1:x", "[]:1", ""}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

}  // namespace
}  // namespace io
