// Tests of session_routes.h and of sessions at api_gate.h: who gets in, who stays, what is refused.
#include "admin/session_routes.h"

#include <boost/json.hpp>

#include "admin/api_gate.h"
#include "lib/base/base32.h"
#include "lib/base/text.h"
#include "lib/http/cookie.h"
#include "lib/io/totp.h"
#include "policy/login/fixture_test.h"

namespace admin {
namespace {

using namespace std::chrono_literals;
using boost::json::object;

constexpr const char* own_origin = "http://127.0.0.1:8026";

io::Task<http::Response> done(http::Request /*request*/) {
  co_return http::text_response(200, "done\n");
}

class Events final : public base::EventSink {
 public:
  void emit(const base::Event& event) override {
    std::string line(event.name);
    for (const auto& [key, value] : event.fields) line += fmt::format(" {}={}", key, value);
    lines.push_back(std::move(line));
  }
  [[nodiscard]] std::string last() const { return lines.empty() ? "" : lines.back(); }
  std::vector<std::string> lines;
};

class SessionRoutesTest : public policy::LoginFixture {
 protected:
  SessionRoutesTest() {
    add("an@demo.test", "an's password");
    contents.mailboxes.emplace_back("an@demo.test");
    contents.administrators = {"you@demo.test"};
    publish();
    EXPECT_TRUE(host.doors().files.make_directories("/state"));
    tokens_ = Tokens::open(host.doors().files, "/state/tokens.json").value();
    factors_ = SecondFactors::open(host.doors().files, "/state/factors.json").value();
    router_.add("GET", "/api/v1/queue", done);
    router_.add("POST", "/api/v1/users/add", done);
    sessions_ = std::make_unique<SessionRoutes>(SessionRoutes::Parts{
        .doors = host.doors(),
        .directory = logins,
        .factors = *factors_,
        .events = told_,
        .log_in =
            [this](LoginAttempt attempt, policy::FurtherCheck further) {
              sasl::Claim claim;
              claim.user = std::move(attempt.address);
              claim.secret = std::move(attempt.password);
              return authenticator().conclude(std::move(claim), attempt.peer, std::move(further));
            },
        .limits = {},
        .hostname = "mail.demo.test"});
    gate_ = std::make_unique<ApiGate>(ApiGate::Parts{.doors = host.doors(),
                                                     .api = router_,
                                                     .tokens = *tokens_,
                                                     .events = told_,
                                                     .settings = {},
                                                     .hostname = "mail.demo.test",
                                                     .version = "1",
                                                     .sessions = sessions_.get()});
  }

  // As a browser asks: from a page of ours, with what it keeps.
  http::Response ask(std::string method, std::string target, const object& body = {},
                     http::Values headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.peer.address = from_;
    request.tls = tls_;
    headers.try_emplace("Host", "127.0.0.1:8026");
    headers.try_emplace("Sec-Fetch-Site", "same-origin");
    headers.try_emplace("Content-Type", "application/json");
    if (!cookie_.empty()) headers.try_emplace("Cookie", cookie_);
    if (!csrf_.empty()) headers.try_emplace("X-CSRF-Token", csrf_);
    for (const auto& [name, value] : headers) {
      if (!value.empty()) request.headers.add(name, value);
    }
    if (!body.empty()) request.body = boost::json::serialize(body);
    EXPECT_TRUE(http::split_target(request));
    return world.run(gate_->handle(std::move(request)));
  }
  int status(std::string method, std::string target, http::Values headers = {}) {
    return ask(std::move(method), std::move(target), {}, std::move(headers)).status;
  }
  http::Response log_in(const char* address, const char* password, std::string code = "") {
    object body{{"address", address}, {"password", password}};
    if (!code.empty()) body["code"] = code;
    http::Response response = ask("POST", "/api/v1/session", body);
    if (response.status == 200) keep(response);
    return response;
  }
  void keep(const http::Response& response) {
    const std::string& set = *response.headers.find("Set-Cookie");
    cookie_ = set.substr(0, set.find(';'));
    csrf_ = std::string(json_of(response).at("csrf").as_string());
  }
  static object json_of(const http::Response& response) {
    return boost::json::parse(response.body).as_object();
  }
  // A second factor for whoever is logged in; its recovery codes.
  boost::json::array enrol() {
    const object begun = json_of(ask("POST", "/api/v1/session/second-factor/begin"));
    secret_ = base::unbase32(std::string(begun.at("secret").as_string())).value();
    const auto confirmed = ask("POST", "/api/v1/session/second-factor/confirm", {{"code", code()}});
    EXPECT_EQ(confirmed.status, 200) << confirmed.body;
    world.run_for(io::totp_step_time);
    return json_of(confirmed).at("recovery_codes").as_array();
  }
  [[nodiscard]] std::string code() const {
    return io::totp_code(secret_, io::totp_step(world.wall()));
  }

