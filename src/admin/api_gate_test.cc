// Tests of admin/api_gate.h: who gets in, for what, and how often.
#include "admin/api_gate.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "admin/caller.h"
#include "admin/catalogue.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace admin {
namespace {

using namespace std::chrono_literals;

io::Task<http::Response> answer(http::Request /*request*/) {
  co_return http::text_response(200, "done\n");
}

class ApiGateTest : public testing::Test {
 protected:
  ApiGateTest() : world_(1), host_(world_, {"192.0.2.1"}) {
    EXPECT_TRUE(host_.doors().files.make_directories("/state"));
    tokens_ = Tokens::open(host_.doors().files, "/state/api-tokens.json").value();
    router_.add("GET", "/api/v1/queue", answer);
    router_.add("POST", "/api/v1/queue/{verb}", answer);
    router_.add("POST", "/api/v1/users/add", answer);
    router_.add("GET", "/api/v1/users/export", answer);
    router_.add("GET", "/api/v1/unknown", answer);
    for (const char* name : {"read", "operate", "admin"}) {
      secrets_[name] = tokens_
                           ->add({.name = name, .scope = *parse_scope(name)},
                                 host_.doors().clock.wall(), host_.doors().random)
                           .value();
    }
    gate_ = std::make_unique<ApiGate>(ApiGate::Parts{.doors = host_.doors(),
                                                     .api = router_,
                                                     .tokens = *tokens_,
                                                     .events = events_,
                                                     .settings = {.http = {},
                                                                  .https = {},
                                                                  .requests_per_minute_max = 30,
                                                                  .failures_per_minute_max = 5},
                                                     .body_bytes_max = 1'000,
                                                     .hostname = "mail.example.org",
                                                     .version = "1"});
  }

  http::Response ask(std::string method, std::string target, const std::string& secret,
                     http::Values headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.peer = *io::Endpoint::parse("192.0.2.9:4000");
    if (!secret.empty()) request.headers.add("authorization", "bearer " + secret);
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    EXPECT_TRUE(http::split_target(request));
    return world_.run(gate_->handle(std::move(request)));
  }
  int status(std::string method, std::string target, const std::string& name) {
    return ask(std::move(method), std::move(target), secrets_.at(name)).status;
  }

  class Events final : public base::EventSink {
   public:
    void emit(const base::Event& event) override { names.emplace_back(event.name); }
    std::vector<std::string> names;
  };

  io::sim::World world_;
  io::sim::Host host_;
  Events events_;
  http::Router router_;
  std::unique_ptr<Tokens> tokens_;
  std::map<std::string, std::string> secrets_;
  std::unique_ptr<ApiGate> gate_;
  Caller caller_;
};

TEST_F(ApiGateTest, EachScopeMayWhatTheOneBeforeMay) {
  struct Case {
    const char* method;
    const char* target;
    std::vector<int> statuses;  // of read, operate, admin
  };
  for (const Case& one : std::vector<Case>{
           {"GET", "/api/v1/queue?limit=1", {200, 200, 200}},
           {"HEAD", "/api/v1/queue", {200, 200, 200}},
           {"POST", "/api/v1/queue/retry", {403, 200, 200}},
           {"POST", "/api/v1/users/add", {403, 403, 200}},
           {"GET", "/api/v1/users/export", {403, 403, 200}},
           {"GET", "/api/v1/unknown", {403, 403, 200}},  // not in the catalogue
           {"GET", "/api/v1/nothing", {404, 404, 404}},
           {"DELETE", "/api/v1/queue", {405, 405, 405}},
       }) {
    std::vector<int> statuses;
    for (const char* name : {"read", "operate", "admin"}) {
      statuses.push_back(status(one.method, one.target, name));
    }
    EXPECT_EQ(statuses, one.statuses) << one.method << " " << one.target;
  }
}

TEST_F(ApiGateTest, TroubleIsToldAsJson) {
  for (const char* method : {"GET", "DELETE"}) {
    const http::Response response = ask(method, "/api/v1/queue/no/such", secrets_.at("admin"));
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, R"({"error":"there is nothing at this path"})");
  }
  EXPECT_EQ(ask("DELETE", "/api/v1/queue", secrets_.at("admin")).body,
            R"({"error":"not with this method"})");
}

TEST_F(ApiGateTest, WithoutAGoodTokenNobodyLearnsAnything) {
  EXPECT_EQ(ask("GET", "/api/v1/queue", "").status, 401);
  EXPECT_EQ(ask("GET", "/api/v1/nothing", "").status, 401);
  const http::Response wrong = ask("GET", "/api/v1/queue", "stagepost_" + std::string(43, 'A'));
  EXPECT_EQ(wrong.status, 401);
  ASSERT_NE(wrong.headers.find("WWW-Authenticate"), nullptr);
  ASSERT_TRUE(tokens_->revoke("read"));
  EXPECT_EQ(status("GET", "/api/v1/queue", "read"), 401);
}

