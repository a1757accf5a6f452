// Tests of heartbeat.h, in virtual time.
#include "lib/io/heartbeat.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"

namespace io {
namespace {

using std::chrono_literals::operator""s;

// A loop that turns when the test says so.
struct SlowLoop final : Loop {
  void post(std::function<void()> function) override { waiting.push_back(std::move(function)); }
  void turn() {
    for (const auto& function : std::exchange(waiting, {})) function();
  }
  std::vector<std::function<void()>> waiting;
};

class HeartbeatTest : public testing::Test {
 protected:
  HeartbeatTest() { tasks_.spawn(heartbeat_.run(host_.doors().clock, 10s)); }
  ~HeartbeatTest() override { world_.run(tasks_.stop()); }

  sim::World world_{1};
  sim::Host host_{world_, {"192.0.2.1"}};
  SlowLoop slow_;
  int beats_ = 0;
  std::vector<std::size_t> stuck_;
  Heartbeat heartbeat_{{.loops = {&host_.doors().loop, &slow_},
                        .beat = [this] { ++beats_; },
                        .stuck = [this](std::size_t loop) { stuck_.push_back(loop); }}};
  TaskGroup tasks_;
};

TEST_F(HeartbeatTest, BeatsWhileEveryLoopTurns) {
  for (int i = 1; i <= 5; ++i) {
    slow_.turn();
    world_.run_for(10s);
    EXPECT_EQ(beats_, i);
  }
  EXPECT_TRUE(stuck_.empty());
}

TEST_F(HeartbeatTest, OneLoopThatStandsStillSilencesIt) {
  world_.run_for(100s);
  EXPECT_EQ(beats_, 0);
  EXPECT_EQ(stuck_, (std::vector<std::size_t>{1}));  // said once
  EXPECT_EQ(slow_.waiting.size(), 1U);               // and asked once
  slow_.turn();
  world_.run_for(10s);
  EXPECT_EQ(beats_, 1);
  world_.run_for(20s);
  EXPECT_EQ(stuck_, (std::vector<std::size_t>{1, 1}));  // a new silence
}

}  // namespace
}  // namespace io
