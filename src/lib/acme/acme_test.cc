// Tests of jws.h, objects.h, problem.h and renewal.h: the pure parts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "lib/acme/jws.h"
#include "lib/acme/objects.h"
#include "lib/acme/problem.h"
#include "lib/acme/renewal.h"
#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto days = [](int count) { return hours(24 * count); };
const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

TEST(Jws, NamesTheKeyBeforeThereIsAnAccount) {
  const auto key = AccountKey::from_pem(*io::PrivateKey::make()->pem());
  ASSERT_TRUE(key);
  const auto fields_of = [&](const std::string& account) {
    const auto jws =
        key->sign({.url = "https://ca/x", .nonce = "n1", .account = account}, R"({"a":1})");
    const auto parsed = boost::json::parse(*jws).get_object();
    EXPECT_EQ(parsed.at("payload").get_string(), "eyJhIjoxfQ");
    std::string head(parsed.at("protected").get_string());
    std::ranges::replace(head, '-', '+');
    std::ranges::replace(head, '_', '/');
    while (head.size() % 4 != 0) head += '=';
    return boost::json::parse(*base::unbase64(head)).get_object();
  };
  const auto first = fields_of("");
  EXPECT_EQ(first.at("alg").get_string(), "ES256");
  EXPECT_EQ(first.at("url").get_string(), "https://ca/x");
  EXPECT_EQ(first.at("nonce").get_string(), "n1");
  EXPECT_EQ(first.at("jwk").get_object().at("crv").get_string(), "P-256");
  EXPECT_FALSE(first.contains("kid"));
  const auto later = fields_of("https://ca/account/1");
  EXPECT_EQ(later.at("kid").get_string(), "https://ca/account/1");
  EXPECT_FALSE(later.contains("jwk"));
}

TEST(Jws, KeyAuthorization) {
  const auto key = AccountKey::from_pem(*io::PrivateKey::make()->pem());
  const std::string said = key->key_authorization("token-1");
  EXPECT_TRUE(said.starts_with("token-1."));
  EXPECT_EQ(said.size(), std::string_view("token-1.").size() + 43);
  EXPECT_EQ(base64url("\xff\xfe\xfd?"), "__79Pw");
  const auto rsa = AccountKey::from_pem("no key");
  EXPECT_FALSE(rsa);
}

