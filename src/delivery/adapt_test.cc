// Tests of delivery/adapt.h: what goes to a server that offers less than the message asks for.
#include "delivery/adapt.h"

#include <gtest/gtest.h>

#include "delivery/fixture_test.h"

namespace delivery {
namespace {

const std::string ascii = "Subject: x\r\n\r\nHello\r\n";
const std::string eight_bit_body = "Subject: x\r\n\r\nH\xc3\xa4llo\r\n";
const std::string utf8_header = "Subject: \xc3\xa4\r\n\r\nHello\r\n";

class AdaptTest : public DeliveryTest {
 protected:
  AdaptTest() {
    EXPECT_TRUE(
        zone.add("a.example MX 10 mx.a.example\nmx.a.example A 198.51.100.1\n"
                 "xn--bcher-kva.example MX 10 mx.a.example"));
    info->envelope.smtputf8 = true;
  }
  // A server that offers this and must be told so.
  void expect_dialogue(const std::string& offers, const std::string& mail,
                       const std::vector<std::string>& rcpts) {
    Script script = {"> 220 mx", "< EHLO*", "> 250-mx", "> 250 " + offers, "< MAIL FROM:" + mail,
                     "> 250 ok"};
    for (const std::string& rcpt : rcpts) {
      script.push_back("< RCPT TO:" + rcpt);
      script.emplace_back("> 250 ok");
    }
    if (!rcpts.empty()) {
      for (const char* line : {"< DATA", "> 354 go", "<text", "> 250 2.0.0 taken"}) {
        script.emplace_back(line);
      }
    }
    serve("198.51.100.1", {script});
  }
  std::vector<queue::Outcome> send(const std::vector<message::Address>& to, std::string text,
                                   std::size_t chunk_bytes = 1000) {
    MemoryBody body(std::move(text), chunk_bytes);
    queue::Parcel parcel;
    info->envelope.recipients.clear();
    for (const message::Address& address : to) {
      parcel.recipients.push_back(info->envelope.recipients.size());
      info->envelope.recipients.push_back({address, address, {}, {}});
    }
    parcel.message = info;
    parcel.destination = dispatcher->destination(info->envelope, info->envelope.recipients[0]);
    parcel.body = &body;
    auto outcomes = world.run(dispatcher->deliver(parcel));
    std::ranges::sort(outcomes, {}, &queue::Outcome::recipient);
    return outcomes;
  }

