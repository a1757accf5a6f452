// Tests of what the journal does when the disk fails, is full, or damages what it holds.
#include <gtest/gtest.h>

#include "lib/io/sim/for_each_failure.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;
using io::sim::DiskOperation;
using io::sim::FailOperation;

// Commits 1–3, then ends, defers and reports; what was said to be done must be done after a
// restart.
struct Workload {
  std::map<std::uint64_t, bool> committed;
  bool ended = false;
  bool deferred = false;
  bool reported = false;

  void run(Machine& machine) {
    committed[1] = machine.commit(1, make_body(1, 300)).has_value();
    committed[2] = machine.commit(2, make_body(2, 5000)).has_value();
    committed[3] = machine.commit(3, make_body(3, 300), 2).has_value();
    ended = machine.finish(1).has_value();
    deferred = machine.defer(make_defer(2, 4)).has_value();
    NewMessage report{make_info(9), make_body(9, 500)};
    reported = machine.finish({make_end(3)}, {report}).has_value();
  }
  void check(Machine& machine, const std::string& when) const {
    const auto& found = machine.found;
    for (const auto& [id, safe] : committed) {
      const bool may_be_gone = (id == 1) || (id == 3);
      if (safe && !may_be_gone) EXPECT_TRUE(found.contains(id)) << when << id;
    }
    if (ended && committed.at(1)) EXPECT_FALSE(found.contains(1)) << when;
    if (deferred && committed.at(2)) EXPECT_EQ(found.at(2).attempts, 4U) << when;
    if (committed.at(3)) {
      EXPECT_NE(found.contains(3), found.contains(9)) << when << "the group is whole";
    }
    if (reported) EXPECT_TRUE(found.contains(9)) << when;
    for (const auto& [id, stored] : found) {
      const std::size_t sizes[] = {0, 300, 5000, 300, 0, 0, 0, 0, 0, 500};
      EXPECT_EQ(machine.body(id), make_body(id, sizes[id])) << when << id;
    }
    EXPECT_TRUE(machine.report.damages.empty()) << when;
  }
};

void fail_at_every_step(io::sim::Failure failure, SyncMode mode, bool crash) {
  const auto steps = io::sim::for_each_failure(
      [] { return std::make_unique<Machine>(7); },
      [&](Machine& machine, io::sim::FailAt& fault) {
        Workload workload;
        const bool started = machine.start({}, mode).has_value();
        if (started) workload.run(machine);
        machine.disk().set_faults(nullptr);
        if (!started) {
          ASSERT_TRUE(fault.reached());
          ASSERT_TRUE(machine.start());
          return;
        }
        if (crash) {
          machine.crash();
        } else {
          machine.stop();
        }
        const std::string when = "failed at " + std::to_string(fault.number()) + " ";
        ASSERT_TRUE(machine.start({}, mode)) << when;
        workload.check(machine, when);
        if (!fault.reached()) EXPECT_EQ(machine.found.size(), 2U);
        machine.crash();
        ASSERT_TRUE(machine.start({}, mode)) << when << "again";
        workload.check(machine, when);
      },
      failure);
  EXPECT_GT(steps, 20U);
}

TEST(JournalFailure, EveryStepFailsOnce) {
  fail_at_every_step(io::sim::Failure::once(), SyncMode::on_loop, false);
  fail_at_every_step(io::sim::Failure::once(), SyncMode::on_pool, true);
}

TEST(JournalFailure, FromEveryStepOnTheDiskIsGone) {
  fail_at_every_step(io::sim::Failure::for_ever(), SyncMode::on_loop, true);
}

TEST(JournalFailure, FromEveryStepOnTheDiskIsFull) {
  fail_at_every_step(io::sim::Failure::for_ever(base::ErrorKind::no_space), SyncMode::on_loop,
                     true);
}

TEST(JournalFailure, PowerCutAtEveryStep) {
  fail_at_every_step(io::sim::Failure::power_cut(), SyncMode::on_loop, true);
  fail_at_every_step(io::sim::Failure::power_cut(), SyncMode::on_pool, true);
}

