// Tests of compaction.h: space comes back, nothing is lost, nothing comes back to life.
#include <gtest/gtest.h>

#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t messages = 60;

bool stays(std::uint64_t id) { return id % 10 == 3; }

// Several segments, of which a tenth stays.
void fill(Machine& machine) {
  for (std::uint64_t id = 1; id <= messages; ++id) {
    ASSERT_TRUE(machine.commit(id, make_body(id, id % 7 == 0 ? 3000 : 900), 3));
  }
  for (std::uint64_t id = 1; id <= messages; ++id) {
    if (!stays(id)) {
      ASSERT_TRUE(machine.finish(id));
      continue;
    }
    Finish partial{{id}, {{1, RecipientState::delivered}}, false, ""};
    ASSERT_TRUE(machine.finish({partial}));
    ASSERT_TRUE(machine.defer(make_defer(id, static_cast<std::uint32_t>(id))));
  }
}

void expect_kept(Machine& machine, const std::string& when = "") {
  std::set<std::uint64_t> ids;
  for (const auto& [id, stored] : machine.found) {
    ids.insert(id);
    EXPECT_TRUE(stays(id)) << when << id << " came back";
    EXPECT_EQ(stored.attempts, id) << when;
    EXPECT_EQ(stored.states[1], RecipientState::delivered) << when << id;
    EXPECT_EQ(stored.states[0], RecipientState::pending) << when << id;
    EXPECT_EQ(machine.body(id), make_body(id, id % 7 == 0 ? 3000 : 900)) << when << id;
    const auto read = machine.read(id);
    ASSERT_TRUE(read) << when << id;
    EXPECT_EQ(read->attempts, id) << when;
    EXPECT_EQ(read->states, stored.states) << when;
    EXPECT_EQ(read->info.content.pieces().size(), 2U) << when;
  }
  for (std::uint64_t id = 1; id <= messages; ++id) {
    if (stays(id)) EXPECT_TRUE(ids.contains(id)) << when << id << " is lost";
  }
}

TEST(Compaction, MostlyDeadSegmentsGoAndTheirMessagesStay) {
  for (const SyncMode mode : {SyncMode::on_loop, SyncMode::on_pool}) {
    Machine machine;
    ASSERT_TRUE(machine.start({}, mode));
    fill(machine);
    EXPECT_GT(machine.segments().size(), 4U);
    machine.world.run_for(20s);
    EXPECT_LE(machine.segments().size(), 3U);
    for (int round = 0; round < 3; ++round) {
      machine.restart({}, mode);
      expect_kept(machine);
      machine.world.run_for(20s);
    }
  }
}

TEST(Compaction, AllDeadIsAllGone) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  fill(machine);
  for (std::uint64_t id = 1; id <= messages; ++id) {
    if (stays(id)) ASSERT_TRUE(machine.finish(id));
  }
  machine.world.run_for(20s);
  EXPECT_LE(machine.segments().size(), 1U);
  machine.restart();
  EXPECT_TRUE(machine.found.empty());
  machine.world.run_for(5s);
  machine.restart();
  EXPECT_TRUE(machine.segments().empty());
}

TEST(Compaction, AnEndOutlivesItsCommit) {
  Machine machine;
  machine.settings.segment_bytes = 64 << 10;
  machine.settings.draft_chunk_bytes = 8 << 10;
  ASSERT_TRUE(machine.start());
  // A segment that stays alive for one large message, with a small one that ends much later.
  for (std::uint64_t id = 1; id <= 7; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 8000)));
  ASSERT_TRUE(machine.commit(8, make_body(8, 100)));
  for (std::uint64_t id = 100; id < 130; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 8000)));
  ASSERT_TRUE(machine.finish(8));  // lies in a later segment than its commit
  for (std::uint64_t id = 100; id < 130; ++id) ASSERT_TRUE(machine.finish(id));
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t id = 200; id < 230; ++id) {
      const std::uint64_t number = id + (100U * static_cast<unsigned>(round));
      ASSERT_TRUE(machine.commit(number, make_body(number, 8000)));
      ASSERT_TRUE(machine.finish(number));
    }
    machine.world.run_for(10s);  // the segment that holds the end of 8 goes
    machine.restart();
    EXPECT_FALSE(machine.found.contains(8)) << round;
    EXPECT_EQ(machine.found.size(), 7U) << round;
  }
  EXPECT_LE(machine.segments().size(), 4U);
}

