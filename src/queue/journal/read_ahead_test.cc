// Tests of queue/journal/read_ahead.h: few reads for many messages, and never yesterday's octets.
#include "queue/journal/read_ahead.h"

#include <gtest/gtest.h>

#include "lib/io/task_group.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

constexpr std::uint64_t count = 300;
constexpr std::size_t body_bytes = 700;

class ReadAheadTest : public testing::TestWithParam<SyncMode> {
 protected:
  ReadAheadTest() { machine.settings.segment_bytes = 1ULL << 20U; }
  Machine machine;
};

TEST_P(ReadAheadTest, OneAfterTheOtherAndAllAtOnce) {
  ASSERT_TRUE(machine.start({}, GetParam()));
  for (std::uint64_t id = 1; id <= count; ++id) {
    ASSERT_TRUE(machine.commit(id, make_body(id, body_bytes)));
    // The head grows behind what was read: later records must not be what lay there before.
    if (id % 7 == 0) ASSERT_EQ(machine.body(id).value(), make_body(id, body_bytes));
  }
  machine.restart({}, GetParam());
  for (std::uint64_t id = 1; id <= count; ++id) {
    EXPECT_EQ(machine.body(id).value(), make_body(id, body_bytes));
    EXPECT_EQ(machine.read(id).value().info.note, make_info(id).note);
  }
  std::map<std::uint64_t, std::string> found;
  const auto fetch = [](Store* store, std::uint64_t id,
                        std::map<std::uint64_t, std::string>* into) -> io::Task<void> {
    auto body = co_await store->read_body({id}, 0, UINT64_MAX);
    if (body) into->emplace(id, body->view());
  };
  machine.restart({}, GetParam());
  io::TaskGroup group;
  for (std::uint64_t id = count; id > 0; --id) {
    group.spawn(fetch(machine.journal.get(), (id * 7 % count) + 1, &found));
  }
  machine.world.run(group.join());
  ASSERT_EQ(found.size(), count);
  for (const auto& [id, body] : found) EXPECT_EQ(body, make_body(id, body_bytes));
}

TEST_P(ReadAheadTest, ReadersThatFollowEachOtherShareOneRead) {
  Context context(machine.host.doors(), std::make_shared<const Settings>(machine.settings),
                  GetParam());
  auto made = create_segment(context.doors.files, "/", SegmentHeader{.segment = 1}, 1ULL << 20U);
  ASSERT_TRUE(made);
  const auto segment = std::make_shared<OpenSegment>(std::move(*made));
  ReadAhead ahead;
  std::set<const Window*> windows;
  const auto get = [&](std::uint32_t offset) {
    auto octets = machine.world.run(ahead.get(context, {segment, 1U << 20U}, {offset, 4096}));
    EXPECT_TRUE(octets);
    EXPECT_GE(octets->view.size(), 4096U);
    windows.insert(octets->window.get());
    return octets->window->length;
  };
  for (std::uint32_t offset = 64; offset + 4096 < (1U << 20U); offset += 4096) (void)get(offset);
  EXPECT_LE(windows.size(), 10U) << "8, 16, … 256 KiB";
  EXPECT_EQ(get(900'000), window_bytes_max) << "still in one";
  EXPECT_EQ(get(64), window_bytes_min) << "that one has gone; nobody reads on from there";
}

INSTANTIATE_TEST_SUITE_P(Disks, ReadAheadTest,
                         testing::Values(SyncMode::on_loop, SyncMode::on_pool));

}  // namespace
}  // namespace queue::journal
