// Tests of segments that are written over: nothing old comes back, nothing new is lost.
#include <gtest/gtest.h>

#include "lib/io/sim/for_each_failure.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

// Messages that come and go, over several segments: leaves spares.
void leave_spares(Machine& machine, std::uint64_t from = 1, std::uint64_t count = 60) {
  for (std::uint64_t id = from; id < from + count; ++id) {
    ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
    ASSERT_TRUE(machine.finish(id));
  }
  machine.world.run_for(20s);
}

std::set<std::uint64_t> ids(const Machine& machine) {
  std::set<std::uint64_t> out;
  for (const auto& [id, stored] : machine.found) out.insert(id);
  return out;
}

TEST(Recycling, DeadSegmentsAreWrittenOver) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  leave_spares(machine);
  const auto spares = machine.spares();
  ASSERT_EQ(spares.size(), 3U);  // not all that died: they take room
  std::set<std::uint64_t> kept;
  for (std::uint64_t id = 100; machine.spares().size() > 1; ++id) {
    ASSERT_LT(id, 200U);
    ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
    kept.insert(id);
  }
  for (int round = 0; round < 3; ++round) {
    machine.crash();
    ASSERT_TRUE(machine.start());
    EXPECT_EQ(ids(machine), kept) << round;
    EXPECT_TRUE(machine.report.damages.empty()) << machine.report.damages.front();
    // What the older segment left is no torn write.
    EXPECT_EQ(machine.report.torn_bytes, 0U) << round;
    for (const std::uint64_t id : kept) EXPECT_EQ(machine.body(id), make_body(id, 900)) << round;
  }
}

TEST(Recycling, ARestartGoesOnWithTheSpares) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  leave_spares(machine);
  machine.restart();
  EXPECT_EQ(machine.spares().size(), 3U);
  ASSERT_TRUE(machine.commit(100, make_body(100, 900)));
  EXPECT_EQ(machine.spares().size(), 2U);
  // Numbers of segments are never used twice, those of spares included.
  for (int round = 0; round < 4; ++round) {
    const auto from = static_cast<std::uint64_t>(200 + (100 * round));
    leave_spares(machine, from);
    machine.restart();
    EXPECT_EQ(ids(machine), (std::set<std::uint64_t>{100}));
    EXPECT_LE(machine.spares().size(), 3U);
  }
}

TEST(Recycling, AdoptedStreamsKeepNone) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  leave_spares(machine);
  machine.restart({.own = 1, .adopted = {0}});
  machine.world.run_for(10s);
  EXPECT_TRUE(machine.spares().empty());
}

// With fewer loops than before nobody writes that stream any more.
TEST(Recycling, AStreamOfNothingButSparesIsAdopted) {
  Machine machine;
  ASSERT_TRUE(machine.start({.own = 3, .adopted = {}}));
  leave_spares(machine);
  for (const std::string& name : machine.segments()) {  // all its messages have ended
    ASSERT_TRUE(machine.host.doors().files.remove(machine.settings.journal_folder + "/" + name));
  }
  machine.stop();
  const auto streams = list_streams(machine.host.doors().files, machine.settings.journal_folder);
  ASSERT_TRUE(streams);
  EXPECT_EQ(*streams, std::vector<std::uint32_t>{3});
  ASSERT_TRUE(machine.start(claim_streams(*streams, 1, 2)));
  machine.world.run_for(10s);
  EXPECT_TRUE(machine.spares().empty());
}

TEST(Recycling, ASpareThatCannotBeUsedIsNoLoss) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  leave_spares(machine);
  for (const std::string& name : machine.spares()) {
    ASSERT_TRUE(machine.host.doors().files.remove(machine.settings.journal_folder + "/" + name));
  }
  for (std::uint64_t id = 100; id < 160; ++id) {
    ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
  }
  machine.restart();
  EXPECT_EQ(machine.found.size(), 60U);
}

// At every step of putting aside and writing over: an error, or a power cut.
void fail_while_recycling(io::sim::Failure failure, SyncMode mode, bool crash) {
  const auto make = [&] {
    auto machine = std::make_unique<Machine>(7);
    EXPECT_TRUE(machine->start({}, mode));
    for (std::uint64_t id = 1; id <= 40; ++id) {
      EXPECT_TRUE(machine->commit(id, make_body(id, 900)));
      EXPECT_TRUE(machine->finish(id));
    }
    return machine;
  };
  io::sim::for_each_failure(
      make,
      [&](Machine& machine, io::sim::FailAt& fault) {
        std::set<std::uint64_t> answered;
        machine.world.run_for(20s);
        for (std::uint64_t id = 100; id < 130; ++id) {
          if (machine.commit(id, make_body(id, 900))) answered.insert(id);
        }
        machine.disk().set_faults(nullptr);
        const std::string when = "failed at " + std::to_string(fault.number()) + ": ";
        if (crash) {
          machine.crash();
        } else {
          machine.stop();
        }
        ASSERT_TRUE(machine.start({}, mode)) << when;
        EXPECT_TRUE(machine.report.damages.empty()) << when << machine.report.damages.front();
        for (const std::uint64_t id : answered) {
          EXPECT_TRUE(machine.found.contains(id)) << when << id << " is lost";
          EXPECT_EQ(machine.body(id), make_body(id, 900)) << when << id;
        }
        for (const std::uint64_t id : ids(machine)) {
          EXPECT_GE(id, 100U) << when << id << " came back";
        }
      },
      failure);
}

TEST(Recycling, SurvivesAPowerCutAtEveryStep) {
  fail_while_recycling(io::sim::Failure::power_cut(), SyncMode::on_loop, true);
}

TEST(Recycling, SurvivesAPowerCutAtEveryStepOnThePool) {
  fail_while_recycling(io::sim::Failure::power_cut(), SyncMode::on_pool, true);
}

TEST(Recycling, SurvivesAnErrorAtEveryStep) {
  fail_while_recycling(io::sim::Failure::once(), SyncMode::on_loop, false);
  fail_while_recycling(io::sim::Failure::once(base::ErrorKind::no_space), SyncMode::on_loop, false);
}

}  // namespace
}  // namespace queue::journal
