// Tests of the files that are made ready for a stream: when, how many, and that none costs mail.
#include <gtest/gtest.h>

#include "lib/io/sim/for_each_failure.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

// Commits messages, which stay, until `enough`; gives the number of the next one.
std::uint64_t commit_until(Machine& machine, std::uint64_t id,
                           const std::function<bool()>& enough) {
  const std::uint64_t last = id + 200;
  for (; !enough() && id < last; ++id) {
    EXPECT_TRUE(machine.commit(id, make_body(id, 900)));
    machine.world.run_for(10ms);
  }
  EXPECT_TRUE(enough());
  return id;
}

std::uint64_t fill_segments(Machine& machine, std::uint64_t id, std::size_t count) {
  const std::size_t before = machine.segments().size();
  return commit_until(machine, id, [&] { return machine.segments().size() >= before + count; });
}

TEST(Stock, AFullSegmentHasAFileMadeReady) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  std::uint64_t id = fill_segments(machine, 1, 1);
  EXPECT_TRUE(machine.spares().empty()) << "a stream of little mail needs none";
  id = commit_until(machine, id, [&] { return !machine.spares().empty(); });
  const std::string spare = machine.settings.journal_folder + "/" + machine.spares().front();
  EXPECT_EQ(machine.disk().content(spare), std::string(machine.settings.segment_bytes, '\0'));
  id = commit_until(machine, id, [&] { return machine.spares().empty(); });
  machine.restart();
  EXPECT_EQ(machine.found.size(), id - 1);
  EXPECT_TRUE(machine.report.damages.empty());
}

TEST(Stock, OneIsMadePerMinute) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  std::uint64_t id = commit_until(machine, 1, [&] { return !machine.spares().empty(); });
  id = commit_until(machine, id, [&] { return machine.spares().empty(); });
  id = fill_segments(machine, id, 3);
  EXPECT_TRUE(machine.spares().empty());
  machine.world.run_for(1min);
  commit_until(machine, id, [&] { return !machine.spares().empty(); });
}

TEST(Stock, ItIsNotMadeFromTheLastOfTheDisk) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  machine.disk().set_capacity(machine.disk().bytes_used() + (4 * machine.settings.segment_bytes));
  fill_segments(machine, 1, 3);
  EXPECT_TRUE(machine.spares().empty());
}

io::Task<void> commit_one(Store* store, std::uint64_t id) {
  // That the journal is closed meanwhile is no matter.
  (void)co_await commit_message(*store, make_info(id), make_body(id, 300'000), 300'000);
}

TEST(Stock, AStopLeavesNoneHalfMade) {
  Machine machine;
  machine.settings.segment_bytes = 8ULL << 20U;
  ASSERT_TRUE(machine.start());
  io::TaskGroup group;
  for (std::uint64_t id = 1; id <= 10; ++id) {
    group.spawn(commit_one(machine.journal.get(), id));
  }
  ASSERT_TRUE(machine.world.run_while_not([&] { return !machine.spares().empty(); }, 10s));
  const std::string spare = machine.settings.journal_folder + "/" + machine.spares().front();
  machine.stop();
  EXPECT_FALSE(machine.disk().exists(spare));
  machine.world.run(group.join());
}

// At every step while one is made and written over: an error, or a power cut.
void fail_while_making(io::sim::Failure failure, SyncMode mode, bool crash) {
  const auto make = [&] {
    auto machine = std::make_unique<Machine>(11);
    EXPECT_TRUE(machine->start({}, mode));
    return machine;
  };
  io::sim::for_each_failure(
      make,
      [&](Machine& machine, io::sim::FailAt& fault) {
        std::set<std::uint64_t> answered;
        for (std::uint64_t id = 1; id <= 50; ++id) {
          if (machine.commit(id, make_body(id, 900))) answered.insert(id);
          machine.world.run_for(10ms);
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
      },
      failure);
}

TEST(Stock, APowerCutAtEveryStepLosesNothing) {
  fail_while_making(io::sim::Failure::power_cut(), SyncMode::on_loop, true);
  fail_while_making(io::sim::Failure::power_cut(), SyncMode::on_pool, true);
}

TEST(Stock, AnErrorAtEveryStepLosesNothing) {
  fail_while_making(io::sim::Failure::once(), SyncMode::on_loop, false);
  fail_while_making(io::sim::Failure::once(base::ErrorKind::no_space), SyncMode::on_loop, false);
}

}  // namespace
}  // namespace queue::journal
