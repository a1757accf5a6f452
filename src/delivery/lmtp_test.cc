// Tests of delivery/: LMTP with scripted servers (RFC 2033).
#include "delivery/lmtp.h"

#include <gtest/gtest.h>

#include "delivery/fixture_test.h"

namespace delivery {
namespace {

Script operator+(Script script, const Script& more) {
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

const Script hello = {"> 220 dovecot", "< LHLO us.example", "> 250-dovecot", "> 250-8BITMIME",
                      "> 250 PIPELINING"};

class LmtpTest : public DeliveryTest {
 protected:
  LmtpTest() {
    settings->lmtp = *io::ServicePlace::parse("unix:/run/lmtp");
    restart_with_settings();
  }
  static Script to_one(const std::string& reply) {
    return {"< MAIL FROM:<sender@demo.test>*",
            "< RCPT TO:<you@demo.test>",
            "< DATA",
            "> 250 ok",
            "> 250 ok",
            "> 354 go",
            "<text",
            reply};
  }
  static Script to_two(const Script& end) {
    return Script{"< MAIL*",  "< RCPT TO:<you@*", "< RCPT TO:<me@*", "< DATA", "> 250 ok",
                  "> 250 ok", "> 250 ok",         "> 354 go",        "<text"} +
           end;
  }
};

TEST_F(LmtpTest, DeliversOverASocketFile) {
  serve_unix("/run/lmtp", {hello + to_one("> 250 2.0.0 <you@demo.test> Saved")});
  const auto outcome = deliver({"You@Demo.test"}, "A: b\r\n\r\n.dot\r\n").at(0);
  EXPECT_EQ(text_of(outcome), "delivered 250 2.0.0 <you@demo.test> Saved");
  EXPECT_EQ(outcome.attempt.remote, "unix:/run/lmtp");
  // Return-Path and Delivered-To are the LMTP server's to write.
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0], "A: b\n\n..dot\n");
  ASSERT_EQ(events.events.size(), 1U);
  EXPECT_EQ(events.events[0].name, "delivery.attempt");
}

// Behind it lie mailboxes: what the sender asked is ours to answer (RFC 3461 §5.2.3).
TEST_F(LmtpTest, IsTheLastStopForReports) {
  info->envelope.envid = "QQ";
  Script offers = hello;
  offers.back() = "> 250 DSN";
  serve_unix("/run/lmtp",
             {offers + Script{"< MAIL FROM:<sender@demo.test>", "> 250 ok", "< RCPT*", "> 250 ok",
                              "< DATA", "> 354 go", "<text", "> 250 2.0.0 Saved"}});
  EXPECT_EQ(deliver_one("you@demo.test").handover, queue::Handover::final);
}

TEST_F(LmtpTest, DeliversOverTcp) {
  settings->lmtp = *io::ServicePlace::parse("198.51.100.1:24");
  restart_with_settings();
  serve("198.51.100.1", {hello + to_one("> 250 2.0.0 Saved")}, 24);
  const auto outcome = deliver_one("you@demo.test");
  EXPECT_EQ(text_of(outcome), "delivered 250 2.0.0 Saved");
  EXPECT_EQ(outcome.attempt.remote, "[198.51.100.1]:24");
  settings->lmtp = *io::ServicePlace::parse("box.example:24");
  ASSERT_TRUE(zone.add("box.example A 198.51.100.2"));
  restart_with_settings();
  serve("198.51.100.2", {hello + to_one("> 250 2.0.0 Saved")}, 24);
  EXPECT_EQ(text_of(deliver_one("you@demo.test")), "delivered 250 2.0.0 Saved");
}

TEST_F(LmtpTest, EachRecipientHasItsOwnEnd) {
  const struct {
    Script end;
    const char* you;
    const char* me;
  } cases[] = {
      {{"> 250 2.0.0 Saved", "> 552 5.2.2 full"},
       "delivered 250 2.0.0 Saved",
       "failed 552 5.2.2 full"},
      {{"> 451 4.2.0 locked", "> 250 2.0.0 Saved"},
       "deferred 451 4.2.0 locked",
       "delivered 250 2.0.0 Saved"},
      {{"> 250 2.0.0 Saved", "> 421 4.3.2 bye", "close"},
       "delivered 250 2.0.0 Saved",
       "deferred 421 4.3.2 bye"},
  };
  for (const auto& c : cases) {
    restart_with_settings();
    serve_unix("/run/lmtp", {hello + to_two(c.end)});
    const auto outcomes = deliver({"you@demo.test", "me@demo.test"});
    EXPECT_EQ(text_of(outcomes[0]), c.you);
    EXPECT_EQ(text_of(outcomes[1]), c.me);
  }
}

TEST_F(LmtpTest, AConnectionLostAfterTheDotDefersThoseWithoutAReply) {
  serve_unix("/run/lmtp", {hello + to_two({"> 250 2.0.0 Saved", "close"})});
  const auto outcomes = deliver({"you@demo.test", "me@demo.test"});
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 2.0.0 Saved");
  EXPECT_EQ(outcomes[1].result, queue::Result::deferred);
  EXPECT_NE(outcomes[1].attempt.reply.text().find("may arrive twice"), std::string::npos);
  restart_with_settings();
  serve_unix("/run/lmtp", {hello + to_two({"close"})});
  for (const auto& outcome : deliver({"you@demo.test", "me@demo.test"})) {
    EXPECT_EQ(outcome.result, queue::Result::deferred);
  }
}

TEST_F(LmtpTest, AnswersToRcpt) {
  serve_unix("/run/lmtp", {hello + Script{"< MAIL*", "< RCPT*", "< RCPT*", "< DATA", "> 250 ok",
                                          "> 552 5.2.2 full", "> 250 ok", "> 354 go", "<text",
                                          "> 250 2.0.0 Saved"}});
  const auto outcomes = deliver({"you@demo.test", "me@demo.test"});
  EXPECT_EQ(text_of(outcomes[0]), "failed 552 5.2.2 full");
  EXPECT_EQ(text_of(outcomes[1]), "delivered 250 2.0.0 Saved");
}

// RFC 2033 §4.2: DATA without a recipient is 503. A server that says 354 hears no more.
TEST_F(LmtpTest, NoTextWithoutARecipient) {
  for (const char* data : {"> 503 5.5.1 no recipients", "> 354 go"}) {
    restart_with_settings();
    serve_unix("/run/lmtp", {hello + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok",
                                            "> 550 5.1.1 unknown", data}});
    EXPECT_EQ(text_of(deliver_one("you@demo.test")), "failed 550 5.1.1 unknown");
    EXPECT_TRUE(texts.empty());
  }
}