TEST(JournalFailure, AFailedSyncClosesTheStreamUntilARestart) {
  for (const SyncMode mode : {SyncMode::on_loop, SyncMode::on_pool}) {
    Machine machine;
    ASSERT_TRUE(machine.start({}, mode));
    ASSERT_TRUE(machine.commit(1, "one"));
    FailOperation fault(DiskOperation::sync);
    fault.times(1);
    machine.disk().set_faults(&fault);
    EXPECT_EQ(machine.commit(2, "two").error().kind, base::ErrorKind::io);
    machine.disk().set_faults(nullptr);
    EXPECT_NE(machine.journal->trouble(), "");
    const auto syncs = machine.disk().syncs();
    EXPECT_EQ(machine.commit(3, "three").error().kind, base::ErrorKind::io);
    EXPECT_EQ(machine.finish(1).error().kind, base::ErrorKind::io);
    EXPECT_EQ(machine.defer(make_defer(1, 1)).error().kind, base::ErrorKind::io);
    EXPECT_EQ(machine.body(1), "one") << "reading goes on";
    machine.stop();
    EXPECT_EQ(machine.disk().syncs(), syncs) << "never retried";
    ASSERT_TRUE(machine.start({}, mode));
    EXPECT_EQ(machine.journal->trouble(), "");
    EXPECT_TRUE(machine.found.contains(1));
    EXPECT_FALSE(machine.found.contains(3));
    // What replay showed of the failed batch has been made safe: it does not vanish again.
    const auto shown = machine.found.size();
    machine.crash();
    ASSERT_TRUE(machine.start({}, mode));
    EXPECT_EQ(machine.found.size(), shown);
  }
}

TEST(JournalFailure, AFullDiskRefusesMailAndTakesEnds) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  FailOperation full(DiskOperation::allocate, base::ErrorKind::no_space);
  std::uint64_t id = 1;
  for (; id < 5; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 1000)));
  machine.disk().set_faults(&full);
  base::Result<> result;
  for (; result; ++id) result = machine.commit(id, make_body(id, 1000));
  EXPECT_EQ(result.error().kind, base::ErrorKind::no_space);
  EXPECT_NE(machine.journal->trouble(), "");
  const auto failures = full.failures();
  EXPECT_FALSE(machine.commit(50, "x"));
  EXPECT_EQ(full.failures(), failures) << "the disk is left alone for a while";
  EXPECT_TRUE(machine.finish(1));
  EXPECT_TRUE(machine.defer(make_defer(2, 1)));
  machine.disk().set_faults(nullptr);
  machine.world.run_for(3s);
  EXPECT_EQ(machine.journal->trouble(), "");
  EXPECT_TRUE(machine.commit(100, "x"));
  machine.crash();
  ASSERT_TRUE(machine.start());
  EXPECT_FALSE(machine.found.contains(1));
  EXPECT_EQ(machine.found.at(2).attempts, 1U);
  EXPECT_TRUE(machine.found.contains(100));
}