  const message::Address plain{"x", "a.example"};
  const message::Address joerg{"j\xc3\xb6rg", "a.example"};
  const message::Address idn{"x",
                             "b\xc3\xbc"
                             "cher.example"};
};

TEST_F(AdaptTest, SmtputfIsSaidWhereItIsOffered) {
  expect_dialogue("SMTPUTF8", "<sender@demo.test> SMTPUTF8", {"<j\xc3\xb6rg@a.example>"});
  EXPECT_EQ(text_of(send({joerg}, utf8_header).at(0)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, AnAddressThatWeHavePutInNeedsItToo) {
  info->envelope.smtputf8 = false;
  expect_dialogue("SMTPUTF8", "<sender@demo.test> SMTPUTF8", {"<j\xc3\xb6rg@a.example>"});
  EXPECT_EQ(text_of(send({joerg}, ascii).at(0)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, WhatNeedsNothingGoesAnywhere) {
  expect_dialogue("8BITMIME", "<sender@demo.test>", {"<x@a.example>"});
  EXPECT_EQ(text_of(send({plain}, ascii).at(0)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, EightBitTextIsNoInternationalHeader) {
  info->envelope.eight_bit = true;
  for (const std::size_t chunk_bytes : {1000UL, 1UL, 3UL}) {
    restart_with_settings();
    expect_dialogue("8BITMIME", "<sender@demo.test> BODY=8BITMIME", {"<x@a.example>"});
    EXPECT_EQ(text_of(send({plain}, eight_bit_body, chunk_bytes).at(0)),
              "delivered 250 2.0.0 taken");
  }
}

TEST_F(AdaptTest, DomainsGoAsALabels) {
  expect_dialogue("8BITMIME", "<sender@demo.test>", {"<x@xn--bcher-kva.example>"});
  EXPECT_EQ(text_of(send({idn}, ascii).at(0)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, TheSendersDomainToo) {
  info->envelope.sender = idn;
  expect_dialogue("8BITMIME", "<x@xn--bcher-kva.example>", {"<x@a.example>"});
  EXPECT_EQ(text_of(send({plain}, ascii).at(0)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, WhoNeedsItFailsAndTheOthersGo) {
  expect_dialogue("8BITMIME", "<sender@demo.test>", {"<x@a.example>"});
  const auto outcomes = send({joerg, plain}, ascii);
  EXPECT_EQ(text_of(outcomes.at(0)),
            "failed 550 5.6.7 The next server does not offer SMTPUTF8, which this address needs");
  EXPECT_EQ(text_of(outcomes.at(1)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, ASenderOrAHeaderThatNeedsItFailsForAll) {
  Script hello = {"> 220 mx", "< EHLO*", "> 250-mx", "> 250 8BITMIME"};
  serve("198.51.100.1", {hello, hello});
  EXPECT_EQ(text_of(send({plain}, utf8_header).at(0)),
            "failed 550 5.6.7 The next server does not offer SMTPUTF8, which the message's header "
            "needs");
  info->envelope.sender = joerg;
  EXPECT_EQ(text_of(send({plain}, ascii).at(0)),
            "failed 550 5.6.7 The next server does not offer SMTPUTF8, which the sender's address "
            "needs");
}

// What came without SMTPUTF8 is passed on as it came, as ever.
TEST_F(AdaptTest, AHeaderThatNobodyDeclaredGoesAsItCame) {
  info->envelope.smtputf8 = false;
  info->envelope.eight_bit = true;
  expect_dialogue("8BITMIME", "<sender@demo.test> BODY=8BITMIME", {"<x@a.example>"});
  EXPECT_EQ(text_of(send({plain}, utf8_header).at(0)), "delivered 250 2.0.0 taken");
}

// RFC 3030 §3: what said BINARYMIME and is text goes as text; what is binary comes back.
TEST_F(AdaptTest, BinaryIsWhatCannotGoAsText) {
  info->envelope.smtputf8 = false;
  info->envelope.binary = info->envelope.eight_bit = true;
  const std::string labelled =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: ";
  const struct {
    std::string text;
    const char* mail;  // what MAIL says; null: it fails
  } cases[] = {
      {ascii, "<sender@demo.test>"},
      {eight_bit_body, "<sender@demo.test> BODY=8BITMIME"},
      {labelled + "8bit\r\n\r\nx\r\n--b--\r\n", "<sender@demo.test>"},
      {labelled + "Binary\r\n\r\nx\r\n--b--\r\n", nullptr},
      {"A: b\r\n\r\nno end", nullptr},
      {"A: b\r\n\r\na\nb\r\n", nullptr},
      {"A: b\r\n\r\na\r", nullptr},
      {std::string("A: b\r\n\r\n\0\r\n", 11), nullptr},
      {"A: b\r\n\r\n" + std::string(998, 'x') + "\r\n", "<sender@demo.test>"},
      {"A: b\r\n\r\n" + std::string(999, 'x') + "\r\n", nullptr},
  };
  for (const auto& c : cases) {
    for (const std::size_t chunk_bytes : {1000UL, 1UL}) {
      restart_with_settings();
      if (c.mail != nullptr) {
        expect_dialogue("8BITMIME", c.mail, {"<x@a.example>"});
      } else {
        serve("198.51.100.1", {{"> 220 mx", "< EHLO*", "> 250-mx", "> 250 8BITMIME"}});
      }
      EXPECT_EQ(text_of(send({plain}, c.text, chunk_bytes).at(0)).substr(0, 16),
                c.mail != nullptr ? "delivered 250 2." : "failed 554 5.6.3")
          << c.text;
    }
  }
}

TEST_F(AdaptTest, AListsMembersAreToldNothingOfWhatItsSenderAsked) {
  info->envelope.smtputf8 = false;
  info->envelope.envid = "mine";
  info->envelope.ret = message::Envelope::Ret::full;
  const auto serve_one = [this](const std::string& mail, const std::string& rcpt) {
    restart_with_settings();
    expect_dialogue("DSN", mail, {rcpt});
  };
  serve_one("<sender@demo.test> RET=FULL ENVID=mine", "<x@a.example> ORCPT=rfc822;all@demo.test");
  MemoryBody body(ascii);
  queue::Parcel parcel;
  message::Recipient member;
  member.address = plain;
  member.original = {"all", "demo.test"};
  info->envelope.recipients = {member};
  parcel = {.message = info, .recipients = {0}, .destination = {}, .body = &body};
  EXPECT_EQ(text_of(world.run(dispatcher->deliver(parcel)).at(0)), "delivered 250 2.0.0 taken");
  info->envelope.recipients[0].of_list = true;
  info->envelope.recipients[0].return_path = {"owner-all", "demo.test"};
  serve_one("<owner-all@demo.test>", "<x@a.example>");
  EXPECT_EQ(text_of(world.run(dispatcher->deliver(parcel)).at(0)), "delivered 250 2.0.0 taken");
}

TEST_F(AdaptTest, OurOwnDiskFailsUnderTheQuestion) {
  Script hello = {"> 220 mx", "< EHLO*", "> 250 mx"};
  serve("198.51.100.1", {hello});
  MemoryBody body(ascii);
  body.fail_at = 0;
  EXPECT_EQ(text_of(deliver_body({"x@a.example"}, body).at(0)).substr(0, 18), "deferred 451 4.3.0");
}

}  // namespace
}  // namespace delivery