  Events told_;
  http::Router router_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<SecondFactors> factors_;
  std::unique_ptr<SessionRoutes> sessions_;
  std::unique_ptr<ApiGate> gate_;
  io::IpAddress from_ = *io::IpAddress::parse("203.0.113.7");
  bool tls_ = false;
  std::string cookie_;
  std::string csrf_;
  std::string secret_;
};

TEST_F(SessionRoutesTest, LogInLookAndLogOut) {
  EXPECT_EQ(status("GET", "/api/v1/session"), 401);
  const http::Response in = log_in("You@Demo.test", "pencil");
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_EQ(*in.headers.find("Cache-Control"), "no-store");
  const object told = json_of(in);
  EXPECT_EQ(told.at("address"), "you@demo.test");
  EXPECT_EQ(told.at("second_factor"), false);
  const base::Time expires = *base::parse_time(std::string(told.at("expires").as_string()));
  EXPECT_LT(world.wall() + 30min - expires, 1ms) << "as it is written";
  EXPECT_EQ(told_.last(), "web.login login=you@demo.test peer=203.0.113.7 account=you@demo.test");
  EXPECT_EQ(json_of(ask("GET", "/api/v1/session")).at("csrf").as_string(), csrf_.c_str());
  EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
  EXPECT_EQ(status("POST", "/api/v1/users/add"), 200);
  EXPECT_EQ(told_.last(),
            "api.changed account=you@demo.test request=POST /api/v1/users/add status=200 "
            "peer=203.0.113.7");
  EXPECT_EQ(status("POST", "/api/v1/nothing"), 404);
  const http::Response out = ask("DELETE", "/api/v1/session");
  EXPECT_EQ(out.status, 200);
  EXPECT_NE(out.headers.find("Set-Cookie")->find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401);
  EXPECT_EQ(status("DELETE", "/api/v1/session"), 200) << "again is no mistake";
}

TEST_F(SessionRoutesTest, TheCookieIsOutOfReach) {
  std::string set = *log_in("you@demo.test", "pencil").headers.find("Set-Cookie");
  EXPECT_TRUE(set.starts_with("stagepost=") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict"))
      << set;
  const std::string plain_cookie = cookie_;
  tls_ = true;
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401) << "a plain cookie is none over TLS";
  set = *log_in("you@demo.test", "pencil").headers.find("Set-Cookie");
  EXPECT_TRUE(set.starts_with("__Host-stagepost=") && set.ends_with("; SameSite=Strict; Secure"))
      << set;
  EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
  cookie_ += "; " + cookie_;
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401);
  tls_ = false;
  cookie_ = plain_cookie;
  EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
}

TEST_F(SessionRoutesTest, ALogInReplacesWhatTheBrowserHad) {
  (void)log_in("you@demo.test", "pencil");
  const std::string before = cookie_;
  (void)log_in("you@demo.test", "pencil");
  EXPECT_NE(cookie_, before);
  EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
  cookie_ = before;
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401);
}

