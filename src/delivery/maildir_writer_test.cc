// Tests of delivery/maildir_writer: files that share their syncs, on disks that fail and forget.
#include "delivery/maildir_writer.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "lib/io/sim/disk_faults.h"
#include "lib/io/sim/for_each_failure.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace delivery {
namespace {

using namespace std::chrono_literals;
using base::ErrorKind;
using io::sim::DiskOperation;

constexpr const char* mailboxes[] = {"a", "b", "c"};

struct Machine {
  explicit Machine(std::uint64_t seed) : world(seed) {
    for (const char* box : mailboxes) make(box);
  }
  io::sim::Disk& disk() { return us.disk(); }
  static MaildirPlace place(const std::string& box, const std::string& name = {}) {
    const std::string mailbox = "/mail/demo.test/" + box;
    return {mailbox, mailbox, name};
  }
  void make(const std::string& box) { ASSERT_TRUE(make_maildir(us.doors().files, place(box))); }

  // Name → result; everything is due in the same turn of the loop.
  using Results = std::map<std::string, base::Result<>>;
  Results store(MaildirWriter& writer, const std::vector<std::string>& boxes) {
    Results results;
    world.run(store_all(this, &writer, boxes, &results));
    return results;
  }
  Results store(const std::vector<std::string>& boxes) {
    MaildirWriter writer(us.doors());
    return store(writer, boxes);
  }
  void lose_power() {
    disk().set_faults(nullptr);
    us.crash();
    us.restart();
  }
  [[nodiscard]] bool has(const std::string& box, const std::string& name) {
    return disk().exists("/mail/demo.test/" + box + "/new/" + name);
  }

  static std::string text_of(const std::string& name) { return std::string(2000, name.back()); }
  static io::Task<void> store_one(MaildirWriter* writer, MaildirFile file, base::Result<>* result) {
    *result = co_await writer->store(std::move(file));
  }
  static io::Task<void> store_all(Machine* machine, MaildirWriter* writer,
                                  std::vector<std::string> boxes, Results* results) {
    io::TaskGroup group;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const std::string name = "m" + std::to_string(i);
      auto text = std::make_shared<const std::string>(text_of(name));
      group.spawn(store_one(writer, {machine->place(boxes[i], name), "Head: x\n", text},
                            &(*results)[name]));
    }
    co_await group.join();
    co_await writer->stop();
  }
  // What a reader of the Maildirs sees is whole, whatever happened.
  void expect_whole() {
    for (const std::string box : mailboxes) {
      const std::string folder = "/mail/demo.test/" + box + "/new";
      const auto list = us.doors().files.list(folder);
      ASSERT_TRUE(list);
      for (const auto& file : *list) {
        EXPECT_EQ(disk().content(folder + "/" + file.name), "Head: x\n" + text_of(file.name));
      }
    }
  }

  io::sim::World world;
  io::sim::Host us{world, {"192.0.2.10"}};
};

const std::vector<std::string> five = {"a", "b", "c", "a", "b"};

// Fails what is done in one mailbox.
class BadMailbox final : public io::sim::DiskFaults {
 public:
  BadMailbox(std::string box, ErrorKind kind) : part_("/" + box + "/"), kind_(kind) {}
  io::sim::DiskFault before(DiskOperation /*operation*/, std::string_view path) override {
    if (path.contains(part_)) return {kind_, 0};
    return {};
  }

 private:
  std::string part_;
  ErrorKind kind_;
};

class CountOperations final : public io::sim::DiskFaults {
 public:
  io::sim::DiskFault before(DiskOperation operation, std::string_view /*path*/) override {
    ++counts[operation];
    return {};
  }
  std::map<DiskOperation, int> counts;
};

TEST(MaildirWriter, ManyFilesShareTwoSyncs) {
  Machine machine(1);
  CountOperations count;
  machine.disk().set_faults(&count);
  for (const auto& [name, result] : machine.store(five)) EXPECT_TRUE(result) << name;
  EXPECT_EQ(count.counts[DiskOperation::sync_system], 2);
  EXPECT_EQ(count.counts[DiskOperation::sync], 0);
  EXPECT_EQ(count.counts[DiskOperation::sync_directory], 0);
  machine.disk().set_faults(nullptr);
  machine.disk().crash_to_synced();
  EXPECT_TRUE(machine.has("c", "m2"));
  EXPECT_TRUE(machine.has("b", "m4"));
}

TEST(MaildirWriter, OneFileAloneDoesNotSyncWhatOthersWrote) {
  Machine machine(1);
  CountOperations count;
  machine.disk().set_faults(&count);
  EXPECT_TRUE(machine.store({"a"})["m0"]);
  EXPECT_EQ(count.counts[DiskOperation::sync_system], 0);
  EXPECT_EQ(count.counts[DiskOperation::sync], 1);
  EXPECT_EQ(count.counts[DiskOperation::sync_directory], 1);
}

TEST(MaildirWriter, WhatComesMeanwhileMakesTheNextTurn) {
  Machine machine(1);
  CountOperations count;
  machine.disk().set_faults(&count);
  const std::vector<std::string> many(MaildirWriter::files_max * 2, "a");
  for (const auto& [name, result] : machine.store(many)) EXPECT_TRUE(result) << name;
  EXPECT_EQ(count.counts[DiskOperation::sync_system], 4);
}

