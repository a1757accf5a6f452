// Tests of segments that are written over: nothing old comes back, nothing new is lost.
#include <gtest/gtest.h>

#include "queue/journal/segment.h"
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

TEST(Recycling, DeadSegmentsAreWrittenOver) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  leave_spares(machine);
  const auto spares = machine.spares();
  ASSERT_EQ(spares.size(), 3U);  // not all that died: they take room
  Ids kept;
  for (std::uint64_t id = 100; machine.spares().size() > 1; ++id) {
    ASSERT_LT(id, 200U);
    ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
    kept.insert(id);
  }
  for (int round = 0; round < 3; ++round) {
    machine.crash();
    ASSERT_TRUE(machine.start());
    EXPECT_EQ(found_ids(machine), kept) << round;
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
    EXPECT_EQ(found_ids(machine), Ids{100});
    EXPECT_LE(machine.spares().size(), 3U);
  }
}

TEST(Recycling, AdoptedStreamsKeepNone) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  leave_spares(machine);
  machine.stop();
  // One that cannot be removed keeps no server from its start.
  io::sim::FailOperation fault(io::sim::DiskOperation::remove);
  machine.disk().set_faults(&fault);
  ASSERT_TRUE(machine.start({.own = 1, .adopted = {0}}));
  machine.disk().set_faults(nullptr);
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

// Half made, far too long, of garbage or of a live segment's octets: all of it is written over.
TEST(Recycling, ASpareOfAnyLengthAndContentWillDo) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  const Ids kept = commit_some(machine, 1, 20);
  machine.stop();
  const std::string folder = machine.settings.journal_folder + "/";
  const std::string live = machine.disk().content(folder + machine.segments().front());
  std::uint32_t number = 50;
  for (const std::string& content :
       {std::string(), std::string(10, 'x'), live, live + std::string(100'000, '\1')}) {
    const std::string name = folder + SegmentName{0, number++}.spare_text();
    ASSERT_TRUE(io::write_file(machine.host.doors().files, name, content));
  }
  ASSERT_TRUE(machine.start());
  EXPECT_EQ(found_ids(machine), kept);
  Ids all = commit_some(machine, 100, 180);
  EXPECT_TRUE(machine.spares().empty());
  machine.crash();
  ASSERT_TRUE(machine.start());
  all.insert(kept.begin(), kept.end());
  EXPECT_EQ(found_ids(machine), all);
  expect_there(machine, all, "");
}

// At every step of putting aside and writing over: an error, or a power cut.
void survive_recycling(const Trouble& trouble) {
  const auto prepare = [](Machine& machine) {
    for (std::uint64_t id = 1; id <= 40; ++id) {
      EXPECT_TRUE(machine.commit(id, make_body(id, 900)));
      EXPECT_TRUE(machine.finish(id));
    }
  };
  const auto work = [](Machine& machine) {
    machine.world.run_for(20s);
    return commit_some(machine, 100, 130);
  };
  survive_every_step(trouble, prepare, work,
                     [](Machine& machine, const Ids& answered, const std::string& when) {
                       expect_there(machine, answered, when);
                       for (const std::uint64_t id : found_ids(machine)) {
                         EXPECT_GE(id, 100U) << when << id << " came back";
                       }
                     });
}

TEST(Recycling, SurvivesAPowerCutAtEveryStep) {
  survive_recycling({io::sim::Failure::power_cut(), SyncMode::on_loop, true});
}

TEST(Recycling, SurvivesAPowerCutAtEveryStepOnThePool) {
  survive_recycling({io::sim::Failure::power_cut(), SyncMode::on_pool, true});
}

TEST(Recycling, SurvivesAnErrorAtEveryStep) {
  survive_recycling({io::sim::Failure::once()});
  survive_recycling({io::sim::Failure::once(base::ErrorKind::no_space)});
}

}  // namespace
}  // namespace queue::journal
