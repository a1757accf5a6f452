// Tests of the limits of a session (invariant 7: nothing is without a limit) in virtual time.
#include <gtest/gtest.h>

#include "lib/io/clock.h"
#include "lib/io/sim/script.h"
#include "tests/sim/home.h"

namespace sim {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class LimitsTest : public testing::Test {
 protected:
  LimitsTest() : world(1), home(world, "192.0.2.1", ""), client(world, {"198.51.100.9"}) {
    home.config.session.session_time_max = 10min;
    EXPECT_TRUE(home.start());
  }

  // Says `line` every 30 seconds until the server has enough; its last words.
  static io::Task<std::string> nag(io::sim::Host* from, std::string line, bool wait_for_reply) {
    auto peer = co_await io::sim::dial(from->doors().network, *io::Endpoint::parse("192.0.2.1:25"));
    (void)co_await peer->read_reply();
    if (!wait_for_reply) {
      for (const char* step :
           {"HELO x.test", "MAIL FROM:<a@x.test>", "RCPT TO:<you@home.test>", "DATA"}) {
        (void)co_await peer->command(step);
      }
    }
    for (;;) {
      if (!co_await peer->send(line)) break;
      if (wait_for_reply) {
        const std::string said = co_await peer->read_line();
        if (!said.starts_with("250")) co_return said;
      }
      (void)co_await io::sleep_for(from->doors().clock, 30s);
    }
    co_return co_await peer->read_line();
  }

  io::sim::World world;
  Home home;
  io::sim::Host client;
};

TEST_F(LimitsTest, SessionTimeMaxEndsAnObedientClient) {
  const base::Instant begin = world.now();
  EXPECT_TRUE(world.run(nag(&client, "NOOP\r\n", true)).starts_with("421 4.4.2"));
  EXPECT_LE(world.now() - begin, 11min);
}

TEST_F(LimitsTest, SessionTimeMaxEndsAnEndlessMessage) {
  const base::Instant begin = world.now();
  (void)world.run(nag(&client, "one more line\r\n", false));
  EXPECT_LE(world.now() - begin, 12min);
  EXPECT_EQ(home.assembly().queue().size(), 0U);
}

TEST_F(LimitsTest, SilenceIs421AfterTheCommandTimeout) {
  home.stop();
  home.config.session.session_time_max = 4h;
  ASSERT_TRUE(home.start());
  auto peer =
      world.run(io::sim::dial(client.doors().network, *io::Endpoint::parse("192.0.2.1:25")));
  EXPECT_TRUE(world.run(peer->read_reply()).starts_with("220"));
  const base::Instant begin = world.now();
  EXPECT_TRUE(world.run(peer->read_reply()).starts_with("421 4.4.2"));
  EXPECT_GE(world.now() - begin, 5min);  // RFC 5321 §4.5.3.2.7
  EXPECT_LE(world.now() - begin, 6min);
}

// What comes an octet at a time is no silence, but no command either.
TEST_F(LimitsTest, ACommandHasToEndWithinTheCommandTimeout) {
  home.stop();
  home.config.session.session_time_max = 4h;
  ASSERT_TRUE(home.start());
  auto peer =
      world.run(io::sim::dial(client.doors().network, *io::Endpoint::parse("192.0.2.1:25")));
  EXPECT_TRUE(world.run(peer->read_reply()).starts_with("220"));
  const base::Instant begin = world.now();
  for (int octet = 0; octet < 9; ++octet) {
    EXPECT_TRUE(world.run(peer->send("x")));
    (void)world.run(io::sleep_for(client.doors().clock, 30s));
  }
  EXPECT_TRUE(world.run(peer->read_reply()).starts_with("421 4.4.2"));
  EXPECT_GE(world.now() - begin, 5min);
  EXPECT_LE(world.now() - begin, 6min);
}

TEST_F(LimitsTest, ALineWithoutEndEndsTheSession) {
  auto peer =
      world.run(io::sim::dial(client.doors().network, *io::Endpoint::parse("192.0.2.1:25")));
  (void)world.run(peer->read_reply());
  const std::string part(64UL * 1024, 'x');
  int sent = 0;
  while (sent < 100 && world.run(peer->send(part))) ++sent;
  EXPECT_LT(sent, 40);  // of 64 KiB: swallowed_bytes_max and what the network holds
}

TEST_F(LimitsTest, StopEndsIdleSessionsAtOnce) {
  auto peer =
      world.run(io::sim::dial(client.doors().network, *io::Endpoint::parse("192.0.2.1:25")));
  (void)world.run(peer->read_reply());
  const base::Instant begin = world.now();
  home.stop();
  EXPECT_LT(world.now() - begin, 1s);
  EXPECT_TRUE(world.run(peer->read_reply()).starts_with("421 4.3.2"));
}

}  // namespace
}  // namespace sim
