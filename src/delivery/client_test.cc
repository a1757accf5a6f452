// Tests of delivery/: transactions with scripted servers.
#include <gtest/gtest.h>

#include "delivery/fixture_test.h"
#include "lib/io/sim/network.h"

namespace delivery {
namespace {

Script operator+(Script script, const Script& more) {
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

class ClientTest : public DeliveryTest {
 protected:
  ClientTest() {
    EXPECT_TRUE(zone.add("a.example MX 10 mx.a.example\nmx.a.example A 198.51.100.1"));
  }
  static constexpr const char* mx = "198.51.100.1";
};

// Counts our writes.
class WriteCounter final : public io::sim::NetworkFaults {
 public:
  io::sim::WriteFault on_write(const io::Endpoint& from, const io::Endpoint& /*to*/,
                               std::size_t /*bytes*/) override {
    writes += from.address.text() == "192.0.2.10" ? 1 : 0;
    return {};
  }
  int writes = 0;
};

TEST_F(ClientTest, PipelinesTheEnvelope) {
  serve(mx, {greeting + Script{"< MAIL FROM:<sender@demo.test>", "< RCPT TO:<x@a.example>",
                               "< RCPT TO:<y@a.example>", "< DATA", "> 250 ok", "> 250 ok",
                               "> 251 will forward", "> 354 go", "<text", "> 250 2.0.0 taken"}});
  WriteCounter counter;
  world.internet().set_faults(&counter);
  const auto outcomes = deliver({"x@a.example", "y@a.example"}, "A: b\r\n\r\n.dot\r\n");
  EXPECT_EQ(counter.writes, 3);  // EHLO, the envelope, the text with its end
  world.internet().set_faults(nullptr);
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 2.0.0 taken");
  EXPECT_EQ(text_of(outcomes[1]), "delivered 250 2.0.0 taken");
  EXPECT_EQ(outcomes[0].attempt.remote, "mx.a.example [198.51.100.1]:25");
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0], "A: b\n\n..dot\n");
  ASSERT_EQ(events.events.size(), 1U);
  EXPECT_EQ(events.events[0].name, "delivery.attempt");
}

// RFC 3461 §5.2: what the sender asked goes where DSN is offered; elsewhere we answer.
TEST_F(ClientTest, PassesOnWhatTheSenderAsked) {
  info->envelope.envid = "QQ=1";
  info->envelope.ret = message::Envelope::Ret::headers;
  serve(mx, {{"> 220 mx", "< EHLO us.example", "> 250-mx", "> 250 DSN",
              "< MAIL FROM:<sender@demo.test> RET=HDRS ENVID=QQ+3D1", "> 250 ok", "< RCPT*",
              "> 250 ok", "< DATA", "> 354 go", "<text", "> 250 2.0.0 taken"},
             greeting + Script{"< MAIL FROM:<sender@demo.test>", "< RCPT*", "< DATA", "> 250 ok",
                               "> 250 ok", "> 354 go", "<text", "> 250 2.0.0 taken"}});
  EXPECT_EQ(deliver_one("x@a.example").handover, queue::Handover::passed_on);
  restart_with_settings();
  EXPECT_EQ(deliver_one("x@a.example").handover, queue::Handover::relayed);
}

// A list's members and what is forwarded go out with another sender: a MAIL for each of them.
TEST_F(ClientTest, EachSenderHasItsOwnMail) {
  return_paths = {{"b@a.example", "owner-list@demo.test"},
                  {"c@a.example", "SRS0=h=d=b.example=a@demo.test"},
                  {"d@a.example", "owner-list@demo.test"}};
  const Script rest = {"< DATA", "> 250 ok", "> 250 ok", "> 354 go", "<text", "> 250 taken"};
  serve(mx, {greeting + Script{"< MAIL FROM:<sender@demo.test>", "< RCPT TO:<a@a.example>"} + rest +
             Script{"< MAIL FROM:<owner-list@demo.test>", "< RCPT TO:<b@a.example>",
                    "< RCPT TO:<d@a.example>", "< DATA", "> 250 ok", "> 250 ok", "> 550 5.1.1 who?",
                    "> 354 go", "<text", "> 250 taken"} +
             Script{"< MAIL FROM:<SRS0=h=d=b.example=a@demo.test>", "< RCPT TO:<c@a.example>",
                    "< DATA", "> 550 5.7.1 not this one", "> 503 no", "> 503 no"}});
  const auto outcomes = deliver({"a@a.example", "b@a.example", "c@a.example", "d@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 taken");
  EXPECT_EQ(text_of(outcomes[1]), "delivered 250 taken");
  EXPECT_EQ(text_of(outcomes[2]), "failed 550 5.7.1 not this one");
  EXPECT_EQ(text_of(outcomes[3]), "failed 550 5.1.1 who?");
  EXPECT_EQ(texts.size(), 2U);
  EXPECT_EQ(connections, 1);
}

TEST_F(ClientTest, AConnectionLostBetweenTwoSenders) {
  return_paths = {{"b@a.example", "owner-list@demo.test"}};
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                               "<text", "> 250 taken", "close"}});
  const auto outcomes = deliver({"a@a.example", "b@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 taken");
  EXPECT_EQ(outcomes[1].result, queue::Result::deferred);
  EXPECT_FALSE(outcomes[1].whole_destination);
}

