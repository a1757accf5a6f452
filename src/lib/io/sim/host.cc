// See host.h.
#include "lib/io/sim/host.h"

#include <utility>

#include "lib/base/check.h"
#include "lib/io/clock.h"
#include "lib/io/loop.h"
#include "lib/io/pool.h"

namespace io::sim {

namespace {

class SimLoop final : public Loop {
 public:
  explicit SimLoop(World& world) : world_(world) {}
  void post(std::function<void()> function) override { world_.post(std::move(function)); }

 private:
  World& world_;
};

class SimClock final : public Clock, public Alarm {
 public:
  explicit SimClock(World& world) : world_(world) {}
  ~SimClock() override { world_.forget(*this); }

  [[nodiscard]] base::Instant now() const override { return world_.now(); }
  [[nodiscard]] base::Time wall() const override { return world_.wall(); }

  [[nodiscard]] std::optional<base::Instant> due() const override {
    const base::Instant* next = next_due();
    return next != nullptr ? std::optional(*next) : std::nullopt;
  }
  void ring() override {
    fire_due();
    if (next_due() != nullptr) world_.schedule(*this);
  }

 protected:
  void earliest_changed() override { world_.schedule(*this); }

 private:
  World& world_;
};

class SimPool final : public Pool {
 public:
  SimPool(World& world, const base::Duration& delay_max) : world_(world), delay_max_(delay_max) {}
  void submit(std::function<void()> work, std::function<void()> done) override {
    const auto most = static_cast<std::uint64_t>(delay_max_.count());
    const auto delay = static_cast<base::Duration::rep>(world_.random().below(most + 1));
    world_.after(base::Duration(delay), [work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

 private:
  World& world_;
  const base::Duration& delay_max_;  // the host's setting, which may change
};

}  // namespace

// What a machine has between two power cuts.
struct Host::Life {
  Life(World& world, Disk& disk, const std::vector<IpAddress>& addresses,
       const base::Duration& pool_delay_max)
      : loop(world),
        clock(world),
        network(world.internet(), clock, addresses),
        files(disk.mount()),
        random(world.random().fork()),
        pool(world, pool_delay_max) {}

  SimLoop loop;
  SimClock clock;
  HostNetwork network;
  std::unique_ptr<SimFiles> files;
  SeededRandom random;
  SimPool pool;
};

Host::Host(World& world, const std::vector<std::string>& addresses) : world_(world), disk_(world) {
  for (const std::string& text : addresses) {
    const auto address = IpAddress::parse(text);
    CHECK(address.has_value(), "a simulated host has readable addresses");
    addresses_.push_back(*address);
  }
  lives_.push_back(std::make_unique<Life>(world_, disk_, addresses_, pool_delay_max_));
}

Host::~Host() = default;

Doors Host::doors() {
  Life& life = *lives_.back();
  return {life.loop, life.clock, life.network, *life.files, life.random, life.pool};
}

HostNetwork& Host::network() { return lives_.back()->network; }

void Host::crash() {
  CHECK(up_, "a machine that is down cannot crash");
  up_ = false;
  disk_.crash();
  lives_.back()->network.crash();
}

Doors Host::restart() {
  CHECK(!up_, "a machine restarts after a crash");
  lives_.push_back(std::make_unique<Life>(world_, disk_, addresses_, pool_delay_max_));
  up_ = true;
  return doors();
}

}  // namespace io::sim
