// Tests of rotation.h: a key is used when every name server of its zone serves it, not before.
#include "policy/signing/rotation.h"

#include <gtest/gtest.h>

#include <map>

#include "lib/dns/zone_resolver.h"
#include "lib/io/clock.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"

namespace policy {
namespace {

using namespace std::string_literals;
using mailauth::KeyType;

const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

// A name server that has TXT records and is authoritative for everything else, too.
class NameServer {
 public:
  NameServer(io::sim::World& world, const std::string& address)
      : host_(world, {address}),
        listener_(std::move(*host_.network().listen(*io::Endpoint::parse(address + ":53"), {}))) {
    serving_.spawn(serve());
  }
  io::Task<void> stop() { return serving_.stop(); }
  void publish(const KeyRecord& key) { texts[key.dns_name()] = key.public_text; }

  std::map<std::string, std::string> texts;

 private:
  io::Task<void> serve() {
    while (true) {
      auto stream = co_await listener_->accept();
      if (!stream) co_return;
      serving_.spawn(answer(std::move(*stream)));
    }
  }
  io::Task<void> answer(std::unique_ptr<io::Stream> stream) {
    io::sim::Peer peer(std::move(stream));
    const std::string length = co_await peer.read_bytes(2);
    std::string query = co_await peer.read_bytes(static_cast<unsigned char>(length[1]));
    std::string name;
    for (std::size_t at = 12; query[at] != 0; at += 1 + static_cast<unsigned char>(query[at])) {
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, static_cast<unsigned char>(query[at]));
    }
    const auto found = texts.find(name);
    query[2] = static_cast<char>(0x84);
    query[3] = found == texts.end() ? 3 : 0;
    if (found != texts.end()) {
      query[7] = 1;
      query += "\xc0\x0c\0\x10\0\1\0\0\0\1"s;
      std::string data;
      for (std::size_t at = 0; at < found->second.size(); at += 255) {
        const std::string part = found->second.substr(at, 255);
        data += static_cast<char>(part.size()) + part;
      }
      query += static_cast<char>(data.size() >> 8U);
      query += static_cast<char>(data.size() & 0xffU);
      query += data;
    }
    const std::string prefix = {static_cast<char>(query.size() >> 8U),
                                static_cast<char>(query.size() & 0xffU)};
    (void)co_await peer.send(prefix + query);
  }