TEST_F(LmtpTest, NobodyThereDefersTheWholeDestination) {
  const auto outcome = deliver_one("you@demo.test");
  EXPECT_EQ(outcome.result, queue::Result::deferred);
  EXPECT_TRUE(outcome.whole_destination);
  EXPECT_EQ(text_of(outcome),
            "deferred 451 4.4.1 connection to unix:/run/lmtp impossible: "
            "no such socket");
}

TEST_F(LmtpTest, NoHeloForAServerThatKnowsNoLhlo) {
  serve_unix("/run/lmtp", {{"> 220 smtp", "< LHLO us.example", "> 500 what"}});
  EXPECT_EQ(deliver_one("you@demo.test").attempt.reply.text(), "500 what");
}

TEST_F(LmtpTest, ReusesTheConnection) {
  serve_unix("/run/lmtp", {hello + to_one("> 250 2.0.0 one") + to_one("> 250 2.0.0 two")});
  EXPECT_EQ(text_of(deliver_one("you@demo.test")), "delivered 250 2.0.0 one");
  EXPECT_EQ(text_of(deliver_one("you@demo.test")), "delivered 250 2.0.0 two");
  EXPECT_EQ(connections, 1);
}

TEST_F(LmtpTest, NamesTheMailboxAndFindsLoops) {
  directory.mailboxes["you+x@demo.test"] = {"you@demo.test"};  // as a detail leads to it
  serve_unix("/run/lmtp", {hello + to_one("> 250 2.0.0 Saved")});
  EXPECT_EQ(text_of(deliver_one("you+x@demo.test")), "delivered 250 2.0.0 Saved");
  const auto outcome = deliver({"you@demo.test"}, "Delivered-To: you@demo.test\r\n\r\nx\r\n").at(0);
  EXPECT_EQ(text_of(outcome).substr(0, 16), "failed 554 5.4.6");
  EXPECT_EQ(text_of(deliver_one("gone@demo.test")),
            "failed 550 5.1.1 the mailbox does not exist any more");
}

// The last stop stores what it gets: only an address needs SMTPUTF8 of it.
TEST_F(LmtpTest, AnUtf8HeaderNeedsNoExtension) {
  info->envelope.smtputf8 = true;
  serve_unix("/run/lmtp", {hello + to_one("> 250 2.0.0 Saved"),
                           hello + Script{"< MAIL FROM:<>", "< RCPT*", "< DATA", "> 250 ok",
                                          "> 250 ok", "> 354 go", "<text", "> 250 2.0.0 Saved"}});
  EXPECT_EQ(text_of(deliver_one("you@demo.test")), "delivered 250 2.0.0 Saved");
  restart_with_settings();
  // Rather without the sender's name than not at all.
  info->envelope.sender = {"s\xc3\xa4nder", "demo.test"};
  EXPECT_EQ(text_of(deliver_one("you@demo.test")), "delivered 250 2.0.0 Saved");
}

TEST_F(LmtpTest, OurOwnDiskFailsUnderTheHeader) {
  MemoryBody body(std::string(5000, 'x'));
  body.fail_at = 0;
  EXPECT_EQ(deliver_body({"you@demo.test"}, body)[0].result, queue::Result::deferred);
}

}  // namespace
}  // namespace delivery
