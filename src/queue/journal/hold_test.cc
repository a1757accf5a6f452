// Tests of Journal::hold(): what is copied while mail flows is the queue as it was at one moment.
#include <gtest/gtest.h>

#include <deque>

#include "lib/io/task_group.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

std::string read_whole(Machine& machine, const std::string& name) {
  return io::read_file(machine.host.doors().files, machine.settings.journal_folder + "/" + name,
                       1ULL << 30U)
      .value();
}

// Another machine that has these files and nothing else.
std::unique_ptr<Machine> copy_of(Machine& machine, const std::vector<std::string>& segments) {
  auto copy = std::make_unique<Machine>(9);
  io::Files& files = copy->host.doors().files;
  EXPECT_TRUE(files.make_directories(copy->settings.journal_folder));
  for (const std::string& name : segments) {
    EXPECT_TRUE(io::write_file(files, copy->settings.journal_folder + "/" + name,
                               read_whole(machine, name)));
  }
  return copy;
}

Journal::Copyable hold(Machine& machine, base::Duration length) {
  const base::Instant until = machine.host.doors().clock.now() + length;
  auto held = machine.world.run(machine.journal->hold(until));
  EXPECT_TRUE(held) << held.error().text();
  return held ? std::move(*held) : Journal::Copyable{};
}

TEST(Hold, TheCopyHasWhatWasAnsweredAndNothingThatHadEnded) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  for (std::uint64_t id = 1; id <= 40; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
  for (std::uint64_t id = 1; id <= 40; id += 2) ASSERT_TRUE(machine.finish(id));
  ASSERT_TRUE(machine.defer(make_defer(2, 5)));
  const Journal::Copyable held = hold(machine, 60s);
  EXPECT_EQ(held.messages, 20U);
  // Afterwards everything changes: none of it is in the copy.
  for (std::uint64_t id = 2; id <= 40; id += 2) ASSERT_TRUE(machine.finish(id));
  for (std::uint64_t id = 100; id < 160; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
  machine.world.run_for(20s);

  auto copy = copy_of(machine, held.segments);
  ASSERT_TRUE(copy->start());
  EXPECT_TRUE(copy->report.damages.empty());
  EXPECT_EQ(copy->report.torn_bytes, 0U);
  EXPECT_EQ(copy->report.messages, held.messages);
  EXPECT_EQ(copy->found.at(2).attempts, 5U);
  for (std::uint64_t id = 1; id <= 40; ++id) {
    EXPECT_EQ(copy->found.contains(id), id % 2 == 0) << id;
    if (id % 2 == 0) EXPECT_EQ(copy->body(id), make_body(id, 900)) << id;
  }
}

TEST(Hold, NoFileGoesOrIsWrittenToUntilItEnds) {
  Machine machine;
  ASSERT_TRUE(machine.start());
  for (std::uint64_t id = 1; id <= 60; ++id) ASSERT_TRUE(machine.commit(id, make_body(id, 900)));
  const Journal::Copyable held = hold(machine, 30s);
  std::map<std::string, std::string> before;
  for (const std::string& name : held.segments) before[name] = read_whole(machine, name);
  for (std::uint64_t id = 1; id <= 60; ++id) ASSERT_TRUE(machine.finish(id));
  machine.world.run_for(25s);
  for (const std::string& name : held.segments) EXPECT_EQ(read_whole(machine, name), before[name]);
  // Kept for longer, then let go: the dead ones go.
  machine.journal->keep_holding(machine.host.doors().clock.now() + 30s);
  machine.world.run_for(25s);
  for (const std::string& name : held.segments) EXPECT_EQ(read_whole(machine, name), before[name]);
  machine.world.run_for(30s);
  EXPECT_LE(machine.segments().size(), 1U);
}

// Commits one after the other until it is told to stop, and knows which were answered.
struct Sender {
  io::Task<void> run(io::Ref<Machine> machine, std::uint64_t first, std::uint64_t every) {
    for (std::uint64_t id = first; !stop; id += every) {
      auto done =
          co_await commit_message(*machine->journal, make_info(id), make_body(id, 900), 300);
      if (done) answered.insert(id);
      if (done && id % 3 == 0) (void)co_await machine->journal->finish({make_end(id)}, {});
      (void)co_await io::sleep_for(machine->host.doors().clock, 3ms);
    }
  }
  Ids answered;
  bool stop = false;
};

io::Task<base::Result<Journal::Copyable>> hold_and_note(io::Ref<Machine> machine,
                                                        io::Ref<std::deque<Sender>> senders,
                                                        io::Ref<Ids> before) {
  for (const Sender& sender : *senders)
    before->insert(sender.answered.begin(), sender.answered.end());
  co_return co_await machine->journal->hold(machine->host.doors().clock.now() + 60s);
}

TEST(Hold, UnderLoadEveryMessageAnsweredBeforeIsInTheCopy) {
  for (const SyncMode mode : {SyncMode::on_loop, SyncMode::on_pool}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      Machine machine(seed);
      ASSERT_TRUE(machine.start({}, mode));
      std::deque<Sender> senders(5);
      io::TaskGroup group;
      for (std::uint64_t i = 0; i < senders.size(); ++i) {
        group.spawn(senders[i].run(machine, i + 1, senders.size()));
      }
      machine.world.run_for(500ms + (seed * 7ms));
      Ids before;
      auto held = machine.world.run(hold_and_note(machine, senders, before));
      ASSERT_TRUE(held) << held.error().text();
      machine.world.run_for(1s);
      for (Sender& sender : senders) sender.stop = true;
      machine.world.run(group.join());
      ASSERT_GT(before.size(), 50U);

      auto copy = copy_of(machine, held->segments);
      ASSERT_TRUE(copy->start());
      EXPECT_TRUE(copy->report.damages.empty());
      EXPECT_EQ(copy->report.messages, held->messages) << "seed " << seed;
      for (const std::uint64_t id : before) {
        if (id % 3 != 0) EXPECT_TRUE(copy->found.contains(id)) << id << " is lost, seed " << seed;
      }
      for (const auto& [id, stored] : copy->found) EXPECT_EQ(copy->body(id), make_body(id, 900));
    }
  }
}

}  // namespace
}  // namespace queue::journal