  io::sim::Host host_;
  std::unique_ptr<io::Listener> listener_;
  io::TaskGroup serving_;
};

class Events final : public base::EventSink {
 public:
  void emit(const base::Event& event) override { names += std::string(event.name) + " "; }
  std::string names;
};

struct Bench {
  Bench()
      : host(world, {"192.0.2.1"}),
        first(world, "192.0.2.51"),
        second(world, "192.0.2.52"),
        zone(
            "example.org NS ns1.dns.test\nexample.org NS ns2.dns.test\n"
            "ns1.dns.test A 192.0.2.51\nns2.dns.test A 192.0.2.52\n"),
        store(host.doors().files, "/dkim"),
        rotation({.doors = host.doors(), .resolver = zone, .keys = store, .events = events},
                 std::chrono::minutes(5)) {}
  ~Bench() {
    world.run(first.stop());
    world.run(second.stop());
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  KeyRecord make() {
    return store
        .generate({.domain = "example.org", .selector = "", .types = {KeyType::ed25519}}, november)
        ->front();
  }
  base::Result<Rotated> rotate(bool forced = false) {
    return world.run(rotation.rotate("example.org", 1024, forced));
  }

  io::sim::World world{1};
  io::sim::Host host;
  NameServer first;
  NameServer second;
  dns::ZoneResolver zone;
  KeyStore store;
  Events events;
  Rotation rotation;
};

TEST(Rotation, WaitsForEveryNameServer) {
  Bench bench;
  EXPECT_EQ(bench.rotate().error().kind, base::ErrorKind::not_found) << "no keys at all";
  const KeyRecord key = bench.make();
  auto rotated = bench.rotate();
  ASSERT_TRUE(rotated);
  ASSERT_EQ(rotated->checks.size(), 1U);
  EXPECT_NE(rotated->checks[0].problem.find("there is no TXT record"), std::string::npos);

  bench.first.publish(key);
  rotated = bench.rotate();
  ASSERT_EQ(rotated->checks.size(), 1U);
  EXPECT_NE(rotated->checks[0].problem.find("ns2.dns.test [192.0.2.52]"), std::string::npos)
      << rotated->checks[0].problem;
  ASSERT_EQ(rotated->checks[0].servers.size(), 2U);
  EXPECT_EQ(rotated->checks[0].servers[0].published.state, mailauth::PublishedState::same);
  EXPECT_EQ(bench.store.ring()->find("example.org"), nullptr);

  bench.second.publish(key);
  rotated = bench.rotate();
  ASSERT_EQ(rotated->switched.activated.size(), 1U);
  EXPECT_NE(bench.store.ring()->find("example.org"), nullptr);
  EXPECT_EQ(bench.events.names, "dkim.switched ");
}

TEST(Rotation, TheNextKeysAreOfTheTypesInUse) {
  Bench bench;
  (void)bench.make();
  ASSERT_TRUE(bench.rotate(true)) << "forced: nobody is asked";
  ASSERT_NE(bench.store.ring()->find("example.org"), nullptr);
  const auto rotated = bench.rotate();
  ASSERT_TRUE(rotated);
  ASSERT_EQ(rotated->generated.size(), 1U);
  EXPECT_EQ(rotated->generated[0].type, KeyType::ed25519);
  EXPECT_EQ(rotated->generated[0].state, KeyState::pending);
  const auto forced = bench.rotate(true);
  EXPECT_EQ(forced->switched.retired.size(), 1U);
}

TEST(Rotation, AnotherKeyUnderTheNameIsNoReasonToSwitch) {
  Bench bench;
  const KeyRecord key = bench.make();
  bench.first.publish(key);
  bench.second.texts[key.dns_name()] = "v=DKIM1; k=ed25519; p=";
  auto rotated = bench.rotate();
  ASSERT_EQ(rotated->checks.size(), 1U);
  EXPECT_NE(rotated->checks[0].problem.find("revoked"), std::string::npos);
  bench.second.texts[key.dns_name()] = "v=DKIM1; k=rsa; p=AAAA";
  rotated = bench.rotate();
  ASSERT_EQ(rotated->checks.size(), 1U);
}

TEST(Rotation, AServerThatDoesNotAnswerIsWaitedFor) {
  Bench bench;
  const KeyRecord key = bench.make();
  bench.first.publish(key);
  bench.second.publish(key);
  ASSERT_TRUE(bench.zone.add("example.org NS ns3.dns.test"));
  auto rotated = bench.rotate();
  ASSERT_EQ(rotated->checks.size(), 1U);
  EXPECT_NE(rotated->checks[0].problem.find("ns3.dns.test: its address"), std::string::npos)
      << rotated->checks[0].problem;
  ASSERT_TRUE(bench.zone.add("ns3.dns.test A 192.0.2.53"));  // there is no such machine
  rotated = bench.rotate();
  ASSERT_EQ(rotated->checks.size(), 1U);
  // One of its addresses is enough, when no other says otherwise.
  ASSERT_TRUE(bench.zone.add("ns3.dns.test A 192.0.2.52"));
  rotated = bench.rotate();
  EXPECT_TRUE(rotated->checks.empty()) << rotated->checks[0].problem;
}

io::Task<bool> wait_and_stop(io::sim::Host* host, io::TaskGroup* group, base::Duration time) {
  (void)co_await io::sleep_for(host->doors().clock, time);
  co_await group->stop();
  co_return true;
}

TEST(Rotation, TheServerSwitchesByItself) {
  Bench bench;
  const KeyRecord key = bench.make();
  bench.first.publish(key);
  io::TaskGroup running;
  running.spawn(bench.rotation.run());
  EXPECT_TRUE(bench.world.run(wait_and_stop(&bench.host, &running, std::chrono::minutes(12))));
  EXPECT_EQ(bench.store.ring()->find("example.org"), nullptr);
  bench.second.publish(key);
  io::TaskGroup later;
  later.spawn(bench.rotation.run());
  EXPECT_TRUE(bench.world.run(wait_and_stop(&bench.host, &later, std::chrono::minutes(6))));
  EXPECT_NE(bench.store.ring()->find("example.org"), nullptr);
}

}  // namespace
}  // namespace policy