TEST(JournalFailure, TheReserveOfTheDiskIsForEnds) {
  Machine machine;
  machine.settings.disk_reserve_bytes = 100'000;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "one"));
  machine.disk().set_capacity(machine.disk().bytes_used() + 50'000);
  EXPECT_EQ(machine.journal->trouble(), "") << "asked every two seconds";
  machine.world.run_for(2s);
  EXPECT_NE(machine.journal->trouble(), "");
  EXPECT_EQ(machine.commit(2, "two").error().kind, base::ErrorKind::no_space);
  auto draft = machine.journal->open_draft();
  EXPECT_EQ(machine.world.run(draft->append(make_body(1, 5000))).error().kind,
            base::ErrorKind::no_space);
  machine.disk().set_capacity(10'000'000);
  machine.world.run_for(2s);
  EXPECT_FALSE(machine.world.run(machine.journal->commit(std::move(draft), make_info(5))))
      << "octets are missing in this one for ever";
  machine.disk().set_capacity(machine.disk().bytes_used() + 50'000);
  machine.world.run_for(2s);
  EXPECT_TRUE(machine.finish(1));
  machine.disk().set_capacity(10'000'000);
  machine.world.run_for(2s);
  EXPECT_TRUE(machine.commit(3, "three"));
}

TEST(JournalFailure, EndsGoOnWithSmallSegmentsOnAFullDisk) {
  Machine machine;
  machine.settings.segment_bytes = 1 << 20;
  machine.settings.draft_chunk_bytes = 64 << 10;
  ASSERT_TRUE(machine.start());
  for (std::uint64_t id = 1; id <= 40; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 20'000)));
  machine.disk().set_capacity(machine.disk().bytes_used() + 200'000);
  for (std::uint32_t i = 1; i < 1000; ++i) {
    Defer defer = make_defer(1 + (i % 40), i);
    defer.last_reply = std::string(100, 'x');
    ASSERT_TRUE(machine.defer(defer)) << i;
  }
  machine.crash();
  ASSERT_TRUE(machine.start());
  EXPECT_EQ(machine.found.at(1 + (999 % 40)).attempts, 999U);
}

TEST(JournalFailure, DamageCostsOneMessageAndIsReported) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  for (std::uint64_t id = 1; id <= 5; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 600)));
  machine.crash();  // unsealed: the next start scans
  const std::string name = machine.settings.journal_folder + "/" + machine.segments().at(0);
  const std::string content = machine.disk().content(name);
  machine.disk().flip_bit(name, content.find("Subject: 2"));          // a body
  machine.disk().flip_bit(name, content.find("Subject: 4") - 60, 3);  // an envelope
  ASSERT_TRUE(machine.start());
  ASSERT_EQ(machine.report.damages.size(), 2U);
  EXPECT_NE(machine.report.damages[0].find(machine.segments().at(0)), std::string::npos);
  EXPECT_EQ(machine.found.size(), 4U);
  EXPECT_FALSE(machine.found.contains(4));
  EXPECT_EQ(machine.body(2).error().kind, base::ErrorKind::corrupt);
  EXPECT_EQ(machine.body(3), make_body(3, 600));
  EXPECT_EQ(machine.body(5), make_body(5, 600));
  EXPECT_TRUE(machine.finish(2)) << "a damaged message can end";
}

TEST(JournalFailure, EveryOctetOfASealedSegmentMayBeDamaged) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  for (std::uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 40)));
  machine.stop();
  const std::string name = machine.settings.journal_folder + "/" + machine.segments().at(0);
  const std::size_t size = machine.disk().content(name).size();
  for (std::size_t at = 0; at < size; ++at) {
    machine.disk().flip_bit(name, at, 2);
    Machine& m = machine;
    m.journal = Journal::make(m.host.doors(), std::make_shared<const Settings>(m.settings), {});
    m.found.clear();
    auto loaded = m.world.run(m.journal->load([&](Stored s) { m.found[s.info.id.value] = s; }));
    ASSERT_TRUE(loaded) << at;
    // At most one message is hidden, and what is shown is right or known to be damaged.
    EXPECT_GE(m.found.size(), 2U) << at;
    for (const auto& [id, stored] : m.found) {
      const auto body = m.body(id);
      EXPECT_TRUE(body == make_body(id, 40) || body.error().kind == base::ErrorKind::corrupt) << at;
    }
    m.stop();
    m.disk().flip_bit(name, at, 2);
    // A start may have sealed it anew.
    if (m.disk().content(name).size() != size) break;
  }
}

TEST(JournalFailure, AReadErrorAtStartIsNotAnEmptyQueue) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  ASSERT_TRUE(machine.commit(1, "one"));
  machine.stop();
  FailOperation fault(DiskOperation::read);
  machine.disk().set_faults(&fault);
  EXPECT_FALSE(machine.start());
  machine.disk().set_faults(nullptr);
  ASSERT_TRUE(machine.start());
  EXPECT_EQ(machine.found.size(), 1U);
}

}  // namespace
}  // namespace queue::journal
