// Tests of a whole session on a disk that fails at the n-th step, for n = 0, 1, 2 … until none is
// left.
//
// A message that was answered 250 is in the Maildir after a restart; one that was not may be there
// once at most (answered 451 after a failed sync, invariant 2).
#include <gtest/gtest.h>

#include "lib/io/sim/for_each_failure.h"
#include "lib/io/sim/script.h"
#include "tests/sim/home.h"

namespace sim {
namespace {

struct Fixture {
  Fixture() : world(1), home(world, "192.0.2.1", ""), client(world, {"198.51.100.9"}) {
    EXPECT_TRUE(home.start());
  }
  io::sim::Disk& disk() { return home.host().disk(); }

  io::sim::World world;
  Home home;
  io::sim::Host client;
};

// The last reply, or "" when the server did not get that far.
io::Task<std::string> send_one(io::sim::Host* client) {
  auto stream =
      co_await client->doors().network.connect(*io::Endpoint::parse("192.0.2.1:25"), std::nullopt);
  if (!stream) co_return "";
  io::sim::Peer peer(std::move(*stream));
  std::string reply = co_await peer.read_reply();
  for (const char* line : {"HELO client.test", "MAIL FROM:<a@far.test>", "RCPT TO:<you@home.test>",
                           "DATA", "From: a@far.test\r\nSubject: one\r\n\r\nbody\r\n."}) {
    if (!reply.starts_with('2') && !reply.starts_with('3')) co_return reply;
    reply = co_await peer.command(line);
  }
  co_return reply;
}

void run(Fixture& fixture, const io::sim::FailAt& fault, bool power_cut) {
  const std::string reply = fixture.world.run(send_one(&fixture.client));
  fixture.world.run_for(std::chrono::seconds(5));
  fixture.disk().set_faults(nullptr);
  if (power_cut) {
    fixture.home.crash();
  } else {
    fixture.home.stop();
  }
  ASSERT_TRUE(fixture.home.start());
  fixture.world.run_for(std::chrono::hours(5));
  const std::size_t delivered = fixture.home.maildir("you").size();
  SCOPED_TRACE("failed at step " + std::to_string(fault.number()) + "; reply: " + reply);
  EXPECT_LE(delivered, 1U);
  if (reply.starts_with("250")) {
    EXPECT_EQ(delivered, 1U);
  } else {
    EXPECT_TRUE(reply.empty() || reply.starts_with('4') || reply.starts_with('<')) << reply;
  }
  EXPECT_EQ(fixture.home.assembly().queue().size(), 0U);
}

void run_all(io::sim::Failure failure, bool power_cut) {
  const std::uint64_t steps =
      io::sim::for_each_failure([] { return std::make_unique<Fixture>(); },
                                [power_cut](Fixture& fixture, const io::sim::FailAt& fault) {
                                  run(fixture, fault, power_cut);
                                },
                                failure);
  EXPECT_GT(steps, 10U);  // journal and Maildir together take more than that
}

TEST(SessionFailure, DiskFailsOnceAtStepN) { run_all(io::sim::Failure::once(), false); }
TEST(SessionFailure, DiskIsFullOnceAtStepN) {
  run_all(io::sim::Failure::once(base::ErrorKind::no_space), false);
}
TEST(SessionFailure, DiskDiesAtStepN) { run_all(io::sim::Failure::for_ever(), false); }
TEST(SessionFailure, PowerFailsAtStepN) { run_all(io::sim::Failure::power_cut(), true); }

}  // namespace
}  // namespace sim
