// Tests of delivery/: messages whose sender requires TLS on all of the way (RFC 8689).
#include <gtest/gtest.h>

#include "delivery/fixture_test.h"

namespace delivery {
namespace {

using namespace std::chrono_literals;

Script operator+(Script script, const Script& more) {
  script.insert(script.end(), more.begin(), more.end());
  return script;
}

class RequireTlsTest : public DeliveryTest {
 protected:
  RequireTlsTest() {
    EXPECT_TRUE(zone.add(R"(
      a.example SECURE
      a.example MX 10 mx1.a.example
      a.example MX 20 mx2.a.example
      mx1.a.example A 198.51.100.1
      mx2.a.example A 198.51.100.2
      unsigned.example MX 10 mx1.a.example
      relay.example A 198.51.100.1
    )"));
    info->envelope.require_tls = true;
  }
  // Up to the reply to EHLO within TLS, which offers this.
  static Script encrypted(const std::string& offer) {
    return {"> 220 mx",          "< EHLO us.example", "> 250-mx",
            "> 250-REQUIRETLS",  // outside TLS it means nothing
            "> 250 STARTTLS",    "< STARTTLS",        "> 220 go",
            "< EHLO us.example", "> 250-mx",          "> 250 " + offer};
  }
  static Script transaction() {
    return {"< MAIL FROM:<sender@demo.test> REQUIRETLS",
            "> 250 ok",
            "< RCPT*",
            "> 250 ok",
            "< DATA",
            "> 354 go",
            "<text",
            "> 250 taken"};
  }
  static constexpr const char* mx1 = "198.51.100.1";
  static constexpr const char* mx2 = "198.51.100.2";
};

TEST_F(RequireTlsTest, GoesWhereItIsKept) {
  serve(mx1, {encrypted("REQUIRETLS") + transaction()});
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
}

TEST_F(RequireTlsTest, AnotherMxMayKeepIt) {
  serve(mx1, {encrypted("DSN")});
  serve(mx2, {encrypted("REQUIRETLS") + transaction()});
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
  EXPECT_EQ(connections, 2);
}

TEST_F(RequireTlsTest, ComesBackWhereNoneKeepsIt) {
  serve(mx1, {encrypted("DSN")});
  serve(mx2, {{"> 220 mx", "< EHLO us.example", "> 250-mx", "> 250 REQUIRETLS"}});
  const std::string said = text_of(deliver_one("x@a.example"));
  EXPECT_TRUE(said.starts_with("failed 550 5.7.10 ")) << said;
  EXPECT_TRUE(texts.empty());
  restart_with_settings();
  EXPECT_TRUE(zone.add("one.example SECURE\none.example A 198.51.100.1"));
  serve(mx1, {encrypted("DSN")});
  EXPECT_TRUE(text_of(deliver_one("x@one.example")).starts_with("failed 550 5.7.30 "));
}

// What is wrong with a certificate may be mended tomorrow; nothing goes there today.
TEST_F(RequireTlsTest, WaitsForACertificate) {
  tls->trusted = false;
  const Script script = {"> 220 mx",       "< EHLO us.example", "> 250-mx",
                         "> 250 STARTTLS", "< STARTTLS",        "> 220 go"};
  serve(mx1, {script});
  serve(mx2, {script});
  const std::string said = text_of(deliver_one("x@a.example"));
  EXPECT_TRUE(said.starts_with("deferred 451 4.7.5 ")) << said;
}

TEST_F(RequireTlsTest, NamesThatNobodySignedCount) {
  EXPECT_TRUE(text_of(deliver_one("x@unsigned.example")).starts_with("failed 550 5.7.30 "));
  EXPECT_EQ(connections, 0);
  RouteSetting route;  // what we wrote ourselves needs no signature
  route.domain = "unsigned.example";
  route.host = "relay.example";
  settings->routes = {route};
  restart_with_settings();
  serve(mx1, {encrypted("REQUIRETLS") + transaction()});
  EXPECT_EQ(text_of(deliver_one("x@unsigned.example")), "delivered 250 taken");
}

// RFC 8689 §5: a report is as well protected, and not lost for want of an offer.
TEST_F(RequireTlsTest, AReportGoesWhereItIsNotOffered) {
  info->envelope.sender = {};
  serve(mx1, {encrypted("DSN") + Script{"< MAIL FROM:<>", "> 250 ok", "< RCPT*", "> 250 ok",
                                        "< DATA", "> 354 go", "<text", "> 250 taken"}});
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
  restart_with_settings();
  serve(mx1, {{"> 220 mx", "< EHLO us.example", "> 250 mx"}});
  serve(mx2, {{"> 220 mx", "< EHLO us.example", "> 250 mx"}});
  EXPECT_TRUE(text_of(deliver_one("x@a.example")).starts_with("failed 550 5.7.10 "));
}

TEST_F(RequireTlsTest, KeepsAwayFromConnectionsOfOtherMail) {
  info->envelope.require_tls = false;
  serve(mx1, {{"> 220 mx", "< EHLO us.example", "> 250 SIZE", "< MAIL*", "> 250 ok", "< RCPT*",
               "> 250 ok", "< DATA", "> 354 go", "<text", "> 250 plain"},
              encrypted("REQUIRETLS") + transaction()});
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 plain");
  info->envelope.require_tls = true;
  EXPECT_EQ(text_of(deliver_one("x@a.example")), "delivered 250 taken");
  EXPECT_EQ(connections, 2);
}

}  // namespace
}  // namespace delivery
