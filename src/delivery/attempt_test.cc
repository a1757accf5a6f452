// Tests of delivery/: targets in turn, greeting, TLS, AUTH, kept connections.
#include "delivery/attempt.h"

#include <gtest/gtest.h>

#include "delivery/fixture_test.h"
#include "lib/io/sim/network.h"

namespace delivery {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

Script operator+(Script script, const Script& more) {
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

const Script with_tls = {"> 220 mx", "< EHLO*", "> 250-mx", "> 250 STARTTLS"};

class AttemptTest : public DeliveryTest {
 protected:
  AttemptTest() {
    EXPECT_TRUE(zone.add(R"(
      a.example MX 10 mx1.a.example
      a.example MX 20 mx2.a.example
      mx1.a.example A 198.51.100.1
      mx2.a.example A 198.51.100.2
      relay.example A 198.51.100.3
      one.example A 198.51.100.1
    )"));
  }
  void relay_everything(TlsDemand demand, bool implicit_tls = false) {
    RouteSetting route;
    route.domain = "*";
    route.host = "relay.example";
    route.port = implicit_tls ? 465 : 587;
    route.tls = demand;
    route.implicit_tls = implicit_tls;
    route.user = "me";
    route.password = "secret";
    settings->routes = {route};
    restart_with_settings();
  }
  static Script transaction(const std::string& reply = "> 250 2.0.0 taken") {
    return {"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 250 ok", "> 354 go", "<text", reply};
  }
  static Script slow_transaction() {
    return {"< MAIL*", "> 250 ok", "< RCPT*", "> 250 ok",
            "< DATA",  "> 354 go", "<text",   "> 250 2.0.0 taken"};
  }
  static constexpr const char* mx1 = "198.51.100.1";
  static constexpr const char* mx2 = "198.51.100.2";
  static constexpr const char* relay = "198.51.100.3";
};

TEST_F(AttemptTest, TheSecondServerTakesWhatTheFirstDoesNot) {
  const Script firsts[] = {
      {"> 451 4.3.2 busy"},
      {"> 554 5.7.1 not you"},
      {"> 421 4.3.2 closing", "close"},
      {"close"},
      {"reset"},
      {"> 220 mx", "< EHLO*", "> 451 no"},
      {"> 220 mx", "< EHLO*", "close"},
      greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "close"},
  };
  for (const Script& first : firsts) {
    restart_with_settings();
    serve(mx1, {first});
    serve(mx2, {greeting + transaction()});
    const auto outcome = deliver_one("x@a.example");
    EXPECT_EQ(text_of(outcome), "delivered 250 2.0.0 taken") << first.back();
    EXPECT_EQ(outcome.attempt.remote, "mx2.a.example [198.51.100.2]:25");
  }
  // Nobody listens on the first.
  restart_with_settings();
  serve(mx2, {greeting + transaction()});
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 2.0.0 taken");
}

TEST_F(AttemptTest, NobodyCanBeReached) {
  serve(mx1, {});
  world.internet().blackhole(*io::IpAddress::parse(mx2));
  const auto outcome = deliver_one("x@a.example");
  EXPECT_EQ(text_of(outcome),
            "deferred 451 4.4.1 connection to mx2.a.example [198.51.100.2]:25 timed out");
  EXPECT_TRUE(outcome.whole_destination);
  EXPECT_EQ(events.events.size(), 2U);
}

TEST_F(AttemptTest, FailsOnlyWhenAllServersSayNoForGood) {
  serve(mx1, {{"> 554 5.7.1 not you"}, {"> 554 5.7.1 not you"}});
  serve(mx2, {{"> 421 4.3.2 busy", "close"}, {"> 554 5.7.1 nor here"}});
  const auto first = deliver_one("x@a.example");
  EXPECT_EQ(first.result, queue::Result::deferred);
  EXPECT_TRUE(first.whole_destination);
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "failed 554 5.7.1 nor here");
}

TEST_F(AttemptTest, DnsTroubleDefersAndDnsFactsFail) {
  ASSERT_TRUE(zone.add("fail.example FAIL\nnull.example MX 0 ."));
  const auto trouble = deliver_one("x@fail.example");
  EXPECT_EQ(text_of(trouble), "deferred 451 4.4.3 DNS look-up of fail.example failed");
  EXPECT_TRUE(trouble.whole_destination);
  EXPECT_EQ(text_of(deliver_one("x@null.example")),
            "failed 556 5.1.10 the domain null.example accepts no mail");
  EXPECT_EQ(text_of(deliver_one("x@gone.example")),
            "failed 550 5.1.2 the domain gone.example does not exist");
}

TEST_F(AttemptTest, TlsWhenOffered) {
  serve(mx1, {with_tls + Script{"< STARTTLS", "> 220 go", "< EHLO us.example", "> 250 mx"} +
              slow_transaction()});
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
  EXPECT_EQ(tls->handshakes, 1);
  bool told = false;
  for (const auto& [key, value] : events.events.at(0).fields) told = told || key == "tls";
  EXPECT_TRUE(told);
}

TEST_F(AttemptTest, BrokenOpportunisticTlsIsTriedInPlainAndRemembered) {
  tls->broken = true;
  settings->idle_connection = 0s;
  restart_with_settings();
  serve(mx1, {with_tls + Script{"< STARTTLS", "> 220 go", "hang"}, with_tls + slow_transaction(),
              with_tls + slow_transaction(), with_tls + Script{"< STARTTLS", "> 220 go", "hang"},
              with_tls + slow_transaction()});
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
  EXPECT_EQ(connections, 2);
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
  EXPECT_EQ(connections, 3);
  world.run_for(61min);
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
  EXPECT_EQ(connections, 5);
}

TEST_F(AttemptTest, ARefusedStarttlsGoesOnInPlain) {
  serve(mx1, {with_tls + Script{"< STARTTLS", "> 454 4.7.0 not now"} + slow_transaction()});
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
}

// RFC 3207 §6: replies that somebody put behind the 220.
TEST_F(AttemptTest, PlainTextBehindStarttlsIsNotBelieved) {
  settings->mx_tls = TlsDemand::required;
  restart_with_settings();
  serve(mx1, {with_tls + Script{"< STARTTLS", ">> 220 go\r\n250 mx\r\n", "hang"}});
  EXPECT_EQ(text_of(deliver_one("x@one.example")).substr(0, 18), "deferred 451 4.7.5");
  EXPECT_EQ(tls->handshakes, 0);
}

TEST_F(AttemptTest, RequiredTlsIsNeverLeftOut) {
  const struct {
    bool broken;
    Script script;
    const char* outcome;
  } cases[] = {
      {false, {"> 220 mx", "< EHLO*", "> 250 mx"}, "deferred 451 4.7.4"},
      {false, with_tls + Script{"< STARTTLS", "> 454 no"}, "deferred 451 4.7.4"},
      {true, with_tls + Script{"< STARTTLS", "> 220 go", "hang"}, "deferred 451 4.7.5"},
  };
  for (const TlsDemand demand : {TlsDemand::required, TlsDemand::verified}) {
    for (const auto& c : cases) {
      settings->mx_tls = demand;
      tls->broken = c.broken;
      restart_with_settings();
      serve(mx1, {c.script});
      const auto outcome = deliver_one("x@one.example");
      EXPECT_EQ(text_of(outcome).substr(0, 18), c.outcome);
      EXPECT_TRUE(outcome.whole_destination);
    }
  }
  EXPECT_EQ(connections, 6);
}

TEST_F(AttemptTest, TlsThatStallsIsTlsThatFails) {
  settings->command_timeout = 5min;
  restart_with_settings();
  serve(mx1, {with_tls + Script{"< STARTTLS", "hang"}, with_tls + slow_transaction()});
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
}

TEST_F(AttemptTest, LogsInAtARelayUnderTlsOnly) {
  relay_everything(TlsDemand::opportunistic);
  const Script under_tls = {"< STARTTLS", "> 220 go", "< EHLO*", "> 250-relay"};
  serve(relay,
        {with_tls + under_tls +
             Script{"> 250 AUTH LOGIN PLAIN", "< AUTH PLAIN AG1lAHNlY3JldA==", "> 235 2.7.0 in"} +
             slow_transaction(),
         {"> 220 relay", "< EHLO*", "> 250 AUTH PLAIN"},
         with_tls + under_tls +
             Script{"> 250 AUTH LOGIN", "< AUTH LOGIN", "> 334 VXNlcm5hbWU6",
                    "< bWU=", "> 334 UGFzc3dvcmQ6", "< c2VjcmV0", "> 535 5.7.8 wrong"},
         with_tls + under_tls + Script{"> 250 AUTH GSSAPI"}},
        587);
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 2.0.0 taken");
  world.run_for(10s);
  EXPECT_EQ(text_of(deliver_one("x@a.example")).substr(0, 18), "deferred 451 4.7.4");
  // Wrong credentials are our own fault: the mail waits.
  EXPECT_EQ(text_of(deliver_one("x@a.example")),
            "deferred 451 4.7.8 relay.example [198.51.100.3]:587 refuses this server's log-in: 535 "
            "5.7.8 wrong");
  EXPECT_EQ(text_of(deliver_one("x@a.example")).substr(0, 18), "deferred 451 4.7.0");
}

TEST_F(AttemptTest, ImplicitTls) {
  relay_everything(TlsDemand::verified, true);
  serve(relay,
        {{"> 220 relay", "< EHLO*", "> 250-relay", "> 250 AUTH PLAIN", "< AUTH PLAIN*", "> 235 in",
          "< MAIL*", "> 250 ok", "< RCPT*", "> 250 ok", "< DATA", "> 354 go", "<text",
          "> 250 taken"}},
        465);
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
  EXPECT_EQ(tls->handshakes, 1);
}

TEST_F(AttemptTest, ReusesAConnectionWhileItIsKept) {
  serve(mx1,
        {greeting + transaction() + transaction("> 250 2.0.0 again"), greeting + transaction()});
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
  EXPECT_EQ(dispatcher->status().idle_connections, 1U);
  EXPECT_EQ(text_of(deliver_one("y@one.example")), "delivered 250 2.0.0 again");
  EXPECT_EQ(connections, 1);
  world.run_for(6s);
  EXPECT_EQ(dispatcher->status().idle_connections, 0U);
  EXPECT_EQ(text_of(deliver_one("z@one.example")), "delivered 250 2.0.0 taken");
  EXPECT_EQ(connections, 2);
}

TEST_F(AttemptTest, ResetsAfterAHalfTransaction) {
  serve(mx1, {greeting + Script{"< MAIL*", "< RCPT*", "< DATA", "> 250 ok", "> 550 no", "> 554 no",
                                "< RSET", "< MAIL*", "< RCPT*", "< DATA", "> 250 reset", "> 250 ok",
                                "> 250 ok", "> 354 go", "<text", "> 250 taken"}});
  EXPECT_EQ(text_of(deliver_one("x@one.example")), "failed 550 no");
  EXPECT_EQ(text_of(deliver_one("y@one.example")), "delivered 250 taken");
}

TEST_F(AttemptTest, ADeadKeptConnectionIsReplaced) {
  const Script deaths[] = {{"close"},
                           {"reset"},
                           {"< MAIL*", "> 421 4.4.2 idle too long", "close"},
                           {"< MAIL*", "reset"}};
  for (const Script& death : deaths) {
    restart_with_settings();
    connections = 0;
    serve(mx1, {greeting + transaction() + death, greeting + transaction("> 250 fresh")});
    EXPECT_EQ(text_of(deliver_one("x@one.example")), "delivered 250 2.0.0 taken");
    EXPECT_EQ(text_of(deliver_one("y@one.example")), "delivered 250 fresh") << death.back();
    EXPECT_EQ(connections, 2);
  }
}

TEST_F(AttemptTest, MessagesPerConnection) {
  settings->messages_per_connection_max = 1;
  restart_with_settings();
  serve(mx1, {greeting + transaction(), greeting + transaction()});
  EXPECT_EQ(deliver_one("x@one.example").result, queue::Result::delivered);
  EXPECT_EQ(dispatcher->status().idle_connections, 0U);
  EXPECT_EQ(deliver_one("x@one.example").result, queue::Result::delivered);
  EXPECT_EQ(connections, 2);
}

TEST_F(AttemptTest, OneAttemptHasATimeInAll) {
  settings->attempt_timeout = 2min;
  restart_with_settings();
  serve(mx1, {{"hang"}});
  const base::Instant began = world.now();
  const auto outcome = deliver_one("x@a.example");
  EXPECT_EQ(outcome.result, queue::Result::deferred);
  EXPECT_EQ(world.now() - began, 2min);
}

io::Task<void> deliver_into(Dispatcher* dispatcher, queue::Parcel parcel,
                            std::vector<queue::Outcome>* outcomes) {
  *outcomes = co_await dispatcher->deliver(std::move(parcel));
}

TEST_F(AttemptTest, StoppingDefersWithoutBlamingTheDestination) {
  serve(mx1, {{"hang"}});
  MemoryBody body("Subject: x\r\n\r\n");
  info->envelope.recipients = {{{"x", "a.example"}, {}, {}}};
  queue::Parcel parcel;
  parcel.message = info;
  parcel.recipients = {0};
  parcel.body = &body;
  std::vector<queue::Outcome> outcomes;
  io::TaskGroup group;
  group.spawn(deliver_into(dispatcher.get(), parcel, &outcomes));
  world.run_for(10s);
  EXPECT_EQ(dispatcher->status().attempts_running, 1U);
  world.run(group.stop());
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(text_of(outcomes[0]), "deferred 451 4.3.2 the attempt was stopped by this server");
  EXPECT_FALSE(outcomes[0].whole_destination);
}

}  // namespace
}  // namespace delivery