TEST_F(ApiGateTest, GuessesAreStopped) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("GET", "/api/v1/queue", "stagepost_x").status, 401);
  EXPECT_EQ(events_.names, std::vector<std::string>{"api.closed"});
  const http::Response many = ask("GET", "/api/v1/queue", "stagepost_x");
  EXPECT_EQ(many.status, 429);
  EXPECT_NE(many.headers.find("Retry-After"), nullptr);
  EXPECT_EQ(status("GET", "/api/v1/queue", "read"), 200) << "another program of that address";
  EXPECT_EQ(ask("GET", "/api/v1/queue", "stagepost_x").status, 429);
  world_.run_for(1min);
  EXPECT_EQ(ask("GET", "/api/v1/queue", "stagepost_x").status, 401);
}

TEST_F(ApiGateTest, WhatIsChangedIsLogged) {
  EXPECT_EQ(status("GET", "/api/v1/queue", "operate"), 200);
  EXPECT_TRUE(events_.names.empty());
  EXPECT_EQ(status("POST", "/api/v1/queue/retry", "operate"), 200);
  EXPECT_EQ(events_.names, std::vector<std::string>{"api.changed"});
}

TEST_F(ApiGateTest, ATokenHasItsRate) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(status("GET", "/api/v1/queue", "read"), 200);
  EXPECT_EQ(status("GET", "/api/v1/queue", "read"), 429);
  EXPECT_EQ(status("GET", "/api/v1/queue", "operate"), 200);
  world_.run_for(1min);
  EXPECT_EQ(status("GET", "/api/v1/queue", "read"), 200);
}

TEST_F(ApiGateTest, APageOfAnotherSiteMayNotAsk) {
  const auto with = [this](http::Values headers) {
    return ask("GET", "/api/v1/queue", secrets_.at("admin"), std::move(headers)).status;
  };
  EXPECT_EQ(with({{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "same-site"}}), 403);
  EXPECT_EQ(with({{"Origin", "https://evil.example"}, {"Host", "127.0.0.1:8026"}}), 403);
  EXPECT_EQ(with({{"Origin", "null"}}), 403);
  EXPECT_EQ(with({{"Origin", "http://127.0.0.1:8026"}, {"Host", "127.0.0.1:8026"}}), 200);
  EXPECT_EQ(with({{"Sec-Fetch-Site", "none"}}), 200);
}

TEST_F(ApiGateTest, ATokenThatSendsReachesItsOwnRoutesAlone) {
  router_.add("POST", "/api/v1/send", [this](http::Request request) {
    caller_ = caller_of(request);
    return answer(std::move(request));
  });
  router_.add("GET", "/api/v1/messages/{id}", answer);
  const auto secret = tokens_->add({.name = "shop", .scope = Scope::send, .account = "s@x.test"},
                                   host_.doors().clock.wall(), host_.doors().random);
  ASSERT_TRUE(secret);
  secrets_["shop"] = *secret;
  EXPECT_EQ(status("POST", "/api/v1/send", "shop"), 200);
  EXPECT_EQ(caller_.account, "s@x.test");
  EXPECT_EQ(caller_.name, "shop");
  EXPECT_EQ(status("GET", "/api/v1/messages/1", "shop"), 200);
  EXPECT_EQ(status("GET", "/api/v1/messages/1", "read"), 200);
  EXPECT_EQ(status("GET", "/api/v1/queue", "shop"), 403);
  EXPECT_EQ(status("POST", "/api/v1/users/add", "shop"), 403);
  EXPECT_EQ(status("POST", "/api/v1/send", "operate"), 403);
  EXPECT_EQ(status("POST", "/api/v1/send", "admin"), 200);
  EXPECT_EQ(caller_.account, "");
}

TEST_F(ApiGateTest, LargeBodiesAreForGoodTokensAndMessages) {
  router_.add("POST", "/api/v1/send", answer);
  const auto most = [this](std::string target, const std::string& secret) {
    http::Request head;
    head.method = "POST";
    head.target = std::move(target);
    if (!secret.empty()) head.headers.add("Authorization", "Bearer " + secret);
    EXPECT_TRUE(http::split_target(head));
    return gate_->body_bytes_max(head);
  };
  EXPECT_GT(most("/api/v1/send", secrets_.at("admin")), 1'000U);
  EXPECT_EQ(most("/api/v1/send", "stagepost_guess"), 1'000U);
  EXPECT_EQ(most("/api/v1/send", ""), 1'000U);
  EXPECT_EQ(most("/api/v1/users/add", secrets_.at("admin")), 1'000U);
}

TEST_F(ApiGateTest, ItDescribesItself) {
  const http::Response response =
      ask("GET", "/api/openapi.json", "", {{"Host", "mail.example.org:8443"}});
  ASSERT_EQ(response.status, 200);
  const auto document = boost::json::parse(response.body);
  EXPECT_EQ(document.at("servers").at(0).at("url"), "http://mail.example.org:8443");
  std::size_t operations = 0;
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    operations += methods.as_object().size();
    for (const auto& [method, operation] : methods.as_object()) {
      EXPECT_FALSE(operation.at("summary").as_string().empty()) << path;
      EXPECT_TRUE(operation.at("x-scope").is_string()) << path;
    }
  }
  EXPECT_EQ(operations, catalogue().size()) << "no route is described twice";
}

}  // namespace
}  // namespace admin