// RFC 5321 §4.5.5
TEST_F(ClientTest, TheNullSenderStays) {
  info->envelope.sender = {};
  return_paths = {{"b@a.example", "owner-list@demo.test"}};
  serve(mx, {greeting + Script{"< MAIL FROM:<>", "< RCPT TO:<a@a.example>",
                               "< RCPT TO:<b@a.example>", "< DATA", "> 250 ok", "> 250 ok",
                               "> 250 ok", "> 354 go", "<text", "> 250 taken"}});
  for (const auto& outcome : deliver({"a@a.example", "b@a.example"})) {
    EXPECT_EQ(text_of(outcome), "delivered 250 taken");
  }
}

TEST_F(ClientTest, SpeaksInTurnWithoutPipeliningAndEhlo) {
  serve(mx, {{"> 220 old", "< EHLO us.example", "> 502 what", "< HELO us.example", "> 250 old",
              "< MAIL FROM:<sender@demo.test>", "> 250 ok", "< RCPT TO:<x@a.example>", "> 550 no",
              "< RCPT TO:<y@a.example>", "> 250 ok", "< DATA", "> 354 go", "<text", "> 250 ok"}});
  const auto outcomes = deliver({"x@a.example", "y@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "failed 550 no");
  EXPECT_EQ(text_of(outcomes[1]), "delivered 250 ok");
}

TEST_F(ClientTest, EachRecipientHasItsOwnAnswer) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< RCPT*", "< RCPT*", "< DATA", "> 250 ok",
                               "> 250 ok", "> 550 5.1.1 unknown", "> 450 4.2.1 later", "> 354 go",
                               "<text", "> 250 ok"}});
  const auto outcomes = deliver({"x@a.example", "y@a.example", "z@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 ok");
  EXPECT_EQ(text_of(outcomes[1]), "failed 550 5.1.1 unknown");
  EXPECT_EQ(text_of(outcomes[2]), "deferred 450 4.2.1 later");
  EXPECT_FALSE(outcomes[2].whole_destination);
}

TEST_F(ClientTest, AnswersBeforeTheText) {
  const struct {
    std::vector<std::string> replies;  // to MAIL, RCPT, DATA
    const char* outcome;
  } cases[] = {
      {{"> 451 4.7.1 greylisted", "> 503 no", "> 503 no"}, "deferred 451 4.7.1 greylisted"},
      {{"> 550 5.7.1 go away", "> 503 no", "> 503 no"}, "failed 550 5.7.1 go away"},
      {{"> 250 ok", "> 552 too many", "> 554 no"}, "deferred 552 too many"},
      {{"> 250 ok", "> 354 what", "> 554 no"}, "deferred 354 what"},
      {{"> 250 ok", "> 250 ok", "> 554 5.3.0 no"}, "failed 554 5.3.0 no"},
      {{"> 250 ok", "> 250 ok", "> 451 4.3.0 no"}, "deferred 451 4.3.0 no"},
      {{"> 250 ok", "> 250 ok", "> 250 what"}, "deferred 250 what"},
  };
  for (const auto& c : cases) {
    restart_with_settings();
    serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA"} + c.replies});
    EXPECT_EQ(text_of(deliver_one("x@a.example")), c.outcome);
  }
}

TEST_F(ClientTest, AServerThatWantsATextForNobodyGetsNone) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 550 no", "> 354 go",
                               "< .", "> 554 no recipients"}});
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "failed 550 no");
}

TEST_F(ClientTest, AnswersToTheText) {
  const struct {
    const char* reply;
    const char* outcome;
  } cases[] = {
      {"> 554 5.7.1 spam", "failed 554 5.7.1 spam"},
      {"> 452 4.3.1 full", "deferred 452 4.3.1 full"},
      {"> 421 4.3.2 bye", "deferred 421 4.3.2 bye"},
  };
  for (const auto& c : cases) {
    restart_with_settings();
    serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                                 "<text", c.reply}});
    EXPECT_EQ(text_of(deliver_one("x@a.example")), c.outcome);
  }
}

