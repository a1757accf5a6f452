// Tests of delivery/login.h: which mechanism is chosen, SCRAM with a real server's side, refusals.
#include "delivery/login.h"

#include <gtest/gtest.h>

#include "delivery/fixture_test.h"
#include "lib/base/text.h"
#include "lib/io/files.h"
#include "lib/sasl/engine.h"
#include "lib/sasl/scram_client_test.h"

namespace delivery {
namespace {

using namespace std::chrono_literals;

Script operator+(Script script, const Script& more) {
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

std::string names(const std::vector<LoginWay>& ways) {
  std::string out;
  for (const LoginWay& way : ways) out.append(out.empty() ? "" : " ").append(way.name);
  return out;
}

TEST(LoginWays, TheBestThatBothHave) {
  const std::vector<std::string> all = {
      "LOGIN",    "PLAIN",         "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS",
      "CRAM-MD5", "SCRAM-SHA-256", "GSSAPI",      "SCRAM-SHA-256-PLUS"};
  const struct {
    std::vector<std::string> offered;
    LoginGround ground;
    const char* ways;
  } cases[] = {
      {all,
       {true, true, true, false, PlainAuth::verified},
       "SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"},
      {all,
       {true, true, false, false, PlainAuth::verified},
       "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"},
      {all, {true, false, false, false, PlainAuth::verified}, "SCRAM-SHA-256 SCRAM-SHA-1"},
      {all, {true, true, false, false, PlainAuth::never}, "SCRAM-SHA-256 SCRAM-SHA-1"},
      {all, {true, true, true, true, PlainAuth::verified}, "PLAIN LOGIN"},
      {all, {true, false, false, true, PlainAuth::verified}, "SCRAM-SHA-256 SCRAM-SHA-1"},
      {{"LOGIN"}, {true, false, false, false, PlainAuth::encrypted}, "LOGIN"},
      {{"LOGIN"}, {false, false, false, false, PlainAuth::encrypted}, ""},
      {{"LOGIN"}, {false, false, false, false, PlainAuth::always}, "LOGIN"},
      {{"CRAM-MD5"}, {true, true, true, false, PlainAuth::always}, ""},
  };
  for (const auto& c : cases) {
    smtp::Extensions offers;
    offers.auth = c.offered;
    EXPECT_EQ(names(login_ways(offers, c.ground)), c.ways);
  }
}

class LoginTest : public DeliveryTest {
 protected:
  LoginTest() {
    EXPECT_TRUE(zone.add("relay.example A 198.51.100.3"));
    route.domain = "*";
    route.host = "relay.example";
    route.port = 465;
    route.implicit_tls = true;
    route.tls = TlsDemand::required;
    route.user = "me";
    route.password = "pencil";
    use_route();
  }
  void use_route() {
    settings->routes = {route};
    restart_with_settings();
  }
  void serve_relay(const std::vector<Script>& scripts) { serve("198.51.100.3", scripts, 465); }
  // A second address of the relay host.
  void serve_second(const std::vector<Script>& scripts) {
    EXPECT_TRUE(zone.add("relay.example A 198.51.100.4"));
    serve("198.51.100.4", scripts, 465);
  }
  static Script offer(const std::string& mechanisms) {
    return {"> 220 relay", "< EHLO us.example", "> 250-relay", "> 250 AUTH " + mechanisms};
  }
  static Script transaction() {
    return {"< MAIL*", "> 250 ok", "< RCPT*", "> 250 ok",
            "< DATA",  "> 354 go", "<text",   "> 250 taken"};
  }
  // Of the first attempt's event.
  std::string field(std::string_view key) {
    for (const auto& [name, value] : events.events.at(0).fields) {
      if (name == key) return std::string(value);
    }
    return {};
  }
  std::string sent() { return text_of(deliver_one("x@a.example")); }

  // "scram MECHANISM PASSWORD": a server's side of SCRAM that knows this password.
  // "liar MECHANISM": one that knows none and says that all is well.
  io::Task<std::optional<bool>> own_step(io::sim::Peer* peer, std::string line) override {
    const auto words = base::words(line);
    if (words[0] != "scram" && words[0] != "liar") co_return std::nullopt;
    const std::string password(words.size() > 2 ? words[2] : "unknown");
    const std::string command = "AUTH " + std::string(words[1]) + " ";
    std::string got = co_await peer->read_line();
    if (!got.starts_with(command)) {
      problems.push_back("a server expected " + command + "and got " + got);
      co_return false;
    }
    const auto exchange = engine->begin(
        *sasl::parse_mechanism(words[1]),
        {.credential =
             [password](std::string_view /*user*/) {
               return sasl::test::make_credential(password, "saltsaltsaltsalt", 4'096);
             },
         .binding = {.tls_exporter = tls->binding.exporter, .tls_unique = tls->binding.unique},
         .plus_offered = plus_offered,
         .openid_configuration = {}});
    sasl::Step step = exchange->step(base::unbase64(got.substr(command.size())).value_or(""));
    if (step.kind != sasl::Step::Kind::challenge) co_return co_await refuse(peer);
    co_await peer->send("334 " + base::base64(step.challenge) + "\r\n");
    got = co_await peer->read_line();
    step = exchange->step(base::unbase64(got).value_or(""));
    if (words[0] == "liar") {
      co_await peer->send("334 " + base::base64("v=bGllcw==") + "\r\n");
      EXPECT_EQ(co_await peer->read_line(), "*");
      co_return co_await peer->send("501 as you like\r\n");
    }
    if (!step.claim.proven) co_return co_await refuse(peer);
    co_await peer->send("334 " + base::base64(step.challenge) + "\r\n");
    EXPECT_EQ(co_await peer->read_line(), "");
    co_return co_await peer->send("235 2.7.0 in\r\n");
  }
  static io::Task<bool> refuse(io::sim::Peer* peer) {
    co_return co_await peer->send("535 5.7.8 wrong\r\n");
  }

  RouteSetting route;
  std::unique_ptr<sasl::Engine> engine = std::move(*sasl::Engine::make());
  bool plus_offered = false;
};

TEST_F(LoginTest, Scram) {
  tls->trusted = false;  // it shows nothing to whoever is there
  serve_relay(
      {offer("PLAIN SCRAM-SHA-256") + Script{"scram SCRAM-SHA-256 pencil"} + transaction()});
  EXPECT_EQ(sent(), "delivered 250 taken");
  EXPECT_EQ(field("auth"), "SCRAM-SHA-256");
}

TEST_F(LoginTest, ScramBoundToTheChannel) {
  plus_offered = true;
  const Script script = offer("SCRAM-SHA-256 SCRAM-SHA-256-PLUS") +
                        Script{"scram SCRAM-SHA-256-PLUS pencil"} + transaction();
  serve_relay({script, script});
  tls->binding.exporter = "of TLS 1.3";
  EXPECT_EQ(sent(), "delivered 250 taken");
  restart_with_settings();
  tls->binding.unique = "of TLS 1.2";
  EXPECT_EQ(sent(), "delivered 250 taken");
}

// Whoever took the offer of PLUS away is found out: the server says so, and no password is shown.
TEST_F(LoginTest, AnOfferThatWasTakenAway) {
  plus_offered = true;
  tls->trusted = false;
  tls->binding.exporter = "ours";
  serve_relay({offer("SCRAM-SHA-256 PLAIN") + Script{"scram SCRAM-SHA-256 pencil"}});
  EXPECT_TRUE(sent().starts_with("deferred 451 4.7.8"));
}

TEST_F(LoginTest, AServerThatDoesNotKnowThePassword) {
  serve_relay({offer("SCRAM-SHA-256 PLAIN") + Script{"liar SCRAM-SHA-256"},
               offer("SCRAM-SHA-256 PLAIN") +
                   Script{"< AUTH SCRAM-SHA-256*", "> 235 in", "< *", "> 501 as you like"}});
  const std::string said = sent();
  EXPECT_TRUE(said.starts_with("deferred 451 4.7.0")) << said;
  EXPECT_TRUE(said.contains("does not know the password")) << said;
}

TEST_F(LoginTest, ServersThatSpeakNoScram) {
  for (const std::string& challenge :
       {std::string("r=short"), std::string("r=x,s=QUFB,i=4096"), std::string()}) {
    restart_with_settings();
    serve_relay({offer("SCRAM-SHA-256 PLAIN") + Script{"< AUTH SCRAM-SHA-256*",
                                                       "> 334 " + base::base64(challenge), "< *",
                                                       "> 501 as you like"}});
    EXPECT_TRUE(sent().starts_with("deferred 451 4.7.0"));
  }
}

// Many servers offer SCRAM and keep passwords in a form that it cannot use.
TEST_F(LoginTest, ShowsThePasswordWhereScramIsRefused) {
  serve_relay(
      {offer("SCRAM-SHA-1 SCRAM-SHA-256 PLAIN") +
           Script{"scram SCRAM-SHA-256 another", "< AUTH PLAIN AG1lAHBlbmNpbA==", "> 235 in"} +
           transaction(),
       offer("SCRAM-SHA-256 PLAIN") + Script{"< AUTH PLAIN AG1lAHBlbmNpbA==", "> 235 in"} +
           transaction()});
  EXPECT_EQ(sent(), "delivered 250 taken");
  world.run_for(10s);  // past the kept connection
  EXPECT_EQ(sent(), "delivered 250 taken");
}

TEST_F(LoginTest, AWrongPasswordIsTriedOnceAndLosesNoMail) {
  const Script wrong = offer("LOGIN PLAIN") + Script{"< AUTH PLAIN*", "> 535 5.7.8 wrong"};
  serve_relay({wrong});
  serve_second({wrong});
  const auto outcome = deliver_one("x@a.example");
  EXPECT_TRUE(text_of(outcome).starts_with("deferred 451 4.7.8 relay.example ["));
  EXPECT_TRUE(text_of(outcome).ends_with("refuses this server's log-in: 535 5.7.8 wrong"));
  EXPECT_TRUE(outcome.whole_destination);
  EXPECT_EQ(connections, 1) << "the other address would say the same";
  EXPECT_EQ(field("detail"), "PLAIN as me; see user and password of its [[route]]");
  EXPECT_TRUE(metrics.prometheus().contains("stagepost_delivery_logins_refused_total 1"));
}

// A host that hangs up on who was refused has said why before.
TEST_F(LoginTest, ARefusalCountsMoreThanTheEndOfTheConnection) {
  serve_relay({offer("SCRAM-SHA-256 PLAIN") + Script{"scram SCRAM-SHA-256 another", "close"}});
  EXPECT_TRUE(sent().starts_with("deferred 451 4.7.8"));
}

TEST_F(LoginTest, TroubleOfOneAddressPasses) {
  serve_relay({offer("LOGIN PLAIN") + Script{"< AUTH PLAIN*", "> 454 4.7.0 later"}});
  serve_second({offer("LOGIN PLAIN") + Script{"< AUTH PLAIN*", "> 421 4.3.2 bye"}});
  EXPECT_TRUE(sent().starts_with("deferred 4"));
  EXPECT_EQ(connections, 2);
}

// Nothing of the password leaves where it may not be shown.
TEST_F(LoginTest, WhereThePasswordIsNotShown) {
  const struct {
    PlainAuth plain_auth;
    bool trusted;
    const char* offered;
    const char* said;
  } cases[] = {
      {PlainAuth::verified, false, "PLAIN LOGIN", "not verified: self-signed certificate"},
      {PlainAuth::never, true, "PLAIN LOGIN", "without seeing the password"},
      {PlainAuth::verified, true, "GSSAPI", "offers AUTH GSSAPI"},
      {PlainAuth::verified, true, "", "offers no log-in"},
  };
  for (const auto& c : cases) {
    route.plain_auth = c.plain_auth;
    use_route();
    tls->trusted = c.trusted;
    serve_relay({offer(c.offered)});
    const std::string said = sent();
    EXPECT_TRUE(said.starts_with("deferred 451 4.7.0")) << said;
    EXPECT_TRUE(said.contains(c.said)) << said;
  }
}

TEST_F(LoginTest, PlainAuthMayBeAllowed) {
  route.plain_auth = PlainAuth::encrypted;
  use_route();
  tls->trusted = false;
  serve_relay({offer("PLAIN") + Script{"< AUTH PLAIN*", "> 235 in"} + transaction()});
  EXPECT_EQ(sent(), "delivered 250 taken");
  route.plain_auth = PlainAuth::always;
  route.implicit_tls = false;
  route.tls = TlsDemand::opportunistic;
  use_route();
  serve_relay({offer("PLAIN") + Script{"< AUTH PLAIN*", "> 235 in"} + transaction()});
  EXPECT_EQ(sent(), "delivered 250 taken");
}

TEST_F(LoginTest, ThePasswordOfAFileIsReadAtEachLogIn) {
  route.password.clear();
  route.password_file = "/relay.password";
  use_route();
  const Script login = offer("PLAIN") + Script{"< AUTH PLAIN AG1lAHBlbmNpbA==", "> 235 in"};
  serve_relay({offer("PLAIN"), offer("PLAIN"), login + transaction()});
  EXPECT_TRUE(sent().starts_with("deferred 451 4.3.5 this server cannot read its password"));
  ASSERT_TRUE(io::write_file(us.doors().files, "/relay.password", "\n"));
  EXPECT_TRUE(sent().starts_with("deferred 451 4.3.5"));
  ASSERT_TRUE(io::write_file(us.doors().files, "/relay.password", "pencil\r\n"));
  EXPECT_EQ(sent(), "delivered 250 taken");
}

// RFC 4954 §4: what does not fit into a command line is asked for.
TEST_F(LoginTest, LongPasswords) {
  route.password = std::string(600, 'x');
  use_route();
  serve_relay({offer("PLAIN") + Script{"< AUTH PLAIN", "> 334 ", "< AG1lAHh4*", "> 235 in"} +
               transaction()});
  EXPECT_EQ(sent(), "delivered 250 taken");
}

// A connection that waits for the next message has logged in as somebody.
TEST_F(LoginTest, EachSenderHasALogInAndConnectionsOfItsOwn) {
  route.senders = {"an@demo.test"};
  settings->routes = {route, route};
  settings->routes[1].senders = {"@demo.test"};
  settings->routes[1].password =
      "crayon";  // of the same user, which is another log-in all the same
  restart_with_settings();
  const auto log_in = [](const std::string& response) {
    return offer("PLAIN") + Script{"< AUTH PLAIN " + response, "> 235 in"};
  };
  serve_relay({log_in("AG1lAHBlbmNpbA==") + transaction() + transaction(),
               log_in("AG1lAGNyYXlvbg==") + transaction()});
  info->envelope.sender = {"an", "demo.test"};
  EXPECT_EQ(sent(), "delivered 250 taken");
  info->envelope.sender = {"bo", "demo.test"};
  EXPECT_EQ(sent(), "delivered 250 taken");
  EXPECT_EQ(connections, 2);
  info->envelope.sender = {"an+shop", "demo.test"};
  EXPECT_EQ(sent(), "delivered 250 taken");
  EXPECT_EQ(connections, 2) << "an's own is used again";
}

// Members of a list and others of one message are told different senders.
TEST_F(LoginTest, RecipientsOfOneMessageGoTheWayOfTheirSenders) {
  route.senders = {"<>", "owner@demo.test"};
  settings->routes = {route, route};
  settings->routes[1].senders = {};
  settings->routes[1].password = "crayon";
  restart_with_settings();
  const auto log_in = [](const std::string& response, const std::string& from) {
    return offer("PLAIN") + Script{"< AUTH PLAIN " + response,
                                   "> 235 in",
                                   "< MAIL FROM:<" + from + ">*",
                                   "> 250 ok",
                                   "< RCPT*",
                                   "> 250 ok",
                                   "< DATA",
                                   "> 354 go",
                                   "<text",
                                   "> 250 taken"};
  };
  serve_relay({log_in("AG1lAGNyYXlvbg==", "sender@demo.test"),
               log_in("AG1lAHBlbmNpbA==", "owner@demo.test")});
  return_paths["member@b.example"] = "owner@demo.test";
  for (const auto& outcome : deliver({"x@a.example", "member@b.example"})) {
    EXPECT_EQ(text_of(outcome), "delivered 250 taken");
  }
  EXPECT_EQ(connections, 2);
}

TEST_F(LoginTest, EachRouteHasItsSourceAddress) {
  route.user.clear();
  route.password.clear();
  route.source_ipv4 = *io::IpAddress::parse("192.0.2.77");
  use_route();
  serve_relay({Script{"> 220 relay", "< EHLO us.example", "> 250 relay"} + transaction()});
  EXPECT_TRUE(sent().starts_with("deferred 451 4.4.1")) << "an address that is none of ours";
  route.source_ipv4 = *io::IpAddress::parse("192.0.2.10");
  use_route();
  EXPECT_EQ(sent(), "delivered 250 taken");
}

}  // namespace
}  // namespace delivery
