// Tests of client.h, order.h and store.h against an authority in memory.
#include "lib/acme/order.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "lib/acme/store.h"
#include "lib/base/text.h"
#include "lib/io/sim/host.h"

namespace acme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const base::Time november = *base::parse_time("2026-11-23T10:00:00.000Z");

std::string decoded(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return *base::unbase64(text);
}

std::string problem(std::string_view type, std::string_view detail) {
  return fmt::format(R"({{"type":"urn:ietf:params:acme:error:{}","detail":"{}"}})", type, detail);
}

// One order for a.test. Nonces are numbers, each good once.
class FakeAuthority final : public Web {
 public:
  io::Task<base::Result<http::Response>> ask(std::string url, http::Request request) override {
    asked.push_back(
        fmt::format("{} {}", request.method, url.substr(std::string_view("https://ca").size())));
    if (down) co_return base::fail(base::ErrorKind::refused, "nobody listens");
    http::Response response;
    response.headers.set("Replay-Nonce", fmt::format("nonce{}", ++nonce_));
    if (request.method == "GET") {
      response.body = directory;
    } else if (request.method == "POST") {
      answer(response, url, boost::json::parse(request.body).get_object());
    }
    co_return response;
  }

  std::string directory =
      R"({"newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o"})";
  bool down = false;
  unsigned bad_nonces = 0;  // so many are refused
  bool refuse_name = false;
  std::string offered = "http-01";
  std::string order_problem;
  std::vector<std::string> asked;
  std::map<std::string, std::string> payloads;

 private:
  void refuse(http::Response& response, std::string text) {
    response.status = 400;
    response.body = std::move(text);
  }
  void answer(http::Response& response, const std::string& url, const boost::json::object& jws) {
    const auto head =
        boost::json::parse(decoded(std::string(jws.at("protected").get_string()))).get_object();
    EXPECT_EQ(head.at("url").get_string(), url);
    EXPECT_EQ(head.at("nonce").get_string(), fmt::format("nonce{}", nonce_ - 1));
    EXPECT_EQ(head.contains("jwk"), url == "https://ca/a");
    if (bad_nonces > 0) {
      --bad_nonces;
      return refuse(response, problem("badNonce", "old"));
    }
    const std::string payload = decoded(std::string(jws.at("payload").get_string()));
    if (!payload.empty()) payloads[url] = payload;
    if (url == "https://ca/a") {
      response.headers.set("Location", "https://ca/a/1");
    } else if (url == "https://ca/o") {
      response.status = 201;
      response.headers.set("Location", "https://ca/o/1");
      response.body = order("pending");
    } else if (url == "https://ca/c") {
      looked_ = true;
    } else if (url == "https://ca/z") {
      response.body = authorization();
    } else if (url == "https://ca/f") {
      finalized_ = true;
    } else if (url == "https://ca/o/1") {
      response.body =
          finalized_ ? order(polls_++ < 2 ? "processing" : final_status()) : order("ready");
    } else if (url == "https://ca/crt") {
      response.body = "the chain";
    } else {
      refuse(response, problem("malformed", "what?"));
    }
  }
  [[nodiscard]] std::string final_status() const {
    return order_problem.empty() ? "valid" : "invalid";
  }
  [[nodiscard]] std::string order(std::string_view status) const {
    return fmt::format(
        R"({{"status":"{}","authorizations":["https://ca/z"],"finalize":"https://ca/f"{}{}}})",
        status, status == "valid" ? R"(,"certificate":"https://ca/crt")" : "",
        status == "invalid" ? R"(,"error":)" + order_problem : "");
  }
  [[nodiscard]] std::string authorization() const {
    std::string status = "pending";
    if (looked_) status = refuse_name ? "invalid" : "valid";
    return fmt::format(
        R"({{"status":"{0}","identifier":{{"type":"dns","value":"a.test"}},"challenges":[
            {{"type":"{1}","url":"https://ca/c","token":"tok","status":"{0}"{2}}}]}})",
        status, offered,
        status == "invalid" ? R"(,"error":)" + problem("connection", "refused") : "");
  }

  unsigned nonce_ = 0;
  unsigned polls_ = 0;
  bool looked_ = false;
  bool finalized_ = false;
};

class FakeSolver final : public Solver {
 public:
  [[nodiscard]] std::string_view type() const override { return "http-01"; }
  io::Task<base::Result<>> prepare(Proof proof) override {
    steps.push_back("prepare " + proof.name + " " + proof.token);
    if (fails) co_return base::fail(base::ErrorKind::busy, "the port is taken");
    co_return base::Result<>();
  }
  io::Task<void> clean(Proof proof) override {
    steps.push_back("clean " + proof.name);
    co_return;
  }
  bool fails = false;
  std::vector<std::string> steps;
};

