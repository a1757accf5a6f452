// Tests of redaction: no local part and no subject is left in anything that may be written.
#include "trace/redact.h"

#include <gtest/gtest.h>

#include "trace/line.h"
#include "trace/store.h"
#include "trace/tee.h"

#include "lib/base/text.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace trace {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

const std::string secret_key(32, 'k');
const Redactor hashing({.local_parts = LocalParts::hash}, secret_key);
const Redactor redacting({.local_parts = LocalParts::redact}, secret_key);
const Redactor subjects_only({}, "");

base::Event event(std::string_view name, Fields fields) {
  return {.severity = base::Severity::info,
          .name = name,
          .time = base::parse_time("2026-11-23T14:00:00.000Z").value(),
          .session = {1},
          .message = {11},
          .fields = std::move(fields)};
}

// One value beside a sender and a recipient, as it may be written.
std::string shown(const Redactor& redactor, std::string_view field, std::string value,
                  std::string_view name = "recipient.deferred") {
  Redactor::Scratch scratch;
  const base::Event one = event(name, {{"from", "Zebedee.Quux@sender.test"},
                                       {"to", "wilhelmina@rcpt.test, xaver+shop@rcpt.test"},
                                       {field, std::move(value)}});
  return std::string(redactor.apply(one, scratch).fields.back().second);
}

TEST(RedactTest, PseudonymsFollowAMailbox) {
  const std::string one = hashing.address("Wilhelmina@rcpt.test");
  EXPECT_TRUE(one.starts_with('~') && one.ends_with("@rcpt.test") && one.size() == 15 + 10) << one;
  EXPECT_EQ(base::lower(one), base::lower(hashing.address("wilhelmina@RCPT.test")));
  EXPECT_NE(one, hashing.address("wilhelmina@other.test"));  // nobody is followed across domains
  EXPECT_NE(
      one,
      Redactor({.local_parts = LocalParts::hash}, "another key").address("wilhelmina@rcpt.test"));
  EXPECT_TRUE(hashing.address("Wilhelmina+shop@rcpt.test").starts_with(one.substr(0, 15) + "+"));
  EXPECT_EQ(hashing.address(one), one);  // asked by what a log line showed
  EXPECT_EQ(redacting.address("wilhelmina@rcpt.test"), "***@rcpt.test");
}

TEST(RedactTest, EveryPlaceOfAnAddress) {
  for (const std::string value : {
           "550 5.1.1 <wilhelmina@rcpt.test>: Recipient address rejected: User unknown",
           "550 5.1.1 no such user wilhelmina",
           "550 5.1.1 WILHELMINA is over quota (xaver, too)",
           "550 see https://spf.test/why?id=wilhelmina%40rcpt.test&ip=192.0.2.1",
           "550 bounces-wilhelmina=40rcpt.test@list.test",
           "451 cannot write /mail/rcpt.test/wilhelmina/tmp/1.2",
           "550 'zebedee.quux@sender.test' and \"Zebedee.Quux\"@sender.test",
           "550 \"wilhelmina\"@rcpt.test and wilhelmina@[192.0.2.1]",
           "550 wilhelmina+shop@rcpt.test,xaver@rcpt.test;wilhelmina@rcpt.test",
           "550 <wilhelmi",  // cut by who wrote it
           "550 w\xc3\xb6rner.wilhelmina@rcpt.test",
       }) {
    for (const Redactor* redactor : {&hashing, &redacting}) {
      for (const std::string_view field : {"reply", "reason", "filters", "text", "error"}) {
        const std::string out = base::lower(shown(*redactor, field, value));
        for (const std::string_view secret :
             {"wilhelm", "zebedee", "quux", "xaver", "shop", "rner"}) {
          EXPECT_EQ(out.find(secret), std::string::npos) << value << " → " << out;
        }
      }
    }
  }
}

TEST(RedactTest, WhatIsNoAddressStays) {
  EXPECT_EQ(shown(hashing, "peer", "192.0.2.1:4711"), "192.0.2.1:4711");
  EXPECT_EQ(shown(hashing, "reply", "421 4.7.0 mx.rcpt.test is busy, try later"),
            "421 4.7.0 mx.rcpt.test is busy, try later");
  EXPECT_EQ(shown(hashing, "remote", "mx.wilhelmina.test[192.0.2.7]:25"),
            "mx.wilhelmina.test[192.0.2.7]:25");
  EXPECT_EQ(shown(redacting, "reply", "550 <wilhelmina@rcpt.test>: unknown user"),
            "550 <***@rcpt.test>: unknown user");
}