TEST(MaildirWriter, ABadMailboxFailsAlone) {
  for (const ErrorKind kind : {ErrorKind::no_space, ErrorKind::denied, ErrorKind::not_found}) {
    Machine machine(1);
    BadMailbox bad("b", kind);
    machine.disk().set_faults(&bad);
    auto results = machine.store(five);
    for (const char* name : {"m1", "m4"}) EXPECT_EQ(results[name].error().kind, kind);
    for (const char* name : {"m0", "m2", "m3"}) EXPECT_TRUE(results[name]) << name;
    machine.lose_power();
    EXPECT_TRUE(machine.has("a", "m3"));
    EXPECT_FALSE(machine.has("b", "m1"));
  }
}

TEST(MaildirWriter, AFailedSharedSyncDefersTheTurnAndTheNextFilesAreSyncedAlone) {
  for (const std::uint64_t which : {0U, 1U}) {
    Machine machine(1);
    MaildirWriter writer(machine.us.doors());
    io::sim::FailOperation failing(DiskOperation::sync_system);
    failing.skip(which).times(1);
    machine.disk().set_faults(&failing);
    for (const auto& [name, result] : machine.store(writer, five)) EXPECT_FALSE(result) << name;
    CountOperations count;
    machine.disk().set_faults(&count);
    for (const auto& [name, result] : machine.store(writer, five)) EXPECT_TRUE(result) << name;
    EXPECT_EQ(count.counts[DiskOperation::sync_system], 0);
    EXPECT_EQ(count.counts[DiskOperation::sync], 5);
    machine.world.run_for(11s);
    for (const auto& [name, result] : machine.store(writer, five)) EXPECT_TRUE(result) << name;
    EXPECT_EQ(count.counts[DiskOperation::sync_system], 2);
    machine.lose_power();
    machine.expect_whole();
    EXPECT_TRUE(machine.has("b", "m4"));
  }
}

TEST(MaildirWriter, AMailboxOnADiskOfItsOwnIsSyncedThere) {
  Machine machine(1);
  for (const char* part : {"tmp", "new"}) {
    machine.disk().set_system(std::string("/mail/demo.test/b/") + part, 2);
  }
  for (const auto& [name, result] : machine.store(five)) EXPECT_TRUE(result) << name;
  machine.disk().crash_to_synced();
  EXPECT_TRUE(machine.has("b", "m4"));
  EXPECT_TRUE(machine.has("a", "m3"));
}

TEST(MaildirWriter, WhereNoSyncCanBeSharedEachHasItsOwn) {
  Machine machine(1);
  CountOperations count;
  io::sim::FailOperation unsupported(DiskOperation::open, ErrorKind::unsupported);
  machine.disk().set_faults(&unsupported);
  MaildirWriter writer(machine.us.doors());
  for (const auto& [name, result] : machine.store(writer, five)) EXPECT_TRUE(result) << name;
  machine.disk().set_faults(&count);
  for (const auto& [name, result] : machine.store(writer, five)) EXPECT_TRUE(result) << name;
  EXPECT_EQ(count.counts[DiskOperation::sync], 5);
  EXPECT_EQ(count.counts[DiskOperation::open], 0) << "it is not asked again at once";
}

TEST(MaildirWriter, HasNoRoomWhileTooMuchWaits) {
  Machine machine(1);
  MaildirWriter writer(machine.us.doors());
  const auto text = std::make_shared<const std::string>(MaildirWriter::waiting_bytes_max, 'x');
  base::Result<> result = base::fail(ErrorKind::io, "not yet");
  io::TaskGroup group;
  EXPECT_TRUE(writer.has_room());
  group.spawn(Machine::store_one(&writer, {Machine::place("a", "m0"), {}, text}, &result));
  EXPECT_FALSE(writer.has_room());
  machine.world.run(group.join());
  EXPECT_TRUE(result);
  EXPECT_TRUE(writer.has_room());
}

TEST(MaildirWriter, AFailingStepDefersAndTheNextAttemptDelivers) {
  io::sim::for_each_failure([] { return std::make_unique<Machine>(3); },
                            [](Machine& machine, io::sim::FailAt& fault) {
                              int failed = 0;
                              for (const auto& [name, result] : machine.store(five)) {
                                if (!result) ++failed;
                              }
                              // Opening the file system may fail without harm.
                              if (fault.reached() && fault.number() > 0) EXPECT_GE(failed, 1);
                              machine.disk().set_faults(nullptr);
                              for (const auto& [name, result] : machine.store(five)) {
                                EXPECT_TRUE(result) << name;
                              }
                              machine.lose_power();
                              machine.expect_whole();
                              EXPECT_TRUE(machine.has("a", "m3"));
                            });
}

// Invariants 1 and 2: what was told as stored survives a power cut; what stands in new/ is whole.
TEST(MaildirWriter, PowerCutAtEveryStep) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    io::sim::for_each_failure([&] { return std::make_unique<Machine>(seed); },
                              [](Machine& machine, io::sim::FailAt& fault) {
                                const auto results = machine.store(five);
                                machine.lose_power();
                                for (std::size_t i = 0; i < five.size(); ++i) {
                                  const std::string name = "m" + std::to_string(i);
                                  const bool stored = results.at(name).has_value();
                                  if (stored) EXPECT_TRUE(machine.has(five[i], name));
                                  if (!fault.reached()) EXPECT_TRUE(stored);
                                }
                                machine.expect_whole();
                              },
                              io::sim::Failure::power_cut());
  }
}

}  // namespace
}  // namespace delivery