class OrderTest : public testing::Test {
 protected:
  base::Result<std::string> get() { return world.run(get_it()); }
  io::Task<base::Result<std::string>> get_it() {
    auto key = AccountKey::from_pem(*io::PrivateKey::make()->pem());
    Client client({.web = authority,
                   .clock = host.doors().clock,
                   .key = std::move(*key),
                   .directory_url = "https://ca/dir"});
    if (auto opened = co_await client.open("you@a.test"); !opened) {
      co_return std::unexpected(opened.error());
    }
    co_return co_await obtain(client, solver, {.names = {"a.test"}, .request = "DER"});
  }
  std::string trouble() {
    const auto got = get();
    EXPECT_FALSE(got);
    return got ? std::string() : got.error().detail;
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  FakeAuthority authority;
  FakeSolver solver;
};

TEST_F(OrderTest, FromTheOrderToTheChain) {
  EXPECT_EQ(get().value(), "the chain");
  EXPECT_THAT(solver.steps, ElementsAre("prepare a.test tok", "clean a.test"));
  EXPECT_EQ(authority.payloads["https://ca/a"],
            R"({"termsOfServiceAgreed":true,"contact":["mailto:you@a.test"]})");
  EXPECT_EQ(authority.payloads["https://ca/o"],
            R"({"identifiers":[{"type":"dns","value":"a.test"}]})");
  EXPECT_EQ(authority.payloads["https://ca/c"], "{}");
  EXPECT_EQ(authority.payloads["https://ca/f"], R"({"csr":"REVS"})");
  EXPECT_EQ(authority.asked.front(), "GET /dir");
  EXPECT_EQ(std::ranges::count(authority.asked, "HEAD /n"), 1);
}

TEST_F(OrderTest, AStaleNonceIsNoTrouble) {
  authority.bad_nonces = Client::nonce_tries_max - 1;
  EXPECT_EQ(get().value(), "the chain");
}

TEST_F(OrderTest, NoncesThatAreNeverGoodEnd) {
  authority.bad_nonces = 1000;
  EXPECT_THAT(trouble(), HasSubstr("badNonce"));
}

TEST_F(OrderTest, ANameThatIsRefused) {
  authority.refuse_name = true;
  EXPECT_THAT(trouble(), HasSubstr("a.test: connection: refused. The authority asks at port 80"));
  EXPECT_THAT(solver.steps, ElementsAre("prepare a.test tok", "clean a.test"));
}

TEST_F(OrderTest, ASolverThatFailsCleansUp) {
  solver.fails = true;
  EXPECT_EQ(trouble(), "the port is taken");
  EXPECT_EQ(solver.steps.back(), "clean a.test");
  EXPECT_FALSE(authority.payloads.contains("https://ca/c"));
}

TEST_F(OrderTest, AChallengeThatIsNotOffered) {
  authority.offered = "dns-01";
  EXPECT_THAT(trouble(), HasSubstr("does not offer http-01, but dns-01"));
}

TEST_F(OrderTest, AnOrderThatFailsAtTheEnd) {
  authority.order_problem = problem("caa", "CAA of a.test forbids it");
  EXPECT_THAT(trouble(), HasSubstr("caa: CAA of a.test forbids it. The domain's CAA record"));
}

TEST_F(OrderTest, NoAuthorityAtAll) {
  authority.down = true;
  EXPECT_EQ(trouble(), "nobody listens");
  authority.down = false;
  authority.directory = "<html>";
  EXPECT_THAT(trouble(), HasSubstr("is acme.directory_url the address of its directory?"));
  authority.directory =
      R"({"newNonce":"https://ca/n","newAccount":"https://ca/a","newOrder":"https://ca/o",
          "meta":{"externalAccountRequired":true}})";
  EXPECT_THAT(trouble(), HasSubstr("does not support"));
}

TEST(Store, KeepsWhatMustOutliveARestart) {
  io::sim::World world(1);
  io::sim::Host host(world, {"192.0.2.1"});
  io::Files& files = host.doors().files;
  Store store(files, "/acme");
  EXPECT_FALSE(store.current()->has_value());
  EXPECT_TRUE(store.account_key());
  const std::string next = *store.next_key()->public_digest();
  EXPECT_EQ(*Store(files, "/acme").next_key()->public_digest(), next);

  // The next key comes into use: another one takes its place, and no other does.
  const std::string pem = *store.next_key()->pem();
  const auto identity = io::make_self_signed({"a.test"}, november, 90);
  ASSERT_TRUE(store.install(identity->certificate_pem, identity->key_pem));
  EXPECT_EQ(*store.next_key()->public_digest(), next);
  EXPECT_TRUE(store.current()->value().certificate_pem.contains("PRIVATE KEY"));
  ASSERT_TRUE(io::write_file(files, "/acme/next.key", identity->key_pem));
  EXPECT_NE(*store.next_key()->public_digest(),
            *io::PrivateKey::from_pem(identity->key_pem)->public_digest());

  EXPECT_EQ(store.memory()->failures, 0U);
  Memory memory;
  memory.directory_url = "https://ca/dir";
  memory.key_since = november;
  memory.rollover = {.digest = "\x01\x02", .seen_since = november, .ttl = std::chrono::hours(1)};
  memory.failures = 3;
  memory.failure = "why \"not\"";
  memory.retry_at = november;
  ASSERT_TRUE(store.keep(memory));
  const auto kept = store.memory();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->directory_url, memory.directory_url);
  EXPECT_EQ(kept->key_since, november);
  EXPECT_EQ(kept->rollover.digest, memory.rollover.digest);
  EXPECT_EQ(kept->rollover.ttl, memory.rollover.ttl);
  EXPECT_EQ(kept->failures, 3U);
  EXPECT_EQ(kept->failure, memory.failure);
  EXPECT_EQ(kept->retry_at, november);
  EXPECT_EQ(kept->failed_at, base::Time());
  ASSERT_TRUE(io::write_file(files, "/acme/state.json", "[1"));
  EXPECT_EQ(store.memory().error().kind, base::ErrorKind::corrupt);
  ASSERT_TRUE(io::write_file(files, "/acme/account.key", "no key"));
  EXPECT_TRUE(store.account_key().error().detail.contains("remove it"));
}

}  // namespace
}  // namespace acme