// A large message is moved because one of its chunks has to; its commit lies where much else lives.
TEST(Compaction, AnEndOutlivesTheOriginalOfACopy) {
  for (const bool restart_between : {false, true}) {
    Machine machine;
    ASSERT_TRUE(machine.start());
    auto draft = machine.journal->open_draft();
    ASSERT_TRUE(machine.world.run(draft->append(make_body(1, 1500))));
    for (std::uint64_t id = 100; id < 115; ++id) {
      ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
      ASSERT_TRUE(machine.finish(id));
    }
    MessageInfo info = make_info(1);
    info.content = message::Content::whole(1500);
    ASSERT_TRUE(machine.world.run(machine.journal->commit(std::move(draft), info)));
    for (std::uint64_t id = 2; id < 12; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
    for (std::uint64_t id = 200; id < 230; ++id) {
      ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
      ASSERT_TRUE(machine.finish(id));
    }
    machine.world.run_for(10s);
    EXPECT_EQ(machine.body(1), make_body(1, 1500));
    if (restart_between) machine.restart();
    ASSERT_TRUE(machine.finish(1));
    for (std::uint64_t id = 300; id < 360; ++id) {
      ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
      ASSERT_TRUE(machine.finish(id));
      if (id % 20 == 0) machine.world.run_for(10s);
    }
    for (int round = 0; round < 3; ++round) {
      machine.restart();
      EXPECT_EQ(machine.found.size(), 10U) << round;
      EXPECT_FALSE(machine.found.contains(1)) << round;
      machine.world.run_for(10s);
    }
  }
}

TEST(Compaction, DraftsInProgressKeepTheirSegments) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  auto draft = machine.journal->open_draft();
  const std::string body = make_body(1, 40'000);
  ASSERT_TRUE(machine.world.run(draft->append(body.substr(0, 20'000))));
  for (std::uint64_t id = 100; id < 160; ++id) {
    ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
    ASSERT_TRUE(machine.finish(id));
  }
  machine.world.run_for(10s);
  ASSERT_TRUE(machine.world.run(draft->append(body.substr(20'000))));
  MessageInfo info = make_info(1);
  info.content = message::Content::whole(body.size());
  ASSERT_TRUE(machine.world.run(machine.journal->commit(std::move(draft), info)));
  EXPECT_EQ(machine.body(1), body);
  machine.world.run_for(10s);
  machine.restart();
  EXPECT_EQ(machine.body(1), body);
  ASSERT_TRUE(machine.finish(1));
  machine.world.run_for(10s);
  EXPECT_LE(machine.segments().size(), 2U);
}

TEST(Compaction, LargeMessagesMoveChunkByChunk) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  auto draft = machine.journal->open_draft();
  const std::string body = make_body(1, 6000);
  std::uint64_t id = 100;
  // Its chunks lie scattered among messages that end.
  for (std::size_t at = 0; at < body.size(); at += 1500) {
    ASSERT_TRUE(machine.world.run(draft->append(body.substr(at, 1500))));
    for (int i = 0; i < 15; ++i, ++id) {
      ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
      ASSERT_TRUE(machine.finish(id));
    }
  }
  MessageInfo info = make_info(1);
  info.content = message::Content::whole(body.size());
  ASSERT_TRUE(machine.world.run(machine.journal->commit(std::move(draft), info)));
  machine.world.run_for(10s);
  EXPECT_LE(machine.segments().size(), 3U);
  EXPECT_EQ(machine.body(1), body);
  machine.crash();
  ASSERT_TRUE(machine.start());
  EXPECT_EQ(machine.body(1), body);
}

// States and deferrals change while the pool reads what is to be copied.
TEST(Compaction, AMessageThatChangesWhileItIsCopiedKeepsItsState) {
  for (int step = 0; step < 80; ++step) {
    Machine machine(static_cast<std::uint64_t>(step) + 1);
    ASSERT_TRUE(machine.start());
    fill(machine);
    machine.restart({}, SyncMode::on_pool);
    machine.host.set_pool_delay_max(40ms);
    machine.world.run_for(1s + (step * 10ms));
    std::vector<Finish> ends;
    std::vector<Defer> defers;
    for (std::uint64_t id = 3; id <= messages; id += 10) {
      ends.push_back({{id}, {{2, RecipientState::failed}}, false, ""});
      defers.push_back(make_defer(id, 1000));
    }
    ASSERT_TRUE(machine.finish(ends));
    ASSERT_TRUE(machine.world.run(machine.journal->defer(defers)));
    machine.world.run_for(10s);
    machine.restart();
    EXPECT_EQ(machine.found.size(), messages / 10);
    for (const auto& [id, stored] : machine.found) {
      EXPECT_EQ(stored.states[1], RecipientState::delivered) << step << " " << id;
      EXPECT_EQ(stored.states[2], RecipientState::failed) << step << " " << id;
      EXPECT_EQ(stored.attempts, 1000U) << step << " " << id;
      EXPECT_EQ(machine.read(id)->attempts, 1000U) << step << " " << id;
    }
  }
}

TEST(Compaction, ADamagedMessageKeepsItsSegment) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  fill(machine);
  const std::string name = machine.settings.journal_folder + "/" + machine.segments().at(0);
  machine.disk().flip_bit(name, machine.disk().content(name).find("Subject: 3") + 30);
  machine.world.run_for(20s);
  EXPECT_TRUE(machine.disk().exists(name));
  EXPECT_EQ(machine.body(3).error().kind, base::ErrorKind::corrupt);
  for (int round = 0; round < 2; ++round) {
    machine.restart();
    EXPECT_EQ(machine.found.size(), messages / 10);
    machine.world.run_for(20s);
  }
  ASSERT_TRUE(machine.finish(3));
  machine.world.run_for(20s);
  EXPECT_FALSE(machine.disk().exists(name));
  machine.restart();
  EXPECT_EQ(machine.found.size(), (messages / 10) - 1);
}

void survive_compacting(const Trouble& trouble) {
  const auto work = [](Machine& machine) {
    machine.world.run_for(20s);
    return 0;
  };
  survive_every_step(trouble, fill, work, [&](Machine& machine, int, const std::string& when) {
    expect_kept(machine, when);
    machine.world.run_for(20s);  // it is made good
    machine.crash();
    ASSERT_TRUE(machine.start({}, trouble.mode)) << when;
    expect_kept(machine, when + "again, ");
    EXPECT_LE(machine.segments().size(), 5U) << when;
  });
}

TEST(Compaction, PowerCutAtEveryStep) {
  survive_compacting({io::sim::Failure::power_cut(), SyncMode::on_loop, true});
}

TEST(Compaction, PowerCutAtEveryStepOnThePool) {
  survive_compacting({io::sim::Failure::power_cut(), SyncMode::on_pool, true});
}

TEST(Compaction, EveryStepFailsOnce) {
  survive_compacting({io::sim::Failure::once()});
  survive_compacting({io::sim::Failure::once(), SyncMode::on_loop, true});
}

TEST(Compaction, FromEveryStepOnTheDiskIsFull) {
  survive_compacting(
      {io::sim::Failure::for_ever(base::ErrorKind::no_space), SyncMode::on_loop, true});
}

}  // namespace
}  // namespace queue::journal
