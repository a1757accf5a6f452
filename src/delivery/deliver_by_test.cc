// Tests of delivery/: deadlines and priorities on the way to the next server (RFC 2852, RFC 6710).
#include <gtest/gtest.h>

#include "delivery/fixture_test.h"

namespace delivery {
namespace {

using namespace std::chrono_literals;
using message::DeliverBy;

class DeliverByTest : public DeliveryTest {
 protected:
  DeliverByTest() {
    EXPECT_TRUE(zone.add("a.example MX 10 mx.a.example\nmx.a.example A 198.51.100.1"));
  }
  void set(DeliverBy::Mode mode, base::Duration after, bool trace = false) {
    info->envelope.by = {.mode = mode, .trace = trace, .deadline = world.wall() + after};
  }
  // Offers this, and takes a message whose MAIL and RCPT are these.
  void serve_one(const std::string& offer, const std::string& mail, const std::string& rcpt) {
    serve("198.51.100.1",
          {{"> 220 mx", "< EHLO us.example", "> 250-mx", "> 250-DSN", "> 250 " + offer, mail,
            "> 250 ok", rcpt, "> 250 ok", "< DATA", "> 354 go", "<text", "> 250 taken"}});
  }
  void serve_none(const std::string& offer) {
    serve("198.51.100.1",
          {{"> 220 mx", "< EHLO us.example", "> 250-mx", "> 250-DSN", "> 250 " + offer}});
  }
  static constexpr auto give_back = DeliverBy::Mode::give_back;
  static constexpr auto notify = DeliverBy::Mode::notify;
};

TEST_F(DeliverByTest, WhatIsLeftGoesOn) {
  set(give_back, 100s, true);
  serve_one("DELIVERBY 60", "< MAIL FROM:<sender@demo.test> BY=99;RT", "< RCPT TO:<x@a.example>");
  const queue::Outcome outcome = deliver_one("x@a.example");
  EXPECT_EQ(text_of(outcome), "delivered 250 taken");
  EXPECT_TRUE(outcome.by_kept);
}

TEST_F(DeliverByTest, ComesBackFromWhoWouldNotKeepIt) {
  set(give_back, 100s);
  serve_none("8BITMIME");
  EXPECT_TRUE(text_of(deliver_one("x@a.example")).starts_with("failed 554 5.4.7 "));
  restart_with_settings();
  serve_none("DELIVERBY 3600");
  EXPECT_TRUE(text_of(deliver_one("x@a.example")).starts_with("failed 554 5.4.7 "));
  EXPECT_TRUE(texts.empty());
}

TEST_F(DeliverByTest, WhoDoesNotKnowItIsAskedToTellOfDelays) {
  set(notify, 100s);
  serve_one("8BITMIME", "< MAIL FROM:<sender@demo.test>",
            "< RCPT TO:<x@a.example> NOTIFY=FAILURE,DELAY");
  const queue::Outcome outcome = deliver_one("x@a.example");
  EXPECT_EQ(text_of(outcome), "delivered 250 taken");
  EXPECT_FALSE(outcome.by_kept);
}

TEST_F(DeliverByTest, WhatIsLateIsSaidToBe) {
  set(notify, -100s);
  serve_one("DELIVERBY", "< MAIL FROM:<sender@demo.test> BY=-101;N", "< RCPT TO:<x@a.example>");
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
}

TEST_F(DeliverByTest, PrioritiesGoOn) {
  info->envelope.priority = 3;
  serve_one("MT-PRIORITY STANAG4406", "< MAIL FROM:<sender@demo.test> MT-PRIORITY=3",
            "< RCPT TO:<x@a.example>");
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
}

}  // namespace
}  // namespace delivery