TEST(Objects, Directory) {
  const auto read = read_directory(
      R"({"newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o",
          "meta":{"termsOfService":"https://ca/terms","externalAccountRequired":true}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->new_order, "https://ca/o");
  EXPECT_EQ(read->terms_of_service, "https://ca/terms");
  EXPECT_TRUE(read->external_account_required);
  EXPECT_FALSE(read_directory(R"({"newNonce":"https://ca/n","newAccount":7})"));
  EXPECT_FALSE(read_directory("<html>"));
  EXPECT_FALSE(read_directory("[]"));
}

TEST(Objects, OrderAndAuthorization) {
  const auto order = read_order(
      R"({"status":"processing","authorizations":["https://ca/z/1"],"finalize":"https://ca/f",
          "error":{"type":"urn:ietf:params:acme:error:caa","detail":"no"}})");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->status, Status::processing);
  EXPECT_THAT(order->authorizations, ElementsAre("https://ca/z/1"));
  EXPECT_EQ(order->problem->detail, "no");
  EXPECT_FALSE(read_order(R"({"status":"ready","finalize":"https://ca/f"})"));
  EXPECT_FALSE(read_order(R"({"authorizations":[1],"finalize":"https://ca/f"})"));
  const auto good = read_authorization(
      R"({"status":"pending","identifier":{"type":"dns","value":"Mail.example.org"},
          "wildcard":true,"challenges":[{"type":"dns-01","url":"u","token":"a-_9"},7]})");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->name, "mail.example.org");
  EXPECT_TRUE(good->wildcard);
  EXPECT_EQ(good->challenges.at(0).token, "a-_9");
  // A token becomes part of a path and of a DNS record.
  EXPECT_FALSE(read_authorization(
      R"({"status":"pending","identifier":{"value":"a.test"},
          "challenges":[{"type":"http-01","url":"u","token":"../../etc"}]})"));
  EXPECT_FALSE(read_authorization(R"({"status":"pending","challenges":[]})"));
}

TEST(Problem, SaysTheAuthoritysWordsAndTheRemedy) {
  const auto of = [](std::string type, std::string detail) {
    return Problem{
        .type = "urn:ietf:params:acme:error:" + type, .detail = std::move(detail), .parts = {}};
  };
  const auto refused = error_of(of("connection", "timeout after 10 s."), "a.test", "http-01");
  EXPECT_THAT(refused.detail, HasSubstr("a.test: connection: timeout after 10 s. "));
  EXPECT_THAT(refused.detail, HasSubstr("port 80"));
  EXPECT_THAT(error_of(of("unauthorized", "x"), "a.test", "dns-01").detail,
              HasSubstr("_acme-challenge"));
  EXPECT_THAT(error_of(of("tls", "x"), "a.test", "tls-alpn-01").detail, HasSubstr("port 443"));
  EXPECT_EQ(error_of(of("rateLimited", "x"), {}, {}).kind, base::ErrorKind::limit);
  EXPECT_THAT(error_of({.type = "about:blank", .detail = "odd\r\n", .parts = {}}, {}, {}).detail,
              HasSubstr("the authority refuses: odd\\r\\n"));
  Problem parts = of("malformed", "several");
  parts.parts.push_back({.name = "b.test", .type = "", .detail = "not public"});
  EXPECT_THAT(error_of(parts, {}, {}).detail, HasSubstr("; b.test: not public"));
  const auto read = read_problem(R"({"type":"t","detail":"d",
      "subproblems":[{"identifier":{"value":"c.test"},"detail":"e"}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->parts.at(0).name, "c.test");
  EXPECT_FALSE(read_problem("{}"));
  EXPECT_FALSE(read_problem("bad gateway"));
}

io::Certificate lasting(base::Duration lifetime, std::string serial = "01") {
  io::Certificate out;
  out.not_before = november;
  out.not_after = november + lifetime;
  out.serial = std::move(serial);
  return out;
}

TEST(Renewal, WithAThirdLeftAndSpread) {
  base::Time least = base::Time::max();
  base::Time most = base::Time::min();
  for (int i = 0; i < 200; ++i) {
    const base::Time at = renew_at(lasting(days(90), std::to_string(i)), {});
    EXPECT_EQ(at, renew_at(lasting(days(90), std::to_string(i)), {}));
    least = std::min(least, at);
    most = std::max(most, at);
  }
  EXPECT_LE(most, november + days(60));
  EXPECT_GT(most, november + days(59));
  EXPECT_GE(least, november + days(57));
  EXPECT_LT(least, november + days(58));
}

TEST(Renewal, NeverInTheFirstHalf) {
  EXPECT_EQ(renew_at(lasting(days(90)), days(3660)), november + days(45));
  EXPECT_GT(renew_at(lasting(days(90)), days(10)), november + days(76));
  EXPECT_LE(renew_at(lasting(days(90)), days(10)), november + days(80));
}

TEST(Renewal, PausesGrow) {
  const std::vector<base::Duration> ladder = {minutes(5), hours(1)};
  EXPECT_EQ(pause_after(ladder, 1, {}, 0), minutes(5));
  EXPECT_EQ(pause_after(ladder, 2, {}, 0), hours(1));
  EXPECT_EQ(pause_after(ladder, 900, {}, 0), hours(1));
  EXPECT_GT(pause_after(ladder, 1, {}, 65'535), minutes(6));
  EXPECT_LE(pause_after(ladder, 1, {}, 65'535), minutes(5) + seconds(75));
  EXPECT_EQ(pause_after(ladder, 1, hours(9), 0), hours(9));
}

TEST(Renewal, NamesInAnyOrder) {
  EXPECT_FALSE(names_differ({"a.test", "b.test"}, {"B.test", "a.test", "a.test"}));
  EXPECT_TRUE(names_differ({"a.test"}, {"a.test", "b.test"}));
}

TEST(Rollover, PublishWaitSwitch) {
  RolloverMemory memory;
  const auto step = [&](std::vector<std::string> digests, base::Time now, int ttl = 3600) {
    return rollover_step({.known = true, .digests = std::move(digests), .ttl = seconds(ttl)}, "old",
                         "new", memory, now);
  };
  EXPECT_EQ(step({}, november), RolloverStep::free);
  EXPECT_EQ(step({"third"}, november), RolloverStep::free);
  EXPECT_EQ(step({"old"}, november), RolloverStep::publish);
  EXPECT_EQ(step({"old", "new"}, november, 10), RolloverStep::wait);
  // A cache told what was left at first; the whole TTL counts from the first sight on.
  EXPECT_EQ(step({"old", "new"}, november + seconds(11)), RolloverStep::wait);
  EXPECT_EQ(step({"old", "new"}, november + minutes(59), 5), RolloverStep::wait);
  EXPECT_EQ(step({"old", "new"}, november + minutes(60), 5), RolloverStep::ready);
  EXPECT_EQ(rollover_step({}, "old", "new", memory, november), RolloverStep::unknown);
  // It was taken out again: the wait begins anew.
  EXPECT_EQ(step({"old"}, november + minutes(61)), RolloverStep::publish);
  EXPECT_EQ(step({"old", "new"}, november + minutes(62)), RolloverStep::wait);
  EXPECT_EQ(tlsa_data("\x01\xab"), "3 1 1 01ab");
}

}  // namespace
}  // namespace acme
