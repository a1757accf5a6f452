// Tests of deadlines and priorities (RFC 2852, RFC 6710) between two whole servers, in virtual
// time, over power cuts.
#include <gtest/gtest.h>

#include "lib/io/sim/script.h"
#include "tests/sim/home.h"

namespace sim {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

constexpr const char* zone = R"(
  home.test MX 10 mx.home.test
  mx.home.test A 192.0.2.1
  second.test MX 10 mx.second.test
  mx.second.test A 192.0.2.2
)";

class DeliverByTest : public testing::Test {
 protected:
  DeliverByTest()
      : world(1),
        first(world, "192.0.2.1", zone),
        second(world, "192.0.2.2", zone),
        client(world, {"198.51.100.9"}) {
    first.config.policy.relay_networks = {*io::IpNetwork::parse("198.51.100.9/32")};
    second.contents.domains = {"second.test"};
    second.contents.mailboxes = {"you@second.test"};
    EXPECT_TRUE(first.start());
  }

  static io::Task<std::string> submit(io::sim::Host* from, std::string parameters) {
    auto peer = co_await io::sim::dial(from->doors().network, *io::Endpoint::parse("192.0.2.1:25"));
    (void)co_await peer->read_reply();
    (void)co_await peer->command("EHLO client.test");
    std::string said = co_await peer->command("MAIL FROM:<you@home.test> " + parameters);
    (void)co_await peer->command("RCPT TO:<you@second.test>");
    (void)co_await peer->command("DATA");
    const std::string end =
        co_await peer->command("From: you@home.test\r\nSubject: x\r\n\r\nText\r\n.");
    co_return end.starts_with("250") ? said : end;
  }
  // What the server says to MAIL.
  std::string submit(std::string parameters) {
    return world.run(submit(&client, std::move(parameters)));
  }
  // The value in the last event of that name.
  static std::string last(Home& home, std::string_view name, std::string_view key) {
    std::string found;
    for (const base::Event& event : home.events().events) {
      if (event.name != name) continue;
      for (const auto& [field, value] : event.fields) {
        if (field == key) found = value;
      }
    }
    return found;
  }

  io::sim::World world;
  Home first;
  Home second;
  io::sim::Host client;
};

TEST_F(DeliverByTest, ItGoesOnFromServerToServer) {
  ASSERT_TRUE(second.start());
  EXPECT_TRUE(submit("BY=3600;RT MT-PRIORITY=5").starts_with("250 2.1.0"));
  world.run_for(60s);
  EXPECT_EQ(second.events().count("recipient.delivered"), 1U);
  const std::string deadline = last(second, "message.queued", "deliver_by");
  EXPECT_FALSE(deadline.empty());
  // The first one has not logged in there, so it may not ask for a priority.
  EXPECT_EQ(last(second, "message.queued", "priority"), "");
  const auto told = first.maildir("you");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].contains("Action: relayed\nStatus: 2.")) << told[0];
  EXPECT_TRUE(told[0].contains("\nDeliver-By-Date: ")) << told[0];
}

TEST_F(DeliverByTest, ItComesBackOverAPowerCut) {
  submit("BY=300;R");
  world.run_for(100s);
  first.crash();
  world.run_for(50s);
  ASSERT_TRUE(first.start());
  world.run_for(100s);
  EXPECT_TRUE(first.maildir("you").empty());
  world.run_for(100s);
  const auto told = first.maildir("you");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].contains("Action: failed\nStatus: 5.4.7\n")) << told[0];
  EXPECT_EQ(first.assembly().queue().size(), 0U);
}

TEST_F(DeliverByTest, ItIsLateAndGoesOn) {
  submit("BY=120;N");
  world.run_for(110s);
  EXPECT_TRUE(first.maildir("you").empty());
  world.run_for(40s);
  const auto told = first.maildir("you");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].contains("Action: delayed\nStatus: 4.4.7\n")) << told[0];
  ASSERT_TRUE(second.start());
  world.run_for(2h);
  EXPECT_EQ(second.events().count("recipient.delivered"), 1U);
  EXPECT_EQ(first.maildir("you").size(), 1U);
}

}  // namespace
}  // namespace sim