TEST_F(ClientTest, ConnectionLostAfterTheDotMayHaveDelivered) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                               "<text", "close"}});
  const auto outcome = deliver_one("x@a.example");
  EXPECT_EQ(outcome.result, queue::Result::deferred);
  EXPECT_NE(outcome.attempt.reply.text().find("may arrive twice"), std::string::npos);
  EXPECT_FALSE(outcome.whole_destination);
}

TEST_F(ClientTest, NoAnswerAfterTheDotTakesTenMinutes) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                               "<text", "hang"}});
  const base::Instant began = world.now();
  EXPECT_EQ(deliver_one("x@a.example").result, queue::Result::deferred);
  EXPECT_GE(world.now() - began, std::chrono::minutes(10));
  EXPECT_LE(world.now() - began, std::chrono::minutes(11));
}

TEST_F(ClientTest, MoreRecipientsThanTheServerTakesAtOnce) {
  const Script answers = {"> 250 ok", "> 250 ok", "> 452 4.5.3 too many",
                          "> 354 go", "<text",    "> 250 ok"};
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT TO:<x@*", "< RCPT TO:<y@*", "< DATA"} + answers +
             Script{"< MAIL*", "< RCPT TO:<y@*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                    "<text", "> 250 second"}});
  const auto outcomes = deliver({"x@a.example", "y@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 ok");
  EXPECT_EQ(text_of(outcomes[1]), "delivered 250 second");
}

TEST_F(ClientTest, KeepsToRcptmax) {
  serve(mx,
        {{"> 220 mx", "< EHLO*",        "> 250-mx",  "> 250-PIPELINING", "> 250 LIMITS RCPTMAX=1",
          "< MAIL*",  "< RCPT TO:<x@*", "< DATA",    "> 250 ok",         "> 250 ok",
          "> 354 go", "<text",          "> 250 one", "< MAIL*",          "< RCPT TO:<y@*",
          "< DATA",   "> 250 ok",       "> 250 ok",  "> 354 go",         "<text",
          "> 250 two"}});
  const auto outcomes = deliver({"x@a.example", "y@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "delivered 250 one");
  EXPECT_EQ(text_of(outcomes[1]), "delivered 250 two");
}

TEST_F(ClientTest, EightBitOnlyWhereItIsOffered) {
  const Script seven = {"> 220 mx", "< EHLO*", "> 250 mx"};
  serve(mx, {seven, seven + Script{"< MAIL FROM:<sender@demo.test>", "> 250 ok", "< RCPT*",
                                   "> 250 ok", "< DATA", "> 354 go", "<text", "> 250 ok"}});
  info->envelope.eight_bit = true;
  EXPECT_EQ(text_of(deliver({"x@a.example"}, "A: b\r\n\r\n\xc3\xbc\r\n")[0]).substr(0, 16),
            "failed 554 5.6.3");
  restart_with_settings();
  // The sender said 8BITMIME, but the text has 7 bits.
  EXPECT_EQ(text_of(deliver({"x@a.example"}, "A: b\r\n\r\nu\r\n")[0]), "delivered 250 ok");
}

// RFC 3030: the text in one counted chunk, without dots and without a round trip for leave.
TEST_F(ClientTest, ChunksWhereTheyAreOffered) {
  const Script hello = {"> 220 mx", "< EHLO*", "> 250-mx", "> 250-CHUNKING", "> 250 BINARYMIME"};
  serve(mx, {hello + Script{"< MAIL FROM:<sender@demo.test>",
                            "> 250 ok",
                            "< RCPT*",
                            "> 250 ok",
                            "< BDAT 14 LAST",
                            "< A: b",
                            "< ",
                            "< .dot",
                            "> 250 2.0.0 taken",
                            "< MAIL*",
                            "> 250 ok",
                            "< RCPT*",
                            "> 550 5.1.1 no",
                            "< RSET",
                            "> 250 ok",
                            "< MAIL FROM:<sender@demo.test> BODY=BINARYMIME",
                            "> 250 ok",
                            "< RCPT*",
                            "> 250 ok",
                            "< BDAT 13 LAST",
                            "< A: b",
                            "< ",
                            "< a\rb",
                            "> 554 5.6.0 no"}});
  const std::string text = "A: b\r\n\r\n.dot\r\n";
  EXPECT_EQ(text_of(deliver({"x@a.example"}, text)[0]), "delivered 250 2.0.0 taken");
  EXPECT_EQ(text_of(deliver({"x@a.example"}, text)[0]), "failed 550 5.1.1 no");
  info->envelope.binary = true;
  EXPECT_EQ(text_of(deliver({"x@a.example"}, "A: b\r\n\r\na\rb\r\n")[0]).substr(0, 6), "failed");
}

TEST_F(ClientTest, BinaryOnlyWhereItIsOffered) {
  const Script hello = {"> 220 mx", "< EHLO*", "> 250-mx", "> 250 CHUNKING"};
  serve(mx, {hello});
  info->envelope.binary = true;
  info->envelope.eight_bit = true;
  EXPECT_EQ(text_of(deliver({"x@a.example"}, "A: b\r\n\r\na\rb\r\n")[0]),
            "failed 554 5.6.3 The next server does not offer BINARYMIME, which parts of the "
            "message need");
}

TEST_F(ClientTest, SaysSizeAndBody) {
  serve(mx, {{"> 220 mx", "< EHLO*", "> 250-mx", "> 250-8BITMIME", "> 250 SIZE 1000",
              "< MAIL FROM:<sender@demo.test> SIZE=21 BODY=8BITMIME", "> 452 4.3.1 full"}});
  info->envelope.eight_bit = true;
  EXPECT_EQ(deliver_one("x@a.example").result, queue::Result::deferred);
  EXPECT_EQ(text_of(deliver({"x@a.example"}, std::string(2000, 'x'))[0]).substr(0, 16),
            "failed 552 5.3.4");
}

TEST_F(ClientTest, LargeTextInWritesOf64KiB) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                               "<text", "> 250 ok"}});
  std::string text = "A: b\r\n\r\n";
  for (int i = 0; i < 20'000; ++i) text += ".0123456789\r\n";
  WriteCounter counter;
  world.internet().set_faults(&counter);
  EXPECT_EQ(text_of(deliver({"x@a.example"}, text)[0]), "delivered 250 ok");
  world.internet().set_faults(nullptr);
  EXPECT_LE(counter.writes, 3 + static_cast<int>(text.size() / (64 * 1024)) + 1);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].size(), text.size() + 20'000 - 20'002);  // dots in, CRs out
}