TEST(RedactTest, FieldsWithFormsOfTheirOwn) {
  EXPECT_EQ(shown(hashing, "remote", "mail/wilhelmina@rcpt.test"),
            "mail/" + hashing.address("wilhelmina@rcpt.test"));
  EXPECT_EQ(shown(redacting, "login", "wilhelmina"), "***");
  EXPECT_EQ(shown(redacting, "login", "wilhelmina@rcpt.test/phone"), "***@rcpt.test/phone");
  EXPECT_EQ(shown(redacting, "command", "RCPT TO:<wilhelmina>"), "RCPT");
  EXPECT_EQ(shown(redacting, "command", "RCPT TO:<wilhelmina@rcpt.test>"),
            "RCPT TO:<***@rcpt.test>");
  // The recipients are not in this event; theirs have the words.
  EXPECT_EQ(shown(hashing, "reply", "550 5.1.1 no bob here", "delivery.attempt"), "550 5.1.1");
}

TEST(RedactTest, ALongListIsNotCutWithinAnAddress) {
  std::string to;
  while (to.size() < 2 * value_bytes_max) to += "wilhelmina@rcpt.test, ";
  const std::string out = shown(redacting, "to", to);
  EXPECT_EQ(out.find("wilhelm"), std::string::npos);
  EXPECT_LE(out.size(), value_bytes_max);
}

TEST(RedactTest, Subjects) {
  const std::string value = "550 5.7.1 spam, Subject: the secret plan";
  EXPECT_EQ(shown(subjects_only, "reply", value), "550 5.7.1 spam, Subject:");
  EXPECT_EQ(shown(subjects_only, "filters", "SUBJECT: the secret plan"), "SUBJECT:");
  EXPECT_EQ(shown(Redactor({.subjects = Subjects::keep}, ""), "reply", value), value);
  // What has none is not touched: it costs a look.
  EXPECT_FALSE(
      subjects_only.touches(event("x", {{"from", "a@x.test"}, {"reply", "250 2.0.0 ok"}})));
  EXPECT_TRUE(subjects_only.touches(event("x", {{"reply", value}})));
  EXPECT_EQ(shown(subjects_only, "subject", "the secret plan"), "***");
}

class Caught final : public base::EventSink {
 public:
  void emit(const base::Event& event) override {
    for (const auto& [key, value] : event.fields) text += std::string(key) + "=" + value + "\n";
  }
  std::string text;
};

class RedactedStoreTest : public testing::Test {
 protected:
  RedactedStoreTest() {
    Settings settings;
    settings.folder = "/state/trace";
    store_ = TraceStore::open(host_.doors().files, settings).value();
  }
  void emit(const Redactor& redactor) {
    store_->set_redactor(&redactor);
    Caught other;
    Tee tee({store_.get()}, {&other}, &redactor);
    tee.emit(event("message.accepted",
                   {{"from", "zebedee@sender.test"}, {"to", "wilhelmina@rcpt.test"}}));
    EXPECT_EQ(other.text.find("wilhelmina"), std::string::npos) << "other sinks get it redacted";
  }
  [[nodiscard]] std::size_t found(std::string_view what) {
    const auto events = store_->find(what, 100, now_);
    return events ? events->size() : 999;
  }

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  base::Time now_ = base::parse_time("2026-11-23T14:00:00.000Z").value();
  std::unique_ptr<TraceStore> store_;
};

TEST_F(RedactedStoreTest, IsFoundByIdAddressAndPseudonym) {
  emit(hashing);
  for (const std::string& what :
       {base::MessageId{11}.text(), std::string("wilhelmina@rcpt.test"),
        std::string("<Wilhelmina@RCPT.test>"), std::string("zebedee@sender.test"),
        hashing.address("wilhelmina@rcpt.test")}) {
    EXPECT_EQ(found(what), 1) << what;
  }
  EXPECT_EQ(found("somebody@rcpt.test"), 0);
  const auto events = store_->find(base::MessageId{11}.text(), 100, now_).value();
  EXPECT_EQ(json_line(events.front()).find("wilhelmina"), std::string::npos);
}

TEST_F(RedactedStoreTest, APersonIsShownAndErased) {
  emit(hashing);
  const Person person = store_->person("wilhelmina@rcpt.test");
  EXPECT_EQ(store_->events_of(person, 10, now_).value().size(), 1);
  EXPECT_EQ(store_->erase(person, now_).value().events, 1);
  EXPECT_EQ(found("wilhelmina@rcpt.test"), 0);
  EXPECT_EQ(found("zebedee@sender.test"), 1);
}

TEST_F(RedactedStoreTest, NobodyIsFoundWhereNothingIsKept) {
  emit(redacting);
  EXPECT_EQ(found(base::MessageId{11}.text()), 1);
  const auto events = store_->find("wilhelmina@rcpt.test", 100, now_);
  ASSERT_FALSE(events);
  EXPECT_NE(events.error().text().find("ask by message id"), std::string::npos);
  store_->set_redactor(nullptr);
}

}  // namespace
}  // namespace trace
