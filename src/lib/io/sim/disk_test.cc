// Tests of disk.h, disk_faults.h, sparse_bytes.h, for_each_failure.h and of files.h's helpers.
#include "lib/io/sim/disk.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/io/sim/for_each_failure.h"
#include "lib/io/sim/world.h"

namespace io::sim {
namespace {

using base::ErrorKind;

class DiskTest : public testing::Test {
 protected:
  // A file with this content, whose name and content are durable.
  void put(const std::string& path, std::string_view bytes) {
    ASSERT_TRUE(write_file(*files_, path, bytes));
  }
  base::Result<> write(File& file, std::uint64_t offset, std::string_view bytes) {
    const std::array<std::string_view, 1> pieces{bytes};
    return file.write_at(offset, pieces);
  }
  std::unique_ptr<File> open(const std::string& path, OpenMode how) {
    return files_->open(path, how).value();
  }
  void crash_to_synced() {
    disk_.crash_to_synced();
    files_ = disk_.mount();
  }
  void crash() {
    disk_.crash();
    files_ = disk_.mount();
  }

  World world_{5};
  Disk disk_{world_};
  std::unique_ptr<SimFiles> files_ = disk_.mount();
};

TEST_F(DiskTest, ReadsWhatWasWritten) {
  auto file = open("a", OpenMode::create_new);
  const std::array<std::string_view, 2> pieces = {"hello ", "world"};
  ASSERT_TRUE(file->write_at(3, pieces));
  EXPECT_EQ(file->size().value(), 14U);
  std::string got(20, 'x');
  EXPECT_EQ(file->read_at(0, got).value(), 14U);
  EXPECT_EQ(got.substr(0, 14), std::string("\0\0\0hello world", 14));
  EXPECT_EQ(file->read_at(14, got).value(), 0U);
  ASSERT_TRUE(file->truncate(5));
  ASSERT_TRUE(file->allocate(8));
  EXPECT_EQ(disk_.content("a"), std::string("\0\0\0he\0\0\0", 8));
  ASSERT_TRUE(file->allocate(2));  // never makes it shorter
  EXPECT_EQ(file->size().value(), 8U);
}

TEST_F(DiskTest, BigSparseFiles) {
  auto file = open("a", OpenMode::create);
  ASSERT_TRUE(file->allocate(64ULL << 20U));
  ASSERT_TRUE(write(*file, 10'000'000, std::string(10'000, 'y')));
  std::string got(10'002, 'x');
  ASSERT_EQ(file->read_at(9'999'999, got).value(), got.size());
  EXPECT_EQ(got, std::string(1, '\0') + std::string(10'000, 'y') + std::string(1, '\0'));
}

TEST_F(DiskTest, NamesAndErrors) {
  EXPECT_EQ(files_->open("a", OpenMode::read).error().kind, ErrorKind::not_found);
  EXPECT_EQ(files_->open("d/a", OpenMode::create).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(files_->make_directories("d/e"));
  ASSERT_TRUE(files_->make_directories("/d/e/"));
  put("d/e/b", "B");
  put("d/e/a", "A");
  EXPECT_EQ(files_->open("d/e/a", OpenMode::create_new).error().kind, ErrorKind::exists);
  EXPECT_EQ(files_->make_directories("d/e/a").error().kind, ErrorKind::exists);
  EXPECT_EQ(files_->open("d/e", OpenMode::read).error().kind, ErrorKind::io);
  EXPECT_EQ(write(*open("d/e/a", OpenMode::read), 0, "x").error().kind, ErrorKind::denied);
  const auto infos = files_->list("./d//e").value();
  ASSERT_EQ(infos.size(), 2U);
  EXPECT_EQ(infos[0].name, "a");
  EXPECT_EQ(infos[1].size, 1U);
  EXPECT_EQ(infos[1].modified, world_.wall());
  EXPECT_TRUE(files_->info("d").value().directory);
  EXPECT_EQ(files_->info("d/../d/e/b").value().name, "b");
  ASSERT_TRUE(files_->rename("d/e/a", "d/e/b"));
  EXPECT_EQ(read_file(*files_, "d/e/b", 10).value(), "A");
  EXPECT_EQ(files_->remove("d/e").error().kind, ErrorKind::io);  // not empty
  ASSERT_TRUE(files_->remove("d/e/b"));
  EXPECT_EQ(files_->remove("d/e/b").error().kind, ErrorKind::not_found);
  EXPECT_EQ(files_->rename("d/e/b", "x").error().kind, ErrorKind::not_found);
  ASSERT_TRUE(files_->remove("d/e"));
  EXPECT_EQ(files_->list("d/e").error().kind, ErrorKind::not_found);
}

TEST_F(DiskTest, ReadFileHasALimit) {
  put("a", "0123456789");
  EXPECT_EQ(read_file(*files_, "a", 10).value(), "0123456789");
  EXPECT_EQ(read_file(*files_, "a", 9).error().kind, ErrorKind::limit);
}

TEST_F(DiskTest, SyncedDataAndNamesSurvive) {
  auto file = open("a", OpenMode::create);
  ASSERT_TRUE(write(*file, 0, "synced"));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(files_->sync_directory("."));
  ASSERT_TRUE(write(*file, 0, "UNSYNC"));
  crash_to_synced();
  EXPECT_EQ(disk_.content("a"), "synced");
  std::string byte(1, 'x');
  EXPECT_EQ(file->read_at(0, byte).error().kind, ErrorKind::io);  // opened before the crash
  EXPECT_EQ(file->sync().error().kind, ErrorKind::io);
}

TEST_F(DiskTest, DeadFilesHandleFailsInEverything) {
  disk_.crash_to_synced();
  EXPECT_EQ(files_->open("a", OpenMode::create).error().kind, ErrorKind::io);
  EXPECT_EQ(files_->list("/").error().kind, ErrorKind::io);
  EXPECT_EQ(files_->rename("a", "b").error().kind, ErrorKind::io);
  EXPECT_EQ(files_->sync_directory("/").error().kind, ErrorKind::io);
}

TEST_F(DiskTest, NameIsLostWithoutSyncOfItsDirectory) {
  auto file = open("a", OpenMode::create);
  ASSERT_TRUE(write(*file, 0, "data"));
  ASSERT_TRUE(file->sync());
  crash_to_synced();
  EXPECT_FALSE(disk_.exists("a"));
}

TEST_F(DiskTest, UnsyncedRenameAndRemoveComeBack) {
  put("a", "A");
  put("b", "B");
  ASSERT_TRUE(files_->rename("a", "c"));
  ASSERT_TRUE(files_->remove("b"));
  EXPECT_FALSE(disk_.exists("a"));
  crash_to_synced();
  EXPECT_EQ(disk_.content("a"), "A");
  EXPECT_EQ(disk_.content("b"), "B");
  EXPECT_FALSE(disk_.exists("c"));
}

TEST_F(DiskTest, SyncOfOneDirectorySettlesARenameIntoIt) {
  ASSERT_TRUE(files_->make_directories("tmp"));
  ASSERT_TRUE(files_->make_directories("new"));
  ASSERT_TRUE(open("tmp/1", OpenMode::create)->sync());
  ASSERT_TRUE(open("tmp/2", OpenMode::create)->sync());
  ASSERT_TRUE(files_->rename("tmp/1", "new/1"));
  ASSERT_TRUE(files_->sync_directory("new"));
  crash_to_synced();
  EXPECT_TRUE(disk_.exists("new/1"));
  EXPECT_FALSE(disk_.exists("tmp/1"));
  EXPECT_FALSE(disk_.exists("tmp/2"));
}

TEST_F(DiskTest, SyncOfASystemSettlesAllThatLiesOnIt) {
  ASSERT_TRUE(files_->make_directories("here/new"));
  ASSERT_TRUE(files_->make_directories("there"));
  disk_.set_system("there", 2);
  const auto here = files_->open_system("here");
  ASSERT_TRUE(here);
  auto file = open("here/1", OpenMode::create_new);
  auto other = open("there/1", OpenMode::create_new);
  ASSERT_TRUE(write(*file, 0, "one"));
  ASSERT_TRUE(write(*other, 0, "two"));
  ASSERT_TRUE(files_->rename("here/1", "here/new/1"));
  EXPECT_EQ(file->system().value(), (*here)->system());
  EXPECT_EQ(other->system().value(), 2U);
  ASSERT_TRUE((*here)->sync());
  ASSERT_TRUE(write(*file, 0, "ONE"));  // too late
  crash_to_synced();
  EXPECT_EQ(disk_.content("here/new/1"), "one");
  EXPECT_FALSE(disk_.exists("here/1"));
  EXPECT_FALSE(disk_.exists("there/1"));
  EXPECT_EQ((*here)->sync().error().kind, ErrorKind::io);  // of a machine that is no more
  EXPECT_EQ(files_->open_system("nowhere").error().kind, ErrorKind::not_found);
  ASSERT_TRUE(files_->make_directories("weak"));
  disk_.set_system("weak", 0);
  EXPECT_EQ(files_->open_system("weak").error().kind, ErrorKind::unsupported);
}

TEST_F(DiskTest, FailedSyncOfASystemForgetsWhatItDidNotWrite) {
  bool lost = false;
  for (int round = 0; round < 20; ++round) {
    put("a", "old");
    const auto system = files_->open_system("/");
    ASSERT_TRUE(write(*open("a", OpenMode::write), 0, "new"));
    FailOperation failing(DiskOperation::sync_system);
    disk_.set_faults(&failing);
    EXPECT_EQ((*system)->sync().error().kind, ErrorKind::io);
    disk_.set_faults(nullptr);
    EXPECT_TRUE((*system)->sync());
    crash_to_synced();
    lost = lost || disk_.content("a") == "old";
  }
  EXPECT_TRUE(lost);
}

TEST_F(DiskTest, CrashKeepsARandomSubsetTornAtSectors) {
  std::set<std::string> shapes;
  for (int round = 0; round < 200; ++round) {
    put("a", std::string(2048, 'o'));
    auto file = open("a", OpenMode::write);
    ASSERT_TRUE(write(*file, 256, std::string(1536, 'n')));
    crash();
    const std::string got = disk_.content("a");
    ASSERT_EQ(got.size(), 2048U);
    std::string shape;
    for (std::size_t sector = 0; sector < 4; ++sector) {
      const std::string part = got.substr(sector * 512, 512);
      const std::string written = part.substr(sector == 0 ? 256 : 0, sector == 3 ? 256 : 512);
      ASSERT_EQ(written.find_first_not_of(written[0]), std::string::npos) << "torn in a sector";
      shape += written[0];
    }
    ASSERT_EQ(got.substr(0, 256), std::string(256, 'o'));
    shapes.insert(shape);
  }
  EXPECT_TRUE(shapes.contains("oooo"));
  EXPECT_TRUE(shapes.contains("nnnn"));
  EXPECT_GT(shapes.size(), 8U);
}

TEST_F(DiskTest, CrashMayLeaveZerosAtTheEnd) {
  bool zeros = false;
  bool old_size = false;
  for (int round = 0; round < 100; ++round) {
    put("a", "old");
    ASSERT_TRUE(write(*open("a", OpenMode::write), 3, std::string(1000, 'n')));
    crash();
    const std::string got = disk_.content("a");
    zeros = zeros || (got.size() > 3 && got.find('\0') != std::string::npos);
    old_size = old_size || got == "old";
  }
  EXPECT_TRUE(zeros);
  EXPECT_TRUE(old_size);
}

TEST_F(DiskTest, CrashKeepsTheOrderOfOneNameAndRenamesWhole) {
  std::set<std::string> seen;
  for (int round = 0; round < 100; ++round) {
    put("target", "old");
    auto file = open("fresh", OpenMode::create);
    ASSERT_TRUE(write(*file, 0, "new"));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(files_->rename("fresh", "target"));
    crash();
    // Three states are possible: before, created, renamed; never both names, never none.
    const std::string target = disk_.content("target");
    const bool fresh = disk_.exists("fresh");
    EXPECT_TRUE(target == "old" || (target == "new" && !fresh));
    seen.insert(target + (fresh ? "+fresh" : ""));
    if (fresh) ASSERT_TRUE(files_->remove("fresh"));
    ASSERT_TRUE(files_->sync_directory("/"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old", "old+fresh", "new"}));
}

// As on Linux: after a failed sync the data is marked clean, and a second sync that succeeds lies.
TEST_F(DiskTest, FailedSyncForgetsWhatItDidNotWrite) {
  bool lost = false;
  for (int round = 0; round < 20; ++round) {
    put("a", "old");
    auto file = open("a", OpenMode::write);
    ASSERT_TRUE(write(*file, 0, "new"));
    FailOperation failing(DiskOperation::sync);
    disk_.set_faults(&failing);
    EXPECT_EQ(file->sync().error().kind, ErrorKind::io);
    disk_.set_faults(nullptr);
    EXPECT_TRUE(file->sync());
    EXPECT_EQ(disk_.content("a"), "new");  // the cache still has it
    crash_to_synced();
    lost = lost || disk_.content("a") == "old";
  }
  EXPECT_TRUE(lost);
}

TEST_F(DiskTest, FullDisk) {
  disk_.set_capacity(1000);
  put("a", std::string(600, 'x'));
  EXPECT_EQ(files_->free_bytes(".").value(), 400U);
  auto file = open("b", OpenMode::create);
  EXPECT_EQ(file->allocate(401).error().kind, ErrorKind::no_space);
  EXPECT_EQ(write(*file, 0, std::string(401, 'y')).error().kind, ErrorKind::no_space);
  EXPECT_TRUE(write(*file, 0, std::string(400, 'y')));
  EXPECT_TRUE(write(*file, 0, std::string(400, 'z')));  // in place
  ASSERT_TRUE(files_->remove("a"));
  EXPECT_EQ(files_->free_bytes(".").value(), 600U);
}

TEST_F(DiskTest, LocksAreExclusiveAndEndWithTheirFileOrTheMachine) {
  auto first = files_->lock("lock");
  ASSERT_TRUE(first);
  EXPECT_EQ(files_->lock("lock").error().kind, ErrorKind::busy);
  first->reset();
  auto second = files_->lock("lock");
  ASSERT_TRUE(second);
  ASSERT_TRUE(files_->sync_directory("/"));
  crash();
  EXPECT_TRUE(files_->lock("lock"));
}

TEST_F(DiskTest, FlipBit) {
  put("a", "abc");
  disk_.flip_bit("a", 1);
  EXPECT_EQ(disk_.content("a"), "acc");
  crash_to_synced();
  EXPECT_EQ(disk_.content("a"), "acc");
}

TEST_F(DiskTest, FaultOfAWriteMayLeaveAPart) {
  put("a", "");
  auto file = open("a", OpenMode::write);
  FailAt fault(0, {ErrorKind::io, false, 2});
  disk_.set_faults(&fault);
  EXPECT_EQ(write(*file, 0, "abc").error().kind, ErrorKind::io);
  disk_.set_faults(nullptr);
  EXPECT_EQ(disk_.content("a"), "ab");
  EXPECT_EQ(fault.failed(), DiskOperation::write);
}

TEST_F(DiskTest, Counters) {
  const std::uint64_t before = disk_.operations();
  put("a", "x");  // create, truncate, write, sync, rename, sync_directory
  EXPECT_EQ(disk_.operations() - before, 6U);
  EXPECT_EQ(disk_.syncs(), 2U);
  EXPECT_EQ(disk_.writes(), 1U);
}

struct Fixture {
  World world{9};
  Disk the_disk{world};
  Disk& disk() { return the_disk; }
};

std::unique_ptr<Fixture> make_fixture() {
  auto fixture = std::make_unique<Fixture>();
  EXPECT_TRUE(write_file(*fixture->the_disk.mount(), "a", "old"));
  return fixture;
}

// write_file: whatever fails, the file has its old or its new content, and an error is told.
TEST(ForEachFailure, WriteFileIsWhole) {
  for (const Failure& failure : {Failure::once(), Failure::for_ever(ErrorKind::no_space)}) {
    const std::uint64_t operations = for_each_failure(
        make_fixture,
        [](Fixture& f, const FailAt& fault) {
          auto written = write_file(*f.disk().mount(), "a", "new");
          EXPECT_EQ(written.has_value(), !fault.reached()) << fault.number();
          f.disk().set_faults(nullptr);
          const std::string content = f.disk().content("a");
          EXPECT_TRUE(content == "new" || (!written && content == "old")) << content;
        },
        failure);
    EXPECT_EQ(operations, 6U);
  }
}

TEST_F(DiskTest, WhatACrashWouldLeaveCanBeSeenBefore) {
  put("/a", "old");
  auto file = open("/a", OpenMode::write);
  ASSERT_TRUE(write(*file, 0, "new"));
  EXPECT_EQ(disk_.content("/a"), "new");
  EXPECT_EQ(disk_.durable_content("/a"), "old");
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(disk_.durable_content("/a"), "new");
  auto nameless = open("/b", OpenMode::create);
  ASSERT_TRUE(write(*nameless, 0, "text"));
  ASSERT_TRUE(nameless->sync());
  EXPECT_EQ(disk_.durable_content("/b"), "");  // its name is not synced
  EXPECT_EQ(disk_.names("/"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(disk_.names("/none").empty());
}

// What is durable has its pages in common with what programs see, until they write there again.
TEST_F(DiskTest, WhatIsDurableIsWhatWasSeenAtTheLastSync) {
  SeededRandom random(3);
  put("a", "begin");
  auto file = open("a", OpenMode::write);
  std::string synced = "begin";
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t offset = random.below(20'000);
    if (random.below(6) == 0) {
      ASSERT_TRUE(file->truncate(offset));
    } else {
      const std::string bytes(random.below(6'000), static_cast<char>('a' + i % 26));
      ASSERT_TRUE(write(*file, offset, bytes));
    }
    if (random.below(4) == 0) {
      ASSERT_TRUE(file->sync());
      synced = disk_.content("a");
    }
    ASSERT_EQ(disk_.durable_content("a"), synced) << i;
  }
  crash_to_synced();
  EXPECT_EQ(disk_.content("a"), synced);
}

TEST_F(DiskTest, ASlowDiskTakesItsTimeToSync) {
  SlowDisk slow(world_, std::chrono::seconds(1));
  put("/a", "old");
  disk_.set_faults(&slow);
  const base::Instant begin = world_.now();
  auto file = open("/a", OpenMode::write);
  ASSERT_TRUE(write(*file, 0, "new"));
  EXPECT_EQ(world_.now(), begin);
  ASSERT_TRUE(file->sync());
  EXPECT_GT(world_.now(), begin);
  EXPECT_LE(world_.now() - begin, std::chrono::seconds(1));
  disk_.set_faults(nullptr);
}

TEST(ForEachFailure, WriteFileSurvivesAPowerCut) {
  for_each_failure(
      make_fixture,
      [](Fixture& f, const FailAt& fault) {
        const bool written = write_file(*f.disk().mount(), "a", "new").has_value();
        f.disk().set_faults(nullptr);
        f.disk().crash();
        const std::string content = f.disk().content("a");
        EXPECT_TRUE(content == "new" || (!written && content == "old"))
            << content << " at " << fault.number();
      },
      Failure::power_cut());
}

}  // namespace
}  // namespace io::sim
