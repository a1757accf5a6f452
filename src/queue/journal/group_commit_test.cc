// Tests of stream.h: who shares a sync, who waits for one, and that nobody is answered before it.
#include <gtest/gtest.h>

#include "lib/io/loop.h"
#include "lib/io/task_group.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

io::Task<void> commit_into(Store* store, std::uint64_t id, std::size_t* done) {
  const auto result = co_await commit_message(*store, make_info(id), make_body(id, 100), 100);
  if (result) ++*done;
}

TEST(GroupCommit, OneTurnIsOneWriteAndOneSync) {
  for (const SyncMode mode : {SyncMode::on_loop, SyncMode::on_pool}) {
    Machine machine;
    machine.settings.segment_bytes = 1 << 20;
    ASSERT_TRUE(machine.start({}, mode));
    ASSERT_TRUE(machine.commit(1, "first"));
    const auto writes = machine.disk().writes();
    const auto syncs = machine.disk().syncs();
    io::TaskGroup group;
    std::size_t done = 0;
    for (std::uint64_t id = 2; id < 102; ++id) {
      group.spawn(commit_into(machine.journal.get(), id, &done));
    }
    EXPECT_EQ(done, 0U) << "no answer before the sync";
    machine.world.run(group.join());
    EXPECT_EQ(done, 100U);
    EXPECT_EQ(machine.disk().writes() - writes, 1U);
    EXPECT_EQ(machine.disk().syncs() - syncs, 1U);
    machine.stop();
  }
}

// What comes while a turn is worked off is heard of after it; it still shares that turn's sync. Who
// has no company to wait for does not wait.
TEST(GroupCommit, WhoIsALittleBehindSharesTheSync) {
  for (const bool company : {true, false}) {
    Machine machine;
    ASSERT_TRUE(machine.start());
    ASSERT_TRUE(machine.commit(1, "first"));
    const auto arriving = company ? machine.journal->open_draft() : nullptr;
    const auto syncs = machine.disk().syncs();
    io::TaskGroup group;
    std::size_t done = 0;
    group.spawn(commit_into(machine.journal.get(), 2, &done));
    machine.host.doors().loop.post(
        [&] { group.spawn(commit_into(machine.journal.get(), 3, &done)); });
    machine.world.run_for(1s);
    EXPECT_EQ(done, 2U);
    EXPECT_EQ(machine.disk().syncs() - syncs, company ? 1U : 2U);
    machine.world.run(group.join());
  }
}

io::Task<void> finish_into(Store* store, std::uint64_t id, bool* done) {
  const auto result = co_await store->finish({make_end(id)}, {});
  *done = result.has_value();
}

TEST(GroupCommit, EndsWaitForACommitOrTenMilliseconds) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "one"));
  ASSERT_TRUE(machine.commit(2, "two"));
  auto syncs = machine.disk().syncs();
  bool done = false;
  io::TaskGroup group;
  group.spawn(finish_into(machine.journal.get(), 1, &done));
  machine.world.run_for(9ms);
  EXPECT_EQ(machine.disk().syncs(), syncs);
  EXPECT_FALSE(done);
  machine.world.run_for(2ms);
  EXPECT_EQ(machine.disk().syncs(), syncs + 1);
  EXPECT_TRUE(done);

  done = false;
  syncs = machine.disk().syncs();
  group.spawn(finish_into(machine.journal.get(), 2, &done));
  ASSERT_TRUE(machine.commit(3, "three"));  // takes it along
  EXPECT_TRUE(done);
  EXPECT_EQ(machine.disk().syncs(), syncs + 1);
  machine.world.run(group.join());
  machine.restart();
  EXPECT_EQ(machine.found.size(), 1U);
  EXPECT_TRUE(machine.found.contains(3));
}

TEST(GroupCommit, AReportIsSafeAtOnceAndReplacesItsOriginal) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "original"));
  const base::Instant before = machine.world.now();
  NewMessage report{make_info(2), "a report"};
  report.info.is_dsn = true;
  ASSERT_TRUE(machine.finish({make_end(1)}, {report}));
  EXPECT_EQ(machine.world.now(), before) << "without waiting for a commit";
  EXPECT_EQ(machine.body(1).error().kind, base::ErrorKind::not_found);
  EXPECT_EQ(machine.body(2), "a report");
  machine.crash();
  ASSERT_TRUE(machine.start());
  ASSERT_EQ(machine.found.size(), 1U);
  EXPECT_TRUE(machine.found.at(2).info.is_dsn);
  EXPECT_EQ(machine.body(2), "a report");
}

}  // namespace
}  // namespace queue::journal
