// Tests of host.h, and that one seed gives one history.
#include "lib/io/sim/host.h"

#include <gtest/gtest.h>

#include "lib/io/clock.h"
#include "lib/io/files.h"
#include "lib/io/pool.h"
#include "lib/io/ref.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"

namespace io::sim {
namespace {

using base::ErrorKind;
using std::chrono_literals::operator""s;

// A little server: answers every line with its number of octets, and writes it to a file.
class Counter {
 public:
  explicit Counter(Doors doors) : doors_(doors) {}
  void start() {
    listener_ = doors_.network.listen({{}, 25}, {}).value();
    group_.spawn(serve());
  }
  Task<void> stop() {
    co_await group_.stop();
    listener_.reset();
  }
  std::string ended;  // why the last session ended

 private:
  Task<void> serve() {
    while (true) {
      auto stream = co_await listener_->accept();
      if (!stream) co_return;
      group_.spawn(talk(std::move(*stream)));
    }
  }
  Task<void> talk(std::unique_ptr<Stream> stream) {
    Peer peer(std::move(stream));
    while (true) {
      const std::string line = co_await peer.read_line();
      if (line.starts_with('<')) {
        ended = line;
        co_return;
      }
      auto saved = write_file(doors_.files, "last", line);
      const std::string reply = saved ? std::to_string(line.size()) : saved.error().text();
      co_await peer.send(reply + "\r\n");
    }
  }

  Doors doors_;
  std::unique_ptr<Listener> listener_;
  TaskGroup group_;
};

class HostTest : public testing::Test {
 protected:
  World world_{11};
  Host server_{world_, {"192.0.2.1"}};
  Host client_{world_, {"198.51.100.7"}};
  Endpoint to_ = *Endpoint::parse("192.0.2.1:25");
};

TEST_F(HostTest, CrashCutsConnectionsAndRestartKeepsTheDisk) {
  Counter first(server_.doors());
  first.start();
  auto peer = world_.run(dial(client_.doors().network, to_));
  EXPECT_EQ(world_.run(peer->command("hello")), "5");
  server_.crash();
  EXPECT_FALSE(server_.up());
  EXPECT_EQ(world_.run(peer->read_line()), "<reset>");
  EXPECT_EQ(first.ended, "<reset>");
  auto refused = world_.run(client_.doors().network.connect(to_, std::nullopt));
  EXPECT_EQ(refused.error().kind, ErrorKind::timed_out);

  Counter second(server_.restart());
  second.start();
  EXPECT_EQ(read_file(server_.doors().files, "last", 100).value(), "hello");
  world_.run(first.stop());  // the old object, in peace, while the new one runs
  auto again = world_.run(dial(client_.doors().network, to_));
  EXPECT_EQ(world_.run(again->command("hi")), "2");
  world_.run(second.stop());
}

TEST_F(HostTest, OldDoorsFailAfterACrash) {
  const Doors old = server_.doors();
  server_.crash();
  EXPECT_EQ(old.files.info("/").error().kind, ErrorKind::io);
  EXPECT_EQ(old.network.listen({{}, 25}, {}).error().kind, ErrorKind::unreachable);
  EXPECT_EQ(world_.run(old.network.connect(to_, std::nullopt)).error().kind,
            ErrorKind::unreachable);
  EXPECT_TRUE(world_.run(sleep_for(old.clock, 1s)));
  EXPECT_EQ(world_.run(on_pool(old.pool, [] { return 1; })), 1);
}

TEST_F(HostTest, UnacceptedConnectionsAreCutToo) {
  auto listener = server_.doors().network.listen(to_, {}).value();
  auto peer = world_.run(dial(client_.doors().network, to_));
  EXPECT_EQ(client_.network().open_connections(), 1U);
  server_.crash();
  EXPECT_EQ(world_.run(peer->read_line()), "<reset>");
  EXPECT_EQ(world_.run(listener->accept()).error().kind, ErrorKind::io);
}

Task<void> chatter(Ref<Network> network, Endpoint to, Ref<Random> random, Ref<int> answers) {
  auto stream = co_await network->connect(to, std::nullopt);
  if (!stream) co_return;
  Peer peer(std::move(*stream));
  for (int i = 0; i < 10; ++i) {
    const std::string reply = co_await peer.command(std::string(random->below(200), 'x'));
    if (reply.starts_with('<')) co_return;
    ++*answers;
  }
}

// One run with faults and a crash in the middle; the hash of all that happened.
std::uint64_t history(std::uint64_t seed, int* answers) {
  World world(seed);
  world.internet().options().random_segments = true;
  world.internet().options().jitter = std::chrono::milliseconds(5);
  RandomFaults faults(seed, {.connect_refused = 0.05, .write_reset = 0.02, .write_delay = 0.1});
  RandomDiskFaults disk_faults(seed, {.write_error = 0.05, .sync_error = 0.05});
  world.internet().set_faults(&faults);
  Host server(world, {"192.0.2.1"});
  Host client(world, {"198.51.100.7"});
  server.disk().set_faults(&disk_faults);
  Counter first(server.doors());
  first.start();
  TaskGroup group;
  const Endpoint to = *Endpoint::parse("192.0.2.1:25");
  const auto start_some = [&] {
    const Doors doors = client.doors();
    for (int i = 0; i < 5; ++i) group.spawn(chatter(doors.network, to, doors.random, *answers));
  };
  start_some();
  world.run_for(std::chrono::milliseconds(30));
  server.crash();
  world.run_for(1s);
  Counter second(server.restart());
  second.start();
  start_some();
  world.run_for(600s);
  world.run(group.stop());
  world.run(first.stop());
  world.run(second.stop());
  return world.trace_hash();
}

TEST(Determinism, OneSeedGivesOneHistory) {
  std::set<std::uint64_t> hashes;
  int answers = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    int again = 0;
    const int before = answers;
    const std::uint64_t hash = history(seed, &answers);
    EXPECT_EQ(hash, history(seed, &again)) << "seed=" << seed;
    EXPECT_EQ(answers - before, again);
    hashes.insert(hash);
  }
  EXPECT_EQ(hashes.size(), 10U);
  EXPECT_GT(answers, 100);
}

}  // namespace
}  // namespace io::sim
