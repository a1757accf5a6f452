// Tests of policy/client: what becomes of a client by its name, its lists, its rates, its manners.
#include "policy/client/client_checks.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "policy/client/fixture_test.h"
#include "policy/client/helo_check.h"
#include "policy/client/refusals.h"

namespace policy {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using State = ListFinding::State;

bool says(const Verdict& verdict, std::string_view words) {
  return verdict.reply.text().find(words) != std::string::npos;
}

TEST_F(ClientTest, NamesInHelo) {
  for (const std::string_view line : base::split(test_data("helo.txt"), '\n')) {
    const auto words = base::words(line);
    if (line.starts_with('#') || words.size() < 3) continue;
    visit.reset();
    transaction.helo = words[0];
    come_from(std::string(words[1]));
    const ClientFindings& found = mail();
    const auto at = static_cast<std::size_t>(words[2].data() - line.data());
    std::string expected(base::trim(line.substr(at)));
    if (expected == "-") expected.clear();
    std::string seen = found.helo_problem;
    if (found.helo_confirmed) seen = "confirmed";
    if (found.helo_forged) seen.insert(0, "forged ");
    if (seen == "it is our own name") seen.insert(0, "unproven ");
    EXPECT_EQ(seen, expected) << line;
    const Verdict verdict = rcpt();
    EXPECT_EQ(verdict.accepted(), !found.helo_forged) << line;
    if (!verdict.accepted()) {
      EXPECT_EQ(verdict.rule, "helo");
      EXPECT_EQ(verdict.reply.text().substr(0, 9), "550 5.7.1") << line;
      EXPECT_TRUE(says(verdict, "postmaster@mx.home.test"));
    }
  }
}

TEST_F(ClientTest, InvalidNamesCostWhatTheSettingsSay) {
  transaction.helo = "WORKSTATION";
  const struct {
    ClientFault fault;
    int code;
  } cases[] = {{ClientFault::accept, 0}, {ClientFault::defer, 450}, {ClientFault::reject, 550}};
  for (const auto& c : cases) {
    settings.client.helo_invalid = c.fault;
    visit.reset();
    mail();
    EXPECT_EQ(rcpt().reply.code, c.code);
    EXPECT_TRUE(rcpt("Postmaster").accepted());
    EXPECT_TRUE(rcpt("abuse").accepted());
  }
}

TEST_F(ClientTest, NamesOfAddresses) {
  using mailauth::IprevResult;
  settings.client.iprev_missing = ClientFault::reject;
  const struct {
    const char* address;
    IprevResult result;
    const char* refusal;
  } cases[] = {
      {"198.51.100.9", IprevResult::pass, ""},
      {"198.51.100.8", IprevResult::fail, "550 5.7.25 The address 198.51.100.8 has the name liar."},
      {"198.51.100.7", IprevResult::permerror, "550 5.7.25 The address 198.51.100.7 has no name"},
      {"198.51.100.6", IprevResult::temperror, ""},
  };
  for (const auto& c : cases) {
    come_from(c.address);
    visit.reset();
    ASSERT_TRUE(mail().iprev);
    EXPECT_EQ(visit->findings.client.iprev->result, c.result) << c.address;
    EXPECT_EQ(rcpt().reply.text().substr(0, std::string_view(c.refusal).size()),
              rcpt().accepted() ? "" : c.refusal);
    EXPECT_EQ(rcpt().accepted(), *c.refusal == '\0') << c.address;
  }
}

TEST_F(ClientTest, AListedClientIsToldByWhomAndWhatToDo) {
  add_list("block.test");
  come_from("198.51.100.66");
  mail();
  const Verdict verdict = rcpt();
  EXPECT_EQ(verdict.reply.code, 550);
  EXPECT_EQ(verdict.rule, "lists");
  EXPECT_TRUE(says(verdict,
                   "550 5.7.1 198.51.100.66 is on the block list block.test, which says: "
                   "198.51.100.66 sent to a trap; see https://block.test/. Have it taken "
                   "off there"))
      << verdict.reply.text();
  EXPECT_TRUE(rcpt("postmaster").accepted());
  EXPECT_TRUE(rcpt("ABUSE").accepted());
  const ListFinding& found = visit->findings.client.lists.at(0);
  EXPECT_EQ(found.codes, (std::vector<std::string>{"127.0.0.2", "127.0.0.10"}));
  EXPECT_EQ(found.weight, 10);
  EXPECT_EQ(found.of, "198.51.100.66");
}

TEST_F(ClientTest, Scores) {
  const struct {
    unsigned block;
    unsigned small;
    unsigned allow;
    unsigned defer_score;
    int code;
  } cases[] = {
      {10, 0, 0, 0, 550}, {9, 0, 0, 0, 0},   {5, 5, 0, 0, 550}, {6, 6, 3, 0, 0},
      {10, 0, 5, 5, 450}, {10, 0, 10, 5, 0}, {4, 0, 0, 5, 0},   {0, 0, 0, 0, 0},
  };
  come_from("198.51.100.66");
  for (const auto& c : cases) {
    settings.client.lists.clear();
    settings.client.defer_score = c.defer_score;
    add_list("block.test", c.block);
    add_list("small.test", c.small);
    add_list("allow.test", c.allow).kind = ListSetting::Kind::allow;
    visit.reset();
    mail();
    EXPECT_EQ(rcpt().reply.code, c.code) << c.block << " " << c.small << " " << c.allow;
    const int score = static_cast<int>(c.block + c.small) - static_cast<int>(c.allow);
    EXPECT_EQ(visit->findings.client.list_score, score);
  }
}

TEST_F(ClientTest, Ipv6IsAskedByNibblesWhereTheListHasSome) {
  add_list("block.test");
  add_list("small.test");
  come_from("2001:db8:66::66");
  const ClientFindings& found = mail();
  ASSERT_EQ(found.lists.size(), 1U);  // small.test has none
  EXPECT_EQ(found.lists[0].state, State::listed);
  EXPECT_TRUE(says(rcpt(), "2001:db8:66::66 is on the block list block.test"));
  visit.reset();
  come_from("2001:db8:9::1");
  EXPECT_EQ(mail().lists.at(0).state, State::not_listed);
}

TEST_F(ClientTest, FaultyListsWeighNothing) {
  for (const char* name : {"all.test", "public.test", "parked.test", "gone.test"}) add_list(name);
  const ClientFindings& found = mail();
  ASSERT_EQ(found.lists.size(), 4U);
  for (const ListFinding& one : found.lists) {
    EXPECT_EQ(one.state, State::error) << one.zone;
    EXPECT_EQ(one.weight, 0) << one.zone;
    EXPECT_TRUE(one.meaning.starts_with("set aside: ")) << one.meaning;
  }
  EXPECT_TRUE(rcpt().accepted());
  EXPECT_EQ(events.names.size(), 4U);
  // They are not asked any more.
  const std::size_t queries = zone.queries();
  visit.reset();
  mail();
  EXPECT_LT(zone.queries(), queries + 5);
}

TEST_F(ClientTest, AnErrorAnswerSetsAListAside) {
  add_list("late.test");
  come_from("198.51.100.66");
  EXPECT_EQ(mail().lists.at(0).state, State::error);
  EXPECT_TRUE(rcpt().accepted());
  ASSERT_EQ(events.names.size(), 1U);
  EXPECT_TRUE(events.names[0].starts_with("list.faulty late.test IPv4 its answer 127.255.255.255"));
}

TEST_F(ClientTest, AllLookUpsTogetherHaveOneDeadline) {
  add_list("block.test");
  add_list("late.test");
  connect();
  world.run(memory.lists.test(zone, host.doors().clock, false));
  ASSERT_TRUE(
      zone.add("mail.honest.test A TIMEOUT\n66.100.51.198.late.test TIMEOUT\n"
               "66.100.51.198.in-addr.arpa TIMEOUT"));
  zone.timeout_delay = minutes(5);
  come_from("198.51.100.66");
  settings.client.lookup_timeout = seconds(3);
  connect();
  const base::Instant begun = world.now();
  const ClientFindings& found = mail();
  EXPECT_EQ(world.now() - begun, seconds(3));
  EXPECT_EQ(found.lists.at(0).state, State::listed);  // what was quick counts
  EXPECT_EQ(found.lists.at(1).state, State::error);
  EXPECT_EQ(found.iprev->result, mailauth::IprevResult::temperror);
  EXPECT_TRUE(events.names.empty());  // silence is no fault yet
}

TEST_F(ClientTest, PrivateAddressesAreNeverAskedNorCounted) {
  add_list("block.test");
  settings.client.rates.connections_per_minute_max = 1;
  settings.client.iprev_missing = ClientFault::reject;
  for (const char* address : {"10.0.0.9", "192.168.1.9", "100.64.0.9", "127.0.0.1", "fd00::9"}) {
    come_from(address);
    transaction.helo = "mx.home.test";  // a machine of our own
    visit.reset();
    mail();
    EXPECT_TRUE(rcpt().accepted()) << address;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(checks.at_connect(*visit, transaction).accepted());
  }
  EXPECT_EQ(zone.queries(), 0U);
}

TEST_F(ClientTest, AVisitAsksOnceAndASendersDomainForEachMessage) {
  add_list("block.test");
  mail();
  const std::size_t queries = zone.queries();
  mail();
  EXPECT_EQ(zone.queries(), queries);
  add_list("domains.test").of = ListSetting::Of::sender;
  connect();
  EXPECT_EQ(mail().lists.at(1).state, State::not_listed);
  transaction.envelope.sender.domain = "Spammer.test";
  EXPECT_EQ(mail().lists.at(1).state, State::listed);
  EXPECT_TRUE(says(rcpt(), "spammer.test is on the block list domains.test"));
  transaction.envelope.sender = {};
  EXPECT_EQ(mail().lists.size(), 1U);
  EXPECT_TRUE(rcpt().accepted());
}

TEST_F(ClientTest, ANameInHeloMayBeListed) {
  add_list("domains.test").of = ListSetting::Of::helo;
  transaction.helo = "spammer.test";
  EXPECT_EQ(mail().list_score, 10);
  EXPECT_TRUE(says(rcpt(), "spammer.test is on the block list domains.test"));
}

TEST_F(ClientTest, WhoSpeaksEarlyPaysOrGoes) {
  connect();
  EXPECT_TRUE(checks.heard_early(*visit).accepted());
  EXPECT_EQ(mail().list_score, 5);
  EXPECT_TRUE(rcpt().accepted());
  settings.client.early_talker_score = 10;
  connect();
  EXPECT_TRUE(checks.heard_early(*visit).accepted());
  EXPECT_TRUE(says(rcpt(), "before your turn"));
  settings.client.early_talker = ClientFault::reject;
  connect();
  const Verdict refused = checks.heard_early(*visit);
  EXPECT_TRUE(says(refused, "554 5.5.0 mx.home.test closes"));
  EXPECT_TRUE(refused.close);
}

TEST_F(ClientTest, RatesTellWhenToComeAgain) {
  settings.client.rates.connections_per_minute_max = 1;
  settings.client.rates.messages_per_minute_max = 2;
  settings.client.rates.recipients_per_minute_max = 3;
  settings.client.rates.unknown_recipients_per_hour_max = 1;
  connect();
  EXPECT_TRUE(checks.at_connect(*visit, transaction).accepted());
  EXPECT_EQ(checks.at_connect(*visit, transaction).reply.text(),
            "421 4.7.0 mx.home.test closes. More than 1 connections in one minute from "
            "198.51.100.9: come again in 60 seconds");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(checks.at_mail(*visit, transaction).accepted());
  const Verdict messages = checks.at_mail(*visit, transaction);
  EXPECT_TRUE(says(messages, "450 4.7.1 More than 2 messages")) << messages.reply.text();
  EXPECT_EQ(messages.rule, "rates");
  EXPECT_EQ(visit->findings.client.rate_problem, "messages of 198.51.100.9/32");
  mail();
  EXPECT_TRUE(rcpt().accepted());
  checks.unknown_recipient(*visit, transaction);
  EXPECT_TRUE(says(rcpt(), "450 4.7.1 More than 1 unknown recipients in one hour"));
  EXPECT_TRUE(rcpt("postmaster").accepted());
  EXPECT_TRUE(says(rcpt("postmaster"), "450 4.7.1 More than 3 recipients"));
}

TEST(InWords, Durations) {
  EXPECT_EQ(in_words({}), "1 second");
  EXPECT_EQ(in_words(seconds(89)), "89 seconds");
  EXPECT_EQ(in_words(seconds(90)), "2 minutes");
  EXPECT_EQ(in_words(minutes(5)), "5 minutes");
  EXPECT_EQ(in_words(minutes(91)), "2 hours");
}

}  // namespace
}  // namespace policy