TEST_F(ClientTest, ARefusalInTheMiddleOfTheTextIsHeard) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go",
                               "> 552 5.3.4 too big", "close"}});
  const auto outcome = deliver({"x@a.example"}, std::string(1'000'000, 'x'))[0];
  EXPECT_NE(outcome.result, queue::Result::delivered);
}

TEST_F(ClientTest, OurOwnDiskFailsUnderTheText) {
  serve(mx, {greeting +
             Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go", "<text"}});
  MemoryBody body(std::string(500'000, 'x'));
  body.fail_at = 200'000;
  const auto outcome = deliver_body({"x@a.example"}, body)[0];
  EXPECT_EQ(text_of(outcome).substr(0, 18), "deferred 451 4.3.0");
  EXPECT_TRUE(texts.empty());  // the server never saw the dot
}

TEST_F(ClientTest, GarbageAndEndlessReplies) {
  const struct {
    Script script;
    const char* outcome;
  } cases[] = {
      {{"> SSH-2.0-OpenSSH", "hang"}, "deferred 451 4.5.0"},
      {{">> " + std::string(5000, 'x'), "hang"}, "deferred 451 4.5.0"},
      {{"> 220 mx", "< EHLO*", ">> " + std::string(20, ' '), "hang"}, "deferred 451"},
  };
  for (const auto& c : cases) {
    restart_with_settings();
    serve(mx, {c.script});
    const std::string text = text_of(deliver_one("x@a.example"));
    EXPECT_EQ(text.substr(0, std::string_view(c.outcome).size()), c.outcome) << text;
  }
  Script endless = {"> 220 mx", "< EHLO*"};
  for (int i = 0; i < 200; ++i) endless.emplace_back("> 250-x");
  restart_with_settings();
  serve(mx, {endless});
  EXPECT_EQ(text_of(deliver_one("x@a.example")).substr(0, 18), "deferred 451 4.5.0");
}

// A transaction that a 421 or a lost connection ends half way.
TEST_F(ClientTest, LostInTheEnvelope) {
  serve(mx, {greeting + Script{"< MAIL*", "< RCPT*", "< RCPT*", "< DATA", "> 250 ok",
                               "> 550 5.1.1 no", "> 421 4.3.2 going down", "close"}});
  const auto outcomes = deliver({"x@a.example", "y@a.example"});
  EXPECT_EQ(text_of(outcomes[0]), "failed 550 5.1.1 no");
  EXPECT_EQ(text_of(outcomes[1]), "deferred 421 4.3.2 going down");
}

}  // namespace
}  // namespace delivery
