// Tests of server.h: what one host may take, on a simulated network.
#include <gtest/gtest.h>

#include "lib/http/client.h"
#include "lib/http/server.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "lib/io/task_group.h"

namespace http {
namespace {

class Hello final : public Handler {
 public:
  io::Task<Response> handle(Request /*request*/) override { co_return text_response(200, "hello"); }
};

// Takes large bodies at one place only.
class Narrow final : public Handler {
 public:
  io::Task<Response> handle(Request request) override {
    co_return text_response(200, std::to_string(request.body.size()));
  }
  std::uint64_t body_bytes_max(const Request& head) override {
    return head.path == "/large" ? 1'000 : 10;
  }
};

io::Task<bool> dial(io::Network* network, io::Endpoint at,
                    std::vector<std::unique_ptr<io::Stream>>* kept) {
  auto stream = co_await network->connect(at, std::nullopt);
  if (!stream) co_return false;
  kept->push_back(std::move(*stream));
  co_return true;
}

TEST(ServerLimits, OneHostDoesNotTakeAllConnections) {
  io::sim::World world(1);
  io::sim::Host ours(world, {"192.0.2.1", "2001:db8::1"});
  io::sim::Host crowd(world, {"198.51.100.1"});
  io::sim::Host other(world, {"198.51.100.2"});
  Hello hello;
  ServerLimits limits;
  limits.connections_per_address_max = 2;
  Server server(ours.doors(), hello, limits);
  const io::Endpoint at = *io::Endpoint::parse("192.0.2.1:80");
  auto listener = ours.doors().network.listen(at, {});
  ASSERT_TRUE(listener);
  io::TaskGroup group;
  group.spawn(server.serve(**listener));
  std::vector<std::unique_ptr<io::Stream>> kept;
  for (int i = 0; i < 5; ++i) (void)world.run(dial(&crowd.doors().network, at, &kept));
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(server.connections(), 2U);
  const auto ask = [&](io::sim::Host& who) {
    Request request;
    return world.run(http::request(who.doors(), at, std::move(request), {}));
  };
  EXPECT_FALSE(ask(crowd));
  auto answer = ask(other);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "hello");
  kept.clear();
  world.run_for(std::chrono::seconds(1));
  EXPECT_TRUE(ask(crowd));
  world.run(group.stop());
}

TEST(ServerLimits, AHandlerSaysHowLargeABodyMayBe) {
  io::sim::World world(1);
  io::sim::Host ours(world, {"192.0.2.1"});
  Narrow narrow;
  ServerLimits limits;
  limits.message.body_bytes_max = 500;
  limits.bodies_bytes_max = 300;
  Server server(ours.doors(), narrow, limits);
  const io::Endpoint at = *io::Endpoint::parse("192.0.2.1:80");
  auto listener = ours.doors().network.listen(at, {});
  ASSERT_TRUE(listener);
  io::TaskGroup group;
  group.spawn(server.serve(**listener));
  const auto status = [&](std::string target, std::size_t bytes) {
    Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.body = std::string(bytes, 'x');
    const auto answer = world.run(http::request(ours.doors(), at, std::move(request), {}));
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status("/small", 10), 200);
  EXPECT_EQ(status("/small", 11), 413);
  EXPECT_EQ(status("/large", 300), 200);
  EXPECT_EQ(status("/large", 301), 503) << "of all bodies together";
  EXPECT_EQ(status("/large", 501), 413) << "the server's own limit";
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(status("/large", 300), 200) << "what was taken is given back";
  world.run(group.stop());
}

}  // namespace
}  // namespace http
