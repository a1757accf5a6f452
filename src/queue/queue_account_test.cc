// Tests of queue.h: what is held of one account is released or removed by one word.
#include <gtest/gtest.h>

#include "queue/queue_fixture.h"

namespace queue {
namespace {

using std::chrono::seconds;

// As a session commits it: held because of its account, under whatever sender.
base::MessageId submit_held(QueueFixture& fixture, const std::string& account,
                            const std::string& sender) {
  MessageInfo info;
  info.id = fixture.queue->next_id();
  info.accepted = fixture.host.doors().clock.wall();
  info.envelope.sender = message::parse_address(sender).value();
  message::Recipient to;
  to.address = to.original = message::parse_address("b@far.test").value();
  info.envelope.recipients.push_back(to);
  info.account = account;
  info.hold = true;
  info.hold_reason = "a limit";
  const base::MessageId id = info.id;
  auto draft = fixture.queue->open_draft();
  info.received_bytes = 4;
  info.content = message::Content::whole(4);
  EXPECT_TRUE(fixture.world.run(draft->append("hi\r\n")));
  EXPECT_TRUE(fixture.world.run(fixture.queue->submit(std::move(draft), std::move(info))));
  return id;
}

TEST(QueueOfAnAccount, IsReleasedOrRemovedWhateverItsSender) {
  QueueFixture fixture;
  ASSERT_TRUE(fixture.start());
  for (int i = 0; i < 200; ++i) {
    submit_held(fixture, "you@demo.test", i % 2 == 0 ? "you@demo.test" : "info@demo.test");
  }
  submit_held(fixture, "other@demo.test", "info@demo.test");
  Filter filter;
  filter.account = "You@Demo.test";
  filter.held_only = true;
  EXPECT_EQ(fixture.world.run(fixture.queue->list(filter, 1'000)).size(), 200U);
  EXPECT_EQ(fixture.world.run(fixture.queue->operate(Operation::release, filter, "dry", true)),
            200U);
  EXPECT_EQ(fixture.world.run(fixture.queue->operate(Operation::release, filter, "word", false)),
            200U);
  fixture.run(seconds(60));
  EXPECT_EQ(fixture.queue->size(), 1U) << "the other account's is held still";
  filter.account = "other@demo.test";
  EXPECT_EQ(fixture.world.run(fixture.queue->operate(Operation::remove, filter, "word", false)),
            1U);
  EXPECT_EQ(fixture.queue->size(), 0U);
  fixture.stop();
}

// What somebody else holds, or has taken over, is not let go with it.
TEST(QueueOfAnAccount, AnOperatorsHoldIsHisOwn) {
  QueueFixture fixture;
  ASSERT_TRUE(fixture.start());
  for (int i = 0; i < 3; ++i) submit_held(fixture, "you@demo.test", "you@demo.test");
  const Filter taken{.id = submit_held(fixture, "you@demo.test", "you@demo.test")};
  EXPECT_EQ(fixture.operate(Operation::hold, taken), 1U) << "\"because\" instead of \"a limit\"";
  EXPECT_EQ(fixture.operate(Operation::hold, taken), 0U);
  const Filter limited{
      .account = "you@demo.test", .held_only = true, .hold_reason_prefix = "a limit"};
  EXPECT_EQ(fixture.list(limited).size(), 3U);
  EXPECT_EQ(fixture.operate(Operation::remove, limited), 3U);
  ASSERT_EQ(fixture.list().size(), 1U);
  EXPECT_EQ(fixture.list()[0].hold_reason, "because");
  fixture.stop();
}

}  // namespace
}  // namespace queue