TEST_F(SessionRoutesTest, EverybodyElseIsToldTheSame) {
  struct Case {
    const char* address;
    const char* password;
    const char* why;
  };
  std::string first;
  for (const Case& one : {
           Case{"you@demo.test", "pen", "wrong password"},
           Case{"nobody@demo.test", "pencil", "there is no such log-in"},
           Case{"an@demo.test", "an's password", "it is not the own log-in of an administrator"},
           Case{"you@demo.test/phone", "phone-password",
                "it is not the own log-in of an administrator"},
       }) {
    const http::Response response = log_in(one.address, one.password);
    EXPECT_EQ(response.status, 401) << one.address;
    EXPECT_EQ(response.headers.find("Set-Cookie"), nullptr);
    if (first.empty()) first = response.body;
    EXPECT_EQ(response.body, first);
    EXPECT_TRUE(told_.last().ends_with(fmt::format("why={}", one.why))) << told_.last();
  }
}

TEST_F(SessionRoutesTest, GuessesEndInABan) {
  int tries = 0;
  http::Response response;
  do {
    response = log_in("you@demo.test", "guess");
    ++tries;
  } while (response.status == 401 && tries < 50);
  EXPECT_EQ(tries, 11) << "as many as over SMTP";
  ASSERT_EQ(response.status, 429);
  const auto wait = base::parse_number(*response.headers.find("Retry-After"));
  EXPECT_GT(*wait, 800U);
  EXPECT_TRUE(told_.last().starts_with("web.banned login=you@demo.test")) << told_.last();
  EXPECT_EQ(log_in("you@demo.test", "pencil").status, 429) << "the right one is not looked at";
  world.run_for(std::chrono::seconds(*wait));
  EXPECT_EQ(log_in("you@demo.test", "pencil").status, 200);
}

TEST_F(SessionRoutesTest, ChangesNeedProofThatAPageOfOursAsks) {
  (void)log_in("you@demo.test", "pencil");
  struct Case {
    const char* name;
    http::Values headers;
    int get;
    int post;
  };
  for (const Case& one : std::vector<Case>{
           {"as a page of ours", {}, 200, 200},
           {"no token", {{"X-CSRF-Token", ""}}, 200, 403},
           {"wrong token", {{"X-CSRF-Token", std::string(32, '0')}}, 200, 403},
           {"old browser", {{"Sec-Fetch-Site", ""}, {"Origin", own_origin}}, 200, 200},
           {"says nothing", {{"Sec-Fetch-Site", ""}}, 200, 403},
           {"typed", {{"Sec-Fetch-Site", "none"}}, 200, 403},
           {"another port of this host", {{"Sec-Fetch-Site", "same-site"}}, 403, 403},
           {"another site", {{"Sec-Fetch-Site", "cross-site"}}, 403, 403},
           {"another origin", {{"Origin", "https://evil.example"}}, 403, 403},
           {"another port", {{"Origin", "http://127.0.0.1:9999"}}, 403, 403},
           {"a sandbox", {{"Origin", "null"}}, 403, 403},
       }) {
    EXPECT_EQ(status("GET", "/api/v1/queue", one.headers), one.get) << one.name;
    EXPECT_EQ(status("POST", "/api/v1/users/add", one.headers), one.post) << one.name;
    if (one.post == 403) {
      EXPECT_EQ(status("DELETE", "/api/v1/session", one.headers), 403) << one.name;
      EXPECT_EQ(status("POST", "/api/v1/session/second-factor/begin", one.headers), 403);
    }
  }
  EXPECT_EQ(status("GET", "/api/v1/session"), 200) << "still logged in";
}

