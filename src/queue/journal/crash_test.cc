// Random workloads on the disk that forgets, with a power cut at a random operation, reopened and
// compared with a model; the same seed gives the same run.
#include <gtest/gtest.h>

#include "lib/io/sim/for_each_failure.h"
#include "lib/io/task_group.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

using namespace std::chrono_literals;

// What a crash may show of one message.
struct Known {
  std::string body;
  bool may_be_there = true;
  bool must_be_there = false;
  std::vector<bool> maybe_delivered = std::vector<bool>(3);
  std::vector<bool> surely_delivered = std::vector<bool>(3);
  std::uint32_t attempts_min = 0;
  std::uint32_t attempts_max = 0;
  std::uint64_t replaced_by = 0;  // the report that is there if this is not
  bool busy = false;              // an operation on it is under way
};

class Crashes {
 public:
  explicit Crashes(std::uint64_t seed) : machine_(seed), random_(seed * 77), seed_(seed) {
    machine_.settings.segment_bytes = 8192U << random_.below(3);
    machine_.host.set_pool_delay_max(20ms);
    machine_.settings.body_memory_bytes_max = random_.below(2) * 50'000;
  }

  void run(int lives) {
    start();
    for (int life = 0; life < lives && !testing::Test::HasFailure(); ++life) {
      // A power cut at a random operation, mostly.
      io::sim::FailAt cut(random_.below(120), io::sim::Failure::power_cut().plan);
      if (random_.below(5) != 0) machine_.disk().set_faults(&cut);
      live(1 + random_.below(60));
      machine_.disk().set_faults(nullptr);
      if (random_.below(6) == 0) {
        machine_.world.run(tasks_.join());
        machine_.stop();
      } else {
        machine_.host.crash();
        machine_.world.run(tasks_.join());
        machine_.stop();
        (void)machine_.host.restart();
      }
      start();
    }
    for (auto& [id, known] : known_) {
      if (known.must_be_there) EXPECT_TRUE(machine_.finish(id));
    }
    machine_.world.run_for(30s);
    EXPECT_LE(machine_.segments().size(), 1U) << where() << "everything ended, nothing is left";
  }

 private:
  std::string where() const { return "seed=" + std::to_string(seed_) + ": "; }

  void start() {
    const SyncMode mode = random_.chance(0.5) ? SyncMode::on_loop : SyncMode::on_pool;
    const auto started = machine_.start({}, mode);
    ASSERT_TRUE(started) << where() << started.error().text();
    compare();
  }

