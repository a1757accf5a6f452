// Tests of proxy_header.h and proxied_stream.h.
#include "lib/io/proxy_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/io/deadline.h"
#include "lib/io/proxied_stream.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/sim/world.h"

namespace io {
namespace {

using Client = ProxyHeader::Client;
using Status = ProxyParse::Status;

std::string block(std::uint8_t command, std::uint8_t family, std::string_view rest) {
  std::string out(proxy_signature);
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(rest.size() >> 8U);
  out += static_cast<char>(rest.size() & 0xffU);
  return out + std::string(rest);
}

const std::string v4_block("\xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x67\x00\x19", 12);
const std::string v6_block(
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
    "\x12\x67\x00\x19",
    36);

struct Good {
  std::string header;
  Client client;
  std::string source;
  std::string destination;
};

const std::vector<Good>& good() {
  static const std::vector<Good> all = {
      {"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n", Client::relayed, "192.0.2.7:4711",
       "198.51.100.1:25"},
      {"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n", Client::relayed, "[2001:db8::7]:4711",
       "[2001:db8::1]:25"},
      {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
       Client::relayed, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
      {"PROXY TCP4 192.0.2.7 198.51.100.1 0 25\r\n", Client::relayed, "192.0.2.7:0",
       "198.51.100.1:25"},
      {"PROXY UNKNOWN\r\n", Client::unknown, {}, {}},
      {"PROXY UNKNOWN 192.0.2.7 whatever\r\n", Client::unknown, {}, {}},
      {block(0x21, 0x11, v4_block), Client::relayed, "192.0.2.7:4711", "198.51.100.1:25"},
      {block(0x21, 0x21, v6_block), Client::relayed, "[2001:db8::7]:4711", "[2001:db8::1]:25"},
      // TLVs: an ALPN and a no-op
      {block(0x21, 0x11, v4_block + std::string("\x01\0\x02h2\x04\0\0", 8)), Client::relayed,
       "192.0.2.7:4711", "198.51.100.1:25"},
      {block(0x20, 0x00, ""), Client::none, {}, {}},
      {block(0x20, 0x11, v4_block), Client::none, {}, {}},
      {block(0x20, 0x77, "xx"), Client::none, {}, {}},
      {block(0x21, 0x00, "xx"), Client::unknown, {}, {}},
      {block(0x21, 0x31, std::string(216, '\0')), Client::unknown, {}, {}},
  };
  return all;
}

TEST(ProxyHeader, SaysWhoTheClientIs) {
  for (const Good& one : good()) {
    const ProxyParse parsed = parse_proxy_header(one.header + "EHLO x\r\n");
    ASSERT_EQ(parsed.status, Status::done) << one.header << ": " << parsed.problem;
    EXPECT_EQ(parsed.bytes, one.header.size()) << one.header;
    EXPECT_EQ(parsed.header.client, one.client) << one.header;
    if (one.client != Client::relayed) continue;
    EXPECT_EQ(parsed.header.source.text(), one.source);
    EXPECT_EQ(parsed.header.destination.text(), one.destination);
  }
}

TEST(ProxyHeader, EveryBeginningOfAGoodOneNeedsMore) {
  for (const Good& one : good()) {
    for (std::size_t bytes = 0; bytes < one.header.size(); ++bytes) {
      EXPECT_EQ(parse_proxy_header(std::string_view(one.header).substr(0, bytes)).status,
                Status::need_more)
          << one.header << " at " << bytes;
    }
  }
}

TEST(ProxyHeader, WhatIsNoneIsRefusedAtOnce) {
  const std::vector<std::string> bad = {
      "E",
      "EHLO client.example\r\n",
      "PROXY\r\n",
      "proxy TCP4 192.0.2.7 198.51.100.1 4711 25\r\n",
      "PROXY  TCP4 192.0.2.7 198.51.100.1 4711 25\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 4711 25 \r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 04711 25\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n",
      "PROXY TCP4 192.0.2.256 198.51.100.1 4711 25\r\n",
      "PROXY TCP4 2001:db8::7 2001:db8::1 4711 25\r\n",
      "PROXY TCP6 192.0.2.7 198.51.100.1 4711 25\r\n",
      "PROXY TCP5 192.0.2.7 198.51.100.1 4711 25\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\n",
      "PROXY UNKNOWN\n",
      std::string("PROXY TCP4 \0", 12),
      "PROXY UNKNOWN " + std::string(proxy_line_bytes_max, 'x'),
      "\r\n\r\nX",
      block(0x11, 0x11, v4_block),
      block(0x31, 0x11, v4_block),
      block(0x22, 0x11, v4_block),
      block(0x21, 0x12, v4_block),  // datagrams
      block(0x21, 0x22, v6_block),
      block(0x21, 0x41, v4_block),
      block(0x21, 0x11, v4_block.substr(1)),
      block(0x21, 0x21, v4_block),
      block(0x21, 0x11, std::string(proxy_header_bytes_max, '\0')).substr(0, 16),
  };
  for (const std::string& one : bad) {
    const ProxyParse parsed = parse_proxy_header(one);
    EXPECT_EQ(parsed.status, Status::malformed) << one;
    EXPECT_FALSE(parsed.problem.empty()) << one;
  }
}

// A listener, and a proxy that says something.
class ProxiedStreamTest : public testing::Test {
 protected:
  Task<base::Result<std::unique_ptr<Stream>>> arrive() {
    auto stream = co_await listener_->accept();
    if (!stream) co_return std::move(stream);
    auto greeting = co_await with_timeout(server_.doors().clock, std::chrono::seconds(5),
                                          read_proxy_header(**stream));
    if (!greeting) co_return std::unexpected(greeting.error());
    co_return std::make_unique<ProxiedStream>(std::move(*stream), std::move(*greeting));
  }
  Task<std::string> relay(std::vector<std::string> pieces) {
    auto proxy = co_await sim::dial(proxy_.doors().network, *Endpoint::parse("192.0.2.1:25"));
    auto arriving = arrive();
    for (const std::string& piece : pieces) (void)co_await proxy->send(piece);
    auto stream = co_await std::move(arriving);
    if (!stream) co_return std::string(base::to_string(stream.error().kind));
    std::string out = (*stream)->peer().text() + " " + (*stream)->local().text() + " ";
    std::array<char, 3> some{};
    for (std::size_t bytes = 0; bytes < 12;) {
      if (!co_await (*stream)->wait_readable()) co_return "lost";
      const auto got = co_await (*stream)->read_some(some);
      if (!got) co_return "lost";
      out.append(some.data(), *got);
      bytes += *got;
    }
    co_return out;
  }

  sim::World world_{1};
  sim::Host server_{world_, {"192.0.2.1"}};
  sim::Host proxy_{world_, {"192.0.2.9"}};
  std::unique_ptr<Listener> listener_ =
      *server_.doors().network.listen(*Endpoint::parse("192.0.2.1:25"), {});
};

TEST_F(ProxiedStreamTest, HasTheClientsAddressAndAllItsOctets) {
  EXPECT_EQ(world_.run(relay({"PROXY TCP4 203.0.113.5 198.51.100.1 4711 25\r\nEHLO", " x.test\n"})),
            "203.0.113.5:4711 198.51.100.1:25 EHLO x.test\n");
}

TEST_F(ProxiedStreamTest, OfNoClientHasTheProxysOwn) {
  const std::string said = world_.run(
      relay({std::string(proxy_signature) + std::string("\x20\0\0\0", 4), "EHLO x.test\n"}));
  EXPECT_THAT(said, testing::StartsWith("192.0.2.9:"));
  EXPECT_THAT(said, testing::EndsWith(" 192.0.2.1:25 EHLO x.test\n"));
}

TEST_F(ProxiedStreamTest, IsNotThereWithoutAHeader) {
  EXPECT_EQ(world_.run(relay({"EHLO x.test\r\n"})), "invalid");
}

TEST_F(ProxiedStreamTest, WaitsForASilentProxyUntilTheDeadline) {
  EXPECT_EQ(world_.run(relay({"PROXY TCP4 203.0.113.5"})), "timed out");
}

}  // namespace
}  // namespace io