TEST_F(SessionRoutesTest, ALogInOfAnotherSiteIsRefused) {
  const object body{{"address", "you@demo.test"}, {"password", "pencil"}};
  const auto with = [&](http::Values headers) {
    return ask("POST", "/api/v1/session", body, std::move(headers)).status;
  };
  EXPECT_EQ(with({{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(with({{"Origin", "https://evil.example"}}), 403);
  EXPECT_EQ(with({{"Content-Type", "text/plain"}}), 415);
  EXPECT_EQ(with({{"Content-Type", "application/x-www-form-urlencoded"}}), 415);
  EXPECT_EQ(with({{"Content-Type", ""}}), 415);
  EXPECT_EQ(with({{"X-Forwarded-For", "192.0.2.1"}}), 403) << "of a proxy that is not listed";
  EXPECT_EQ(with({{"Content-Type", "Application/JSON; charset=utf-8"}}), 200);
  EXPECT_EQ(ask("POST", "/api/v1/session", {{"address", "you@demo.test"}}).status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/session", {{"address", 1}, {"password", "x"}}).status, 400);
  EXPECT_EQ(log_in("you@demo.test", std::string(2'000, 'x').c_str()).status, 400);
  EXPECT_EQ(log_in("you@demo.test", std::string(9'000, 'x').c_str()).status, 413);
}

TEST_F(SessionRoutesTest, WhatAPageAsksByItselfKeepsNobodyLoggedIn) {
  (void)log_in("you@demo.test", "pencil");
  for (int i = 0; i < 29; ++i) {
    world.run_for(1min);
    EXPECT_EQ(status("GET", "/api/v1/queue", {{"X-Background", "1"}}), 200);
  }
  world.run_for(1min);
  EXPECT_EQ(status("GET", "/api/v1/queue", {{"X-Background", "1"}}), 401);
  (void)log_in("you@demo.test", "pencil");
  for (int i = 0; i < 3; ++i) {
    world.run_for(29min);
    EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
  }
}

TEST_F(SessionRoutesTest, ANewPasswordEndsIt) {
  (void)log_in("you@demo.test", "pencil");
  EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
  for (auto& login : contents.logins) {
    if (login.login == "you@demo.test") {
      login.verifier = directory::make_verifier("crayon", host.doors().random).value();
    }
  }
  publish();
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401);
  EXPECT_EQ(told_.last(), "web.ended account=you@demo.test why=the password was changed");
  EXPECT_EQ(log_in("you@demo.test", "crayon").status, 200);
}

TEST_F(SessionRoutesTest, WhoLosesTheMarkIsOut) {
  (void)log_in("you@demo.test", "pencil");
  contents.administrators.clear();
  publish();
  EXPECT_EQ(status("POST", "/api/v1/users/add"), 401);
  contents.administrators = {"you@demo.test"};
  publish();
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401) << "ended is ended";
  (void)log_in("you@demo.test", "pencil");
  std::erase_if(contents.logins, [](const auto& one) { return one.login == "you@demo.test"; });
  publish();
  EXPECT_EQ(status("GET", "/api/v1/queue"), 401);
}

TEST_F(SessionRoutesTest, ATokenGoesBeforeACookie) {
  (void)log_in("you@demo.test", "pencil");
  EXPECT_EQ(status("GET", "/api/v1/queue", {{"Authorization", "Bearer stagepost_x"}}), 401);
  // What fails elsewhere on this address does not end a session.
  for (int i = 0; i < 30; ++i) {
    (void)status("GET", "/api/v1/queue", {{"Authorization", "Bearer stagepost_x"}});
  }
  EXPECT_EQ(status("GET", "/api/v1/queue", {{"Authorization", "Bearer stagepost_x"}}), 429);
  EXPECT_EQ(status("GET", "/api/v1/queue"), 200);
}

// --- the second factor ---------------------------------------------------------------------------

TEST_F(SessionRoutesTest, ASecondFactorIsEnrolledAndAskedFor) {
  (void)log_in("you@demo.test", "pencil");
  const std::string elsewhere = cookie_;
  cookie_.clear();
  (void)log_in("you@demo.test", "pencil");
  EXPECT_EQ(ask("POST", "/api/v1/session/second-factor/confirm", {{"code", "123456"}}).status, 400)
      << "nothing was begun";
  const object begun = json_of(ask("POST", "/api/v1/session/second-factor/begin"));
  EXPECT_TRUE(begun.at("uri").as_string().starts_with("otpauth://totp/mail.demo.test:you%40demo"));
  EXPECT_EQ(ask("POST", "/api/v1/session/second-factor/confirm", {{"code", "12345"}}).status, 400);
  const auto recovery = enrol();
  EXPECT_EQ(recovery.size(), recovery_codes);
  EXPECT_EQ(status("POST", "/api/v1/session/second-factor/begin"), 409);
  EXPECT_EQ(json_of(ask("GET", "/api/v1/session")).at("second_factor"), true);
  cookie_ = elsewhere;
  EXPECT_EQ(status("GET", "/api/v1/session"), 401) << "other browsers log in again";

  cookie_.clear();
  http::Response response = log_in("you@demo.test", "pencil");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(json_of(response).at("need_code"), true);
  EXPECT_FALSE(json_of(log_in("you@demo.test", "pen")).contains("need_code"));
  EXPECT_FALSE(json_of(log_in("you@demo.test", "pen", code())).contains("need_code"));
  EXPECT_FALSE(json_of(log_in("an@demo.test", "an's password")).contains("need_code"));
  response = log_in("you@demo.test", "pencil", "000000");
  EXPECT_EQ(response.status, 401);
  EXPECT_FALSE(json_of(response).contains("need_code"));
  const std::string used = code();
  EXPECT_EQ(log_in("you@demo.test", "pencil", used).status, 200);
  EXPECT_EQ(log_in("you@demo.test", "pencil", used).status, 401) << "a code is good once";
  const std::string spare(recovery.at(0).as_string());
  EXPECT_EQ(log_in("you@demo.test", "pencil", spare).status, 200);
  const object told = json_of(ask("GET", "/api/v1/session"));
  EXPECT_EQ(told.at("recovery_codes_left").to_number<std::size_t>(), recovery_codes - 1);
  EXPECT_EQ(log_in("you@demo.test", "pencil", spare).status, 401);
}

TEST_F(SessionRoutesTest, GuessedCodesCountLikePasswords) {
  (void)log_in("you@demo.test", "pencil");
  const auto recovery = enrol();
  from_ = *io::IpAddress::parse("198.51.100.99");
  std::vector<int> statuses;
  for (int i = 0; i < 12; ++i) {
    statuses.push_back(log_in("you@demo.test", "pencil", "000000").status);
  }
  EXPECT_EQ(statuses.front(), 401);
  EXPECT_EQ(statuses.back(), 429);
  // From elsewhere the code is not looked at for an hour; the owner has recovery codes.
  from_ = *io::IpAddress::parse("203.0.113.7");
  EXPECT_EQ(log_in("you@demo.test", "pencil", code()).status, 429);
  EXPECT_EQ(log_in("you@demo.test", "pencil", std::string(recovery.at(1).as_string())).status, 200);
}

TEST_F(SessionRoutesTest, ASecondFactorIsRemovedByPasswordAndCode) {
  (void)log_in("you@demo.test", "pencil");
  const auto remove = [this](const char* password, const std::string& typed) {
    return ask("POST", "/api/v1/session/second-factor/remove",
               {{"password", password}, {"code", typed}})
        .status;
  };
  EXPECT_EQ(remove("pencil", "000000"), 404);
  (void)enrol();
  EXPECT_EQ(remove("pencil", "000000"), 401);
  EXPECT_EQ(remove("pen", code()), 401);
  EXPECT_EQ(remove("pencil", code()), 200);
  EXPECT_EQ(told_.last(), "web.second_factor account=you@demo.test is=removed");
  cookie_.clear();
  EXPECT_EQ(log_in("you@demo.test", "pencil").status, 200);
}

TEST_F(SessionRoutesTest, TroubleIsNotARefusal) {
  elsewhere = [](std::string, std::string) -> io::Task<base::Result<bool>> {
    co_return base::fail(base::ErrorKind::unreachable, "LDAP is away");
  };
  contents.administrators = {"far@demo.test"};
  publish();
  const http::Response response = log_in("far@demo.test", "anything");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.headers.find("Retry-After"), nullptr);
}

}  // namespace
}  // namespace admin