  void live(std::uint64_t operations) {
    for (std::uint64_t i = 0; i < operations; ++i) {
      switch (random_.below(10)) {
        case 0:
        case 1:
        case 2:
          tasks_.spawn(commit(this, random_.below(8) == 0 ? 4000 : random_.below(1500)));
          break;
        case 3:
        case 4: tasks_.spawn(finish(this, pick())); break;
        case 5: tasks_.spawn(finish_partly(this, pick())); break;
        case 6: tasks_.spawn(report(this, pick())); break;
        case 7: tasks_.spawn(defer(this, pick())); break;
        case 8: machine_.world.run_for(base::Duration(random_.below(20'000))); break;
        default: busy_second(); break;
      }
    }
    machine_.world.run_for(base::Duration(random_.below(30'000)));
  }

  // Compaction begins after a second without it: states change while it copies.
  void busy_second() {
    for (int i = 0; i < 40; ++i) {
      machine_.world.run_for(base::Duration(random_.below(60'000)));
      if (random_.chance(0.3)) tasks_.spawn(finish_partly(this, pick()));
      if (random_.chance(0.3)) tasks_.spawn(defer(this, pick()));
      if (random_.chance(0.1)) tasks_.spawn(finish(this, pick()));
    }
  }

  // A message that is surely there and that nobody works on; 0 when there is none.
  std::uint64_t pick() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, known] : known_) {
      if (known.must_be_there && !known.busy) ids.push_back(id);
    }
    if (ids.empty()) return 0;
    const std::uint64_t id = ids[random_.below(ids.size())];
    known_.at(id).busy = true;
    return id;
  }

  static io::Task<void> commit(Crashes* self, std::uint64_t bytes) {
    const std::uint64_t id = self->next_id_++;
    Known& known = self->known_[id];
    known.busy = true;
    known.body = make_body(id, bytes);
    const auto done =
        co_await commit_message(*self->machine_.journal, make_info(id, 3), known.body, 700);
    known.must_be_there = done.has_value();
    known.busy = false;
  }

  static io::Task<void> finish(Crashes* self, std::uint64_t id) {
    if (id == 0) co_return;
    Known& known = self->known_.at(id);
    known.must_be_there = false;
    const auto done = co_await self->machine_.journal->finish({make_end(id)}, {});
    if (done) known.may_be_there = false;
  }

  static io::Task<void> report(Crashes* self, std::uint64_t id) {
    if (id == 0) co_return;
    const std::uint64_t report_id = self->next_id_++;
    Known& report = self->known_[report_id];
    report.body = make_body(report_id, 300);
    report.busy = true;
    Known& known = self->known_.at(id);
    known.must_be_there = false;
    known.replaced_by = report_id;
    NewMessage message{make_info(report_id, 3), report.body};
    message.info.content = message::Content::whole(report.body.size());
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    const auto done = co_await self->machine_.journal->finish({make_end(id)}, std::move(messages));
    if (!done) co_return;
    known.may_be_there = false;
    known.replaced_by = 0;
    report.must_be_there = true;
    report.busy = false;
  }

  static io::Task<void> finish_partly(Crashes* self, std::uint64_t id) {
    if (id == 0) co_return;
    Known& known = self->known_.at(id);
    const auto recipient = static_cast<std::uint32_t>(self->random_.below(3));
    known.maybe_delivered[recipient] = true;
    Finish partial{{id}, {{recipient, RecipientState::delivered}}, false, ""};
    const auto done = co_await self->machine_.journal->finish({partial}, {});
    if (done) known.surely_delivered[recipient] = true;
    known.busy = false;
  }

  static io::Task<void> defer(Crashes* self, std::uint64_t id) {
    if (id == 0) co_return;
    Known& known = self->known_.at(id);
    const std::uint32_t attempts = ++known.attempts_max;
    const auto done = co_await self->machine_.journal->defer({make_defer(id, attempts)});
    if (done) known.attempts_min = attempts;
    known.busy = false;
  }

  // What the new life found against what the old one promised; then it is what is known.
  void compare() {
    EXPECT_TRUE(machine_.report.damages.empty())
        << where() << (machine_.report.damages.empty() ? "" : machine_.report.damages[0]);
    for (const auto& [id, stored] : machine_.found) {
      ASSERT_TRUE(known_.contains(id) && known_.at(id).may_be_there) << where() << id << " revived";
      compare_one(id, stored);
    }
    for (auto& [id, known] : known_) {
      const bool found = machine_.found.contains(id);
      if (known.must_be_there) ASSERT_TRUE(found) << where() << id << " lost";
      if (known.replaced_by != 0) {
        ASSERT_NE(found, machine_.found.contains(known.replaced_by)) << where() << id << " group";
      }
      known.replaced_by = 0;
      known.busy = false;
      known.must_be_there = found;
      known.may_be_there = found;
    }
  }

  void compare_one(std::uint64_t id, const Stored& stored) {
    Known& known = known_.at(id);
    const auto body = machine_.body(id);
    ASSERT_TRUE(body) << where() << id << body.error().text();
    ASSERT_EQ(*body, known.body) << where() << id;
    const auto read = machine_.read(id);
    ASSERT_TRUE(read) << where() << read.error().text();
    EXPECT_EQ(read->states, stored.states) << where() << id;
    EXPECT_EQ(read->attempts, stored.attempts) << where() << id;
    EXPECT_GE(stored.attempts, known.attempts_min) << where() << id;
    EXPECT_LE(stored.attempts, known.attempts_max) << where() << id;
    known.attempts_min = stored.attempts;
    for (std::size_t i = 0; i < 3; ++i) {
      const bool delivered = stored.states[i] == RecipientState::delivered;
      if (known.surely_delivered[i]) EXPECT_TRUE(delivered) << where() << id;
      if (!known.maybe_delivered[i]) EXPECT_FALSE(delivered) << where() << id;
      known.surely_delivered[i] = known.maybe_delivered[i] = delivered;
    }
  }

  Machine machine_;
  io::sim::SeededRandom random_;
  std::uint64_t seed_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Known> known_;
  io::TaskGroup tasks_;
};

TEST(JournalCrash, NothingIsLostAndNothingRevived) {
  for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) Crashes(seed).run(12);
}

}  // namespace
}  // namespace queue::journal
