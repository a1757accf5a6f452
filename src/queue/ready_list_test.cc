// Tests of ready_list.h, and of priorities in the schedule (RFC 6710).
#include "queue/ready_list.h"

#include <gtest/gtest.h>

#include "queue/schedule_fixture.h"

namespace queue {
namespace {

using std::chrono_literals::operator""min;

class PriorityTest : public ScheduleTest {
 protected:
  void add_with(std::uint64_t id, int priority, std::string_view destination = "mx:a.example") {
    const std::uint32_t recipient = 0;
    schedule.add({.id = {id},
                  .destination = destination,
                  .recipients = {&recipient, 1},
                  .accepted = now,
                  .next_attempt = now,
                  .priority = static_cast<std::int8_t>(priority)},
                 now);
    EXPECT_EQ(schedule.check(), "");
  }
  std::vector<std::uint64_t> order() {
    std::vector<std::uint64_t> ids;
    while (const std::uint64_t id = next_id()) {
      ids.push_back(id);
      end(id);
    }
    return ids;
  }
};

TEST_F(PriorityTest, TheMoreUrgentGoesFirst) {
  add_with(1, -9);
  add_with(2, 0);
  add_with(3, 2);
  add_with(4, 9);
  add_with(5, -1);
  add_with(6, 2);
  EXPECT_EQ(order(), (std::vector<std::uint64_t>{4, 3, 6, 2, 5, 1}));
}

TEST_F(PriorityTest, OfEightTurnsOneIsTheOldests) {
  add_with(1, -3);
  add_with(2, 0);
  for (std::uint64_t id = 10; id < 30; ++id) add_with(id, 5);
  const std::vector<std::uint64_t> ids = order();
  ASSERT_EQ(ids.size(), 22U);
  EXPECT_EQ(ids[7], 1U);
  EXPECT_EQ(ids[15], 2U);
}

// Urgent mail that comes one by one, each gone before the next.
TEST_F(PriorityTest, NobodyWaitsForEver) {
  add_with(1, 0);
  settings->destination_concurrency_max = 1;
  bool gone = false;
  for (std::uint64_t id = 10; id < 30 && !gone; ++id) {
    add_with(id, 1);
    const std::uint64_t next = next_id();
    gone = next == 1;
    end(next);
  }
  EXPECT_TRUE(gone);
}

TEST_F(PriorityTest, AnUrgentDestinationGoesFirst) {
  for (std::uint64_t id = 1; id <= 4; ++id) add_with(id, 0, "mx:a" + std::to_string(id));
  add_with(5, 0, "mx:u");
  add_with(6, 3, "mx:u");
  EXPECT_EQ(next_id(), 6U);
  EXPECT_EQ(next_id(), 1U);
  for (const std::uint64_t id : {1U, 6U}) end(id);
  EXPECT_EQ(order(), (std::vector<std::uint64_t>{2, 3, 4, 5}));
}

TEST_F(PriorityTest, ItStaysWhereverTheEntryGoes) {
  add_with(1, 0);
  add_with(2, 4);
  EXPECT_EQ(next_id(), 2U);
  unreachable(2);
  EXPECT_EQ(next_id(), 0U);
  add_with(3, 6);
  schedule.rebuild();
  EXPECT_EQ(schedule.check(), "");
  schedule.hold({3});
  schedule.release({3}, now);
  schedule.sort_ready();
  EXPECT_EQ(schedule.check(), "");
  now += 1min;
  EXPECT_EQ(order(), (std::vector<std::uint64_t>{3, 2, 1}));
  EXPECT_EQ(schedule.messages(), 0U);
}

// What nobody asks for costs nothing.
TEST(ReadyList, UsualMailNeedsNoMore) {
  Slots slots;
  ReadyList ready;
  const std::uint32_t slot = slots.take();
  slots[slot].state = EntryState::ready;
  ready.push_back(slots, slot);
  ready.turn_taken();
  EXPECT_EQ(ready.memory_bytes(), 0U);
  EXPECT_FALSE(ready.urgent());
  EXPECT_EQ(ready.front(slots), slot);
  ready.remove(slots, slot);
  EXPECT_TRUE(ready.empty());
  EXPECT_EQ(ready.front(slots), no_slot);
}

}  // namespace
}  // namespace queue
