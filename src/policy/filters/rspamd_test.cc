// Tests of policy/filters/rspamd.h and rspamd_answer.h: the question, the answer's actions.
#include "policy/filters/rspamd.h"

#include <gtest/gtest.h>

#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "policy/filters/rspamd_answer.h"

namespace policy {
namespace {

class RspamdAnswerTest : public testing::Test {
 protected:
  RspamdAnswerTest() {
    transaction.header = "Subject: hi\r\nX-Spam: no\r\nX-Spam: yes\r\n";
    transaction.received_bytes = transaction.header.size() + 2;
  }
  FilterOutcome fresh() const { return FilterOutcome(PassingMessage(transaction, {})); }
  std::string header_of(const FilterOutcome& outcome) const {
    const std::string received = transaction.header + "\r\n";
    auto content = message::Content::whole(received.size());
    content.apply(outcome.message.edits());
    return content.assemble(received);
  }
  Transaction transaction;
};

TEST_F(RspamdAnswerTest, ActsAsItSays) {
  const struct {
    const char* json;
    Verdict::Kind kind;
    const char* reply;
    bool junk;
  } cases[] = {
      {R"({"action":"no action","score":1.5})", Verdict::Kind::accept, "", false},
      {R"({"action":"add header"})", Verdict::Kind::accept, "", true},
      {R"({"action":"reject","messages":{"smtp_message":"Gtube pattern"}})", Verdict::Kind::reject,
       "550 5.7.1 Gtube pattern", false},
      {R"({"action":"soft reject","messages":{"smtp_message":"a\r\n250 b"}})", Verdict::Kind::defer,
       "451 4.7.1 a\\r\\n250 b", false},
      {R"({"action":"greylist"})", Verdict::Kind::defer,
       "451 4.7.1 Greylisted: please try again in some minutes", false},
      {R"({"action":"reject","milter":{"reject":"discard"}})", Verdict::Kind::discard, "", false},
      {R"({"action":"discard"})", Verdict::Kind::discard, "", false},
  };
  for (const auto& c : cases) {
    FilterOutcome outcome = fresh();
    ASSERT_TRUE(read_rspamd_answer(c.json, outcome)) << c.json;
    EXPECT_EQ(outcome.kind, c.kind) << c.json;
    EXPECT_EQ(outcome.reply.lines.empty() ? "" : outcome.reply.text(), c.reply) << c.json;
    EXPECT_EQ(outcome.junk, c.junk) << c.json;
    EXPECT_FALSE(outcome.quarantine) << c.json;
  }
  FilterOutcome held = fresh();
  ASSERT_TRUE(read_rspamd_answer(R"({"action":"quarantine"})", held));
  EXPECT_EQ(held.quarantine, "rspamd: spam");
}

TEST_F(RspamdAnswerTest, ChangesTheHeader) {
  FilterOutcome outcome = fresh();
  ASSERT_TRUE(read_rspamd_answer(
      R"({"action":"rewrite subject","subject":"***SPAM*** hi","score":7,
          "symbols":{"A":{"score":1},"B":{}},
          "dkim-signature":"v=1; a=rsa-sha256;\r\n b=x",
          "milter":{"remove_headers":{"X-Spam":0},
                    "add_headers":{"X-Top":{"value":"t\r\nBcc: x@y","order":0},
                                   "X-Two":["a",{"value":"b"}]}}})",
      outcome));
  EXPECT_EQ(header_of(outcome),
            "DKIM-Signature: v=1; a=rsa-sha256;\r\n b=x\r\nX-Top: t\r\n Bcc: x@y\r\n"
            "Subject: ***SPAM*** hi\r\nX-Two: a\r\nX-Two: b\r\n\r\n");
  EXPECT_EQ(outcome.score, 7);
  EXPECT_EQ(outcome.symbols, (std::vector<std::string>{"A", "B"}));
  EXPECT_TRUE(outcome.junk);
}

TEST_F(RspamdAnswerTest, RemovesByNumber) {
  const struct {
    const char* which;
    const char* left;
  } cases[] = {{"1", "yes"},    {"2", "no"},      {"-1", "no"}, {"-2", "yes"},
               {"3", "no yes"}, {"-3", "no yes"}, {"0", ""}};
  for (const auto& c : cases) {
    FilterOutcome outcome = fresh();
    const std::string json = fmt::format(
        R"({{"action":"no action","milter":{{"remove_headers":{{"x-spam":{}}}}}}})", c.which);
    ASSERT_TRUE(read_rspamd_answer(json, outcome));
    std::string left;
    for (const auto& field : outcome.message.fields()) {
      if (field.name == "X-Spam")
        left += std::string(left.empty() ? "" : " ").append(field.value.substr(1));
    }
    EXPECT_EQ(left, c.left) << c.which;
  }
}

TEST_F(RspamdAnswerTest, RefusesWhatIsNoAnswer) {
  for (const char* json :
       {"", "[]", "{}", R"({"action":1})", R"({"action":"dance"})", "{\"action\":\"no action\"",
        R"({"action":"no action","milter":{"add_headers":{"a b":"c"}}})",
        R"({"action":"no action","milter":{"add_headers":{"a":1}}})",
        R"({"action":"no action","milter":{"remove_headers":{"a":"x"}}})",
        R"({"action":"no action","dkim-signature":7})"}) {
    FilterOutcome outcome = fresh();
    EXPECT_FALSE(read_rspamd_answer(json, outcome)) << json;
  }
}

TEST(RspamdQuestion, SaysWhatIsKnown) {
  Transaction transaction;
  transaction.peer = *io::Endpoint::parse("192.0.2.1:4000");
  transaction.helo = "evil\r\nUser: root";
  transaction.envelope.sender = {"a", "b.test"};
  transaction.envelope.recipients.resize(2);
  transaction.envelope.recipients[0].original = {"you", "us.test"};
  transaction.envelope.recipients[1].original = {"me", "us.test"};
  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.10"}};
  dns::ZoneResolver zone{""};
  const RspamdParts parts{host.doors(), zone, nullptr, "mx.us.test", "client.test"};
  RspamdSettings settings;
  settings.settings_id = "in";
  const http::Request request = rspamd_question(parts, settings, transaction);
  std::string all;
  for (const auto& [name, value] : request.headers) all += name + "=" + value + ";";
  EXPECT_EQ(all,
            "IP=192.0.2.1;Helo=evil\\r\\nUser: root;Hostname=client.test;From=a@b.test;"
            "Rcpt=you@us.test;Rcpt=me@us.test;MTA-Name=mx.us.test;Settings-ID=in;"
            "Content-Type=message/rfc822;");
}

TEST(RspamdUrl, IsRead) {
  const struct {
    const char* text;
    const char* place;
  } cases[] = {
      {"http://127.0.0.1:11333", "0 127.0.0.1 11333 "},
      {"http://rspamd", "0 rspamd 11333 "},
      {"https://[::1]:8443/filter/", "1 ::1 8443 /filter"},
      {"https://filter.example/a", "1 filter.example 443 /a"},
      {"127.0.0.1:11333", ""},
      {"ftp://x", ""},
      {"http://", ""},
      {"http://a b", ""},
      {"http://a:0", ""},
      {"http://a/x y", ""},
  };
  for (const auto& c : cases) {
    const auto place = parse_rspamd_url(c.text);
    EXPECT_EQ(place
                  ? fmt::format("{:d} {} {} {}", place->tls, place->host, place->port, place->path)
                  : std::string(),
              c.place)
        << c.text;
  }
}

}  // namespace
}  // namespace policy
