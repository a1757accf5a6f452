// Tests of the files that are made ready for a stream: when, how many, and that none costs mail.
#include <gtest/gtest.h>

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

// A segment that is made from nothing lets mail wait while its zeros are written.
TEST(Stock, TheNextIsMadeBeforeItIsNeeded) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  std::uint64_t id = commit_until(machine, 1, [&] { return !machine.spares().empty(); });
  id = commit_until(machine, id, [&] { return machine.spares().empty(); });
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = machine.segments().size();
    id = commit_until(machine, id, [&] { return !machine.spares().empty(); });
    EXPECT_EQ(machine.segments().size(), before) << "made while the head has room";
    id = commit_until(machine, id, [&] { return machine.spares().empty(); });
  }
}

TEST(Stock, ADiskWithoutRoomIsAskedAgainAfterAWhile) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  machine.disk().set_capacity(machine.disk().bytes_used() + (4 * machine.settings.segment_bytes));
  std::uint64_t id = fill_segments(machine, 1, 2);
  machine.disk().set_capacity(1ULL << 30U);
  id = fill_segments(machine, id, 2);
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

// Commits messages of 300 KB until `enough`, and lets them end.
void pass_large(Machine& machine, std::uint64_t id, const std::function<bool()>& enough) {
  const std::uint64_t last = id + 100;
  for (; !enough() && id < last; ++id) {
    ASSERT_TRUE(machine.commit(id, make_body(id, 300'000)));
    ASSERT_TRUE(machine.finish(id));
  }
  EXPECT_TRUE(enough());
}

// A dead segment that is put aside while a file is being made: nothing better is to be expected.
TEST(Stock, WhatWaitsIsTakenWhole) {
  Machine machine;
  machine.settings.segment_bytes = 4ULL << 20U;
  machine.settings.draft_chunk_bytes = 512ULL << 10U;
  ASSERT_TRUE(machine.start());
  pass_large(machine, 1, [&] { return !machine.spares().empty(); });
  machine.world.run_for(2min);  // it is whole, and another may be made
  pass_large(machine, 100, [&] { return machine.spares().empty(); });
  machine.world.run_for(5s);
  machine.host.set_pool_delay_max(1h);
  const std::size_t before = machine.segments().size();
  pass_large(machine, 200, [&] { return machine.segments().size() > before; });
  machine.world.run_for(10s);
  ASSERT_EQ(machine.spares().size(), 1U) << "the dead one; the other is still being made";
  pass_large(machine, 300, [&] { return machine.spares().empty(); });
  const auto segments = machine.segments();
  for (std::uint64_t id = 400; id < 410; ++id) {  // 3 MB
    ASSERT_TRUE(machine.commit(id, make_body(id, 300'000)));
  }
  EXPECT_EQ(machine.segments(), segments);
  machine.host.set_pool_delay_max(1ms);
}

TEST(Stock, OfAHugeSegmentOnlyTheBeginningIsMadeReady) {
  Machine machine;
  machine.settings.segment_bytes = 1ULL << 30U;
  machine.settings.draft_chunk_bytes = 512ULL << 10U;
  ASSERT_TRUE(machine.start());
  pass_large(machine, 1, [&] { return !machine.spares().empty(); });
  machine.world.run_for(10s);
  const std::string spare = machine.settings.journal_folder + "/" + machine.spares().front();
  EXPECT_EQ(machine.host.doors().files.info(spare)->size, 64ULL << 20U);
  pass_large(machine, 100, [&] { return machine.spares().empty(); });
  machine.restart();
  EXPECT_TRUE(machine.report.damages.empty());
}

// Each loop asks how much is free before it makes its file: all of them may be told the same.
TEST(Stock, WhatOthersTookMeanwhileIsGivenBack) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  machine.host.set_pool_delay_max(10min);
  fill_segments(machine, 1, 2);
  ASSERT_TRUE(machine.spares().empty()) << "asked for, not there yet";
  machine.disk().set_capacity(machine.disk().bytes_used() + (2 * machine.settings.segment_bytes));
  machine.world.run_for(30min);
  EXPECT_TRUE(machine.spares().empty());
}

void leave_three(Machine& machine) {
  for (std::uint64_t id = 1; id <= 60; ++id) {
    EXPECT_TRUE(machine.commit(id, make_body(id, 900)));
    EXPECT_TRUE(machine.finish(id));
  }
  machine.world.run_for(20s);
  EXPECT_EQ(machine.spares().size(), 3U);
}

TEST(Stock, WhatWaitsNeedsNoMoreRoom) {
  Machine machine;
  machine.settings.disk_reserve_bytes = 40'000;
  ASSERT_TRUE(machine.start());
  leave_three(machine);
  machine.disk().set_capacity(machine.disk().bytes_used() + machine.settings.disk_reserve_bytes +
                              5000);
  EXPECT_EQ(commit_some(machine, 100, 130).size(), 30U) << "two files' worth";
  EXPECT_EQ(machine.journal->trouble(), "");
}

// Three spares, and less free than the reserve by what one of them holds.
void run_short(Machine& machine) {
  leave_three(machine);
  machine.disk().set_capacity(machine.disk().bytes_used() + machine.settings.disk_reserve_bytes -
                              1000);
}

// Else mail is refused for as long as nobody else gives anything back.
TEST(Stock, ANearlyFullDiskGetsThemBackButOne) {
  Machine machine;
  machine.settings.disk_reserve_bytes = 40'000;
  ASSERT_TRUE(machine.start());
  run_short(machine);
  machine.world.run_for(3s);
  EXPECT_EQ(machine.commit(100, "x").error().kind, base::ErrorKind::no_space);
  machine.world.run_for(3s);
  EXPECT_EQ(machine.spares().size(), 1U);
  EXPECT_TRUE(machine.commit(101, "x"));
  // What dies while it is short is removed.
  machine.disk().set_capacity(machine.disk().bytes_used() + 20'000);
  machine.world.run_for(3s);
  EXPECT_NE(machine.journal->trouble(), "");
  EXPECT_TRUE(machine.finish(101));
  machine.world.run_for(20s);
  EXPECT_LE(machine.spares().size(), 1U);
}

Ids fill_some(Machine& machine) { return commit_some(machine, 1, 51); }

void survive_making(const Trouble& trouble) {
  survive_every_step(trouble, [](Machine&) {}, fill_some, expect_there);
}

TEST(Stock, APowerCutAtEveryStepLosesNothing) {
  survive_making({io::sim::Failure::power_cut(), SyncMode::on_loop, true});
  survive_making({io::sim::Failure::power_cut(), SyncMode::on_pool, true});
}

TEST(Stock, AnErrorAtEveryStepLosesNothing) {
  survive_making({io::sim::Failure::once()});
  survive_making({io::sim::Failure::once(base::ErrorKind::no_space)});
}

TEST(Stock, GivingBackSurvivesTroubleAtEveryStep) {
  const auto work = [](Machine& machine) {
    machine.world.run_for(3s);
    EXPECT_FALSE(machine.commit(100, "x"));
    machine.world.run_for(3s);
    return commit_some(machine, 101, 120);
  };
  const auto prepare = [](Machine& machine) {
    machine.stop();
    machine.settings.disk_reserve_bytes = 40'000;
    EXPECT_TRUE(machine.start());
    run_short(machine);
  };
  survive_every_step({io::sim::Failure::power_cut(), SyncMode::on_loop, true}, prepare, work,
                     expect_there);
  survive_every_step({io::sim::Failure::once()}, prepare, work, expect_there);
}

}  // namespace
}  // namespace queue::journal
