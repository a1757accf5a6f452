// Tests of receiver.h.
#include "tools/simulate/receiver.h"

#include <gtest/gtest.h>

#include "lib/io/sim/random.h"

namespace simulate {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

class ReceiverTest : public testing::Test {
 protected:
  // One message by a connection of its own: what the first refusal or its end said.
  Answer send(Receiver& receiver, Letter& letter, base::Duration now) {
    Answer answer = receiver.connect(now, random);
    if (answer.reason != Reason::none) return answer;
    answer = receiver.mail(letter, now, random);
    receiver.closed();
    return answer;
  }
  Answer send(Receiver& receiver, base::Duration now) {
    Letter letter = good;
    return send(receiver, letter, now);
  }
  // How many of so many at once are taken.
  int taken(Receiver& receiver, int messages, base::Duration now) {
    int count = 0;
    for (int i = 0; i < messages; ++i) {
      count += send(receiver, now).reason == Reason::none ? 1 : 0;
    }
    return count;
  }

  io::sim::SeededRandom random{1};
  Letter good{.address = 0.99, .mailbox = 0.99, .temper = 0.99};
};

TEST_F(ReceiverTest, TakesWhatComesAndNeedsItsTime) {
  const Provider provider{.latency = std::chrono::milliseconds(100), .processing = 1s};
  Receiver receiver(provider, 0);
  const Answer opened = receiver.connect(0s, random);
  EXPECT_EQ(opened.reason, Reason::none);
  EXPECT_GE(opened.took, std::chrono::milliseconds(400));
  Letter letter = good;
  const Answer answer = receiver.mail(letter, 0s, random);
  EXPECT_EQ(answer.reply->code, 250);
  EXPECT_TRUE(answer.keeps_connection);
  EXPECT_GE(answer.took, std::chrono::milliseconds(80));
  EXPECT_GE(answer.took_in_all(), std::chrono::milliseconds(900));
  EXPECT_EQ(receiver.connections(), 1U);
}

TEST_F(ReceiverTest, SaysWhyInItsReply) {
  const Provider provider{.connections_max = 1};
  Receiver receiver(provider, 0);
  EXPECT_EQ(reason_in(receiver.connect(0s, random).reply->text()), Reason::none);
  const Answer refused = receiver.connect(0s, random);
  EXPECT_EQ(refused.reply->text(), "421 4.7.0 too many connections");
  EXPECT_EQ(reason_in(refused.reply->text()), Reason::connections);
  EXPECT_EQ(reason_in("451 4.4.1 connection to mx timed out"), Reason::unreachable);
}

TEST_F(ReceiverTest, CountsConnections) {
  const Provider provider{.connections_max = 2};
  Receiver receiver(provider, 0);
  EXPECT_EQ(receiver.connect(0s, random).reason, Reason::none);
  EXPECT_EQ(receiver.connect(0s, random).reason, Reason::none);
  const Answer third = receiver.connect(0s, random);
  EXPECT_EQ(third.reason, Reason::connections);
  EXPECT_EQ(third.reply->code, 421);
  EXPECT_FALSE(third.said_hello);
  receiver.closed();
  EXPECT_EQ(receiver.connect(0s, random).reason, Reason::none);
}

TEST_F(ReceiverTest, LimitsTheRatePerWindow) {
  const Provider provider{.rate_messages = 3, .rate_window = 10min, .rate_reply = 451};
  Receiver receiver(provider, 0);
  EXPECT_EQ(taken(receiver, 5, 1min), 3);
  const Answer refused = send(receiver, 9min);
  EXPECT_EQ(refused.reason, Reason::rate);
  EXPECT_EQ(refused.reply->code, 451);
  EXPECT_TRUE(refused.said_hello);
  EXPECT_EQ(taken(receiver, 5, 11min), 3);
}

TEST_F(ReceiverTest, A421EndsTheConnection) {
  const Provider provider{.rate_messages = 1};
  Receiver receiver(provider, 0);
  EXPECT_EQ(taken(receiver, 1, 0s), 1);
  const Answer refused = send(receiver, 1s);
  EXPECT_FALSE(refused.said_hello);
  EXPECT_FALSE(refused.keeps_connection);
}

TEST_F(ReceiverTest, LetsAnUnknownSenderGrow) {
  const Provider provider{.warmup_messages = 10, .warmup_growth_percent = 100, .warmup_max = 40};
  Receiver receiver(provider, 0);
  EXPECT_EQ(taken(receiver, 100, 5h), 10);
  EXPECT_EQ(send(receiver, 28h).reason, Reason::warmup);
  EXPECT_EQ(taken(receiver, 100, 30h), 20);
  EXPECT_EQ(taken(receiver, 100, 54h), 100) << "where 40 would be, the warm-up is over";
}

TEST_F(ReceiverTest, GreylistsOnceAndKnowsUsThen) {
  const Provider provider{.greylist_delay = 5min, .greylist_window = 1h, .greylist_known_after = 2};
  Receiver receiver(provider, 0);
  Letter one = good;
  EXPECT_EQ(send(receiver, one, 0s).reason, Reason::greylisted);
  EXPECT_EQ(send(receiver, one, 4min).reason, Reason::greylisted);
  EXPECT_EQ(send(receiver, one, 5min).reason, Reason::none);
  Letter late = good;
  EXPECT_EQ(send(receiver, late, 0s).reply->code, 450);
  EXPECT_EQ(send(receiver, late, 2h).reason, Reason::greylisted) << "the window was over";
  EXPECT_EQ(send(receiver, late, 3h).reason, Reason::none);
  EXPECT_EQ(send(receiver, 4h).reason, Reason::none) << "two have passed: it knows us";
}

TEST_F(ReceiverTest, BlocksWhoIsTooFast) {
  const Provider provider{.rate_messages = 2,
                          .rate_window = 1h,
                          .rate_reply = 450,
                          .block_after_refused = 3,
                          .block_for = 5h,
                          .block_reply = 554};
  Receiver receiver(provider, 0);
  EXPECT_EQ(taken(receiver, 5, 0s), 2);
  const Answer blocked = send(receiver, 2h);
  EXPECT_EQ(blocked.reason, Reason::blocked);
  EXPECT_EQ(blocked.reply->code, 554);
  EXPECT_FALSE(blocked.said_hello);
  EXPECT_EQ(send(receiver, 5h).reason, Reason::none);
}

TEST_F(ReceiverTest, BlocksWhomPeopleComplainAbout) {
  const Provider provider{.block_after_complaints = 2, .block_reply = 550, .complaints = 0.5};
  Receiver receiver(provider, 0);
  Letter spam{.address = 0.9, .mailbox = 0.9, .temper = 0.1};
  EXPECT_EQ(send(receiver, spam, 0s).reason, Reason::none);
  EXPECT_EQ(send(receiver, 0s).reason, Reason::none);
  EXPECT_EQ(send(receiver, spam, 1s).reason, Reason::none);
  const Answer blocked = send(receiver, 2s);
  EXPECT_EQ(blocked.reason, Reason::blocked);
  EXPECT_TRUE(blocked.said_hello) << "550 is said to MAIL";
}

TEST_F(ReceiverTest, HasMailboxesThatAreFullOrNotThere) {
  const Provider provider{.invalid = 0.1, .full = 0.1, .full_for = 10h};
  Receiver receiver(provider, 0);
  Letter nobody{.address = 0.05, .mailbox = 0.9, .temper = 0.9};
  EXPECT_EQ(send(receiver, nobody, 0s).reply->code, 550);
  Letter full{.address = 0.9, .mailbox = 0.05, .temper = 0.9, .accepted = 1h};
  EXPECT_EQ(send(receiver, full, 1h).reply->code, 452);
  EXPECT_EQ(send(receiver, full, 10h).reason, Reason::full);
  EXPECT_EQ(send(receiver, full, 12h).reason, Reason::none);
}

TEST_F(ReceiverTest, IsDownNowAndThenOrAlways) {
  const Provider provider{.outage_every = 10h, .outage_for = 1h};
  Receiver receiver(provider, 0);
  EXPECT_EQ(send(receiver, 30min).reason, Reason::unreachable);
  EXPECT_EQ(send(receiver, 2h).reason, Reason::none);
  EXPECT_EQ(send(receiver, 10h).reason, Reason::unreachable);
  Receiver shifted(provider, 0.5);
  EXPECT_TRUE(shifted.down(5h));
  EXPECT_FALSE(shifted.down(0s));
  const Provider dead{.dead = true};
  EXPECT_FALSE(send(*std::make_unique<Receiver>(dead, 0), 1h).said_hello);
}

}  // namespace
}  // namespace simulate
