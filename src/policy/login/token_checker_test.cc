// Tests of token_checker.h and web.h: a provider that answers, that changes its keys, that is away.
#include "policy/login/token_checker.h"

#include <openssl/evp.h>

#include "lib/base/text.h"
#include "policy/login/fixture_test.h"

namespace policy {
namespace {

using base::ErrorKind;

std::string base64url(std::string_view bytes) {
  std::string out = base::base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

// Ed25519: small, and made in no time.
struct Key {
  explicit Key(std::string id_in)
      : id(std::move(id_in)), key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { EVP_PKEY_free(key); }

  [[nodiscard]] std::string set() const {
    std::string raw(32, '\0');
    std::size_t bytes = raw.size();
    EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &bytes);
    return R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":")" + id + R"(","x":")" + base64url(raw) +
           "\"}]}";
  }
  [[nodiscard]] std::string token(base::Time expires,
                                  std::string_view email = "you@demo.test") const {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
    const std::string octets =
        base64url(R"({"alg":"EdDSA","kid":")" + id + "\"}") + "." +
        base64url(fmt::format(R"({{"iss":"https://id","aud":"mail","exp":{},"email":"{}"}})",
                              seconds, email));
    std::string signature(64, '\0');
    std::size_t bytes = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &bytes,
                   reinterpret_cast<const unsigned char*>(octets.data()), octets.size());
    EVP_MD_CTX_free(context);
    return octets + "." + base64url(signature);
  }

  std::string id;
  EVP_PKEY* key;
};

class TokenTest : public LoginFixture, public http::Handler {
 protected:
  TokenTest() {
    settings.oauth.issuer = "https://id";
    settings.oauth.audience = "mail";
    settings.oauth.jwks_url = "http://127.0.0.1:9000/jwks";
    listener_ = std::move(*host.doors().network.listen(*io::Endpoint::parse("127.0.0.1:9000"), {}));
    group_.spawn(server_.serve(*listener_));
  }
  ~TokenTest() override { world.run(group_.stop()); }

  io::Task<http::Response> handle(http::Request request) override {
    last_request = std::move(request);
    ++asked;
    if (silent) {
      io::Wait forever;
      (void)co_await forever;
    }
    co_return http::json_response(status, body);
  }
  [[nodiscard]] base::Time later() const { return world.wall() + std::chrono::hours(48); }

  Key first{"1"};
  Key second{"2"};
  int status = 200;
  std::string body = first.set();
  bool silent = false;
  unsigned asked = 0;
  http::Request last_request;

 private:
  std::unique_ptr<io::Listener> listener_;
  http::Server server_{host.doors(), *this};
  io::TaskGroup group_;
};

TEST_F(TokenTest, AGoodTokenOpensItsAccount) {
  EXPECT_TRUE(check_token(first.token(later())).accepted);
  const LoginVerdict verdict = check_token(first.token(later(), "YOU@demo.test"), "you@demo.test");
  EXPECT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.login, "you@demo.test");
  EXPECT_EQ(verdict.account, "you@demo.test");
  EXPECT_EQ(asked, 1U);
  EXPECT_EQ(last_request.path, "/jwks");
}

TEST_F(TokenTest, TokensThatAreRefused) {
  struct Case {
    std::string token;
    const char* user;
    const char* why;
  };
  const Case cases[] = {
      {"", "", "an empty token"},
      {"x", "", "not a signed token"},
      {first.token(world.wall() - std::chrono::hours(1)), "", "expired"},
      {first.token(later(), "nobody@demo.test"), "", "there is no such log-in"},
      {first.token(later(), "you@demo.test/imap"), "", "not for sending"},
      {first.token(later()), "far@demo.test", "the token belongs to you@demo.test"},
      {second.token(later()), "", "has no key 2"},
  };
  for (const Case& test : cases) {
    peer = io::IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(&test - cases)});
    const LoginVerdict verdict = check_token(test.token, test.user);
    EXPECT_EQ(verdict.reply.code, 535) << verdict.why;
    EXPECT_TRUE(verdict.why.contains(test.why)) << verdict.why;
  }
}

TEST_F(TokenTest, NewKeysAreFetchedOnceAMinute) {
  EXPECT_TRUE(check_token(first.token(later())).accepted);
  body = second.set();
  EXPECT_FALSE(check_token(second.token(later())).accepted);
  EXPECT_FALSE(check_token(second.token(later())).accepted);
  EXPECT_EQ(asked, 1U);
  world.run_for(std::chrono::minutes(2));
  EXPECT_TRUE(check_token(second.token(later())).accepted);
  EXPECT_EQ(asked, 2U);
  EXPECT_FALSE(check_token(first.token(later())).accepted);  // gone with the old set
}

TEST_F(TokenTest, TroubleIsNeverARefusal) {
  status = 500;
  EXPECT_EQ(check_token(first.token(later())).reply.code, 454);
  EXPECT_EQ(check_token(first.token(later())).reply.code, 454);
  EXPECT_EQ(asked, 1U);  // not at once again
  world.run_for(std::chrono::seconds(11));
  status = 200;
  body = "<html>";
  EXPECT_EQ(check_token(first.token(later())).reply.code, 454);
  world.run_for(std::chrono::seconds(11));
  silent = true;
  const base::Instant before = world.now();
  EXPECT_EQ(check_token(first.token(later())).reply.code, 454);
  EXPECT_LE(world.now() - before, std::chrono::seconds(11));
  world.run_for(std::chrono::seconds(11));
  silent = false;
  body = first.set();
  EXPECT_TRUE(check_token(first.token(later())).accepted);
}

TEST_F(TokenTest, OldKeysServeWhileTheProviderIsAway) {
  EXPECT_TRUE(check_token(first.token(later())).accepted);
  status = 503;
  world.run_for(std::chrono::hours(2));
  EXPECT_TRUE(check_token(first.token(later())).accepted);
  world.run_for(std::chrono::hours(23));
  EXPECT_EQ(check_token(first.token(later())).reply.code, 454);
}

TEST_F(TokenTest, Introspection) {
  settings.oauth.jwks_url.clear();
  settings.oauth.issuer.clear();
  settings.oauth.introspection_url = "http://id.example:9000/introspect";
  EXPECT_EQ(check_token("t").reply.code, 454);  // in the clear only on this machine
  LoginSettings local = settings;
  local.oauth.introspection_url = "http://127.0.0.1:9000/introspect";
  local.oauth.client_id = "me:";
  authenticator().set_settings(local);
  body = R"({"active":true,"aud":"mail","email":"you@demo.test"})";
  EXPECT_TRUE(check_token("a+b/c=").accepted);
  EXPECT_EQ(last_request.method, "POST");
  EXPECT_EQ(last_request.body, "token=a%2Bb%2Fc%3D&token_type_hint=access_token");
  EXPECT_EQ(*last_request.headers.find("Authorization"), "Basic " + base::base64("me%3A:"));
  body = R"({"active":false})";
  EXPECT_EQ(check_token("t").reply.code, 535);
  status = 401;  // our own secret is wrong, not the token
  EXPECT_EQ(check_token("t").reply.code, 454);
  local.oauth.client_secret_file = "/missing";
  authenticator().set_settings(local);
  const LoginVerdict verdict = check_token("t");
  EXPECT_EQ(verdict.reply.code, 454);
  EXPECT_TRUE(verdict.why.contains("client_secret_file")) << verdict.why;
}

TEST(WebUrl, Parts) {
  struct Case {
    const char* text;
    const char* parts;  // "": refused
  };
  const Case cases[] = {
      {"https://id.example", "tls id.example 443 /"},
      {"https://ID.example:8443/a/b?c=d", "tls id.example 8443 /a/b?c=d"},
      {"https://192.0.2.1/x", "tls 192.0.2.1 443 /x"},
      {"https://[2001:db8::1]:444/x", "tls 2001:db8::1 444 /x"},
      {"http://127.0.0.1:9000/x", "clear 127.0.0.1 9000 /x"},
      {"http://localhost/x", "clear localhost 80 /x"},
      {"http://id.example/x", ""},
      {"http://192.0.2.1:80/x", ""},
      {"ftp://id.example/", ""},
      {"https://", ""},
      {"https:///x", ""},
      {"https://user@id.example/", ""},
      {"https://id.example:0/", ""},
      {"https://id.example:99999/", ""},
      {"https://id.example/a b", ""},
      {"https://id.example/\r\nX: y", ""},
      {"https://id example/", ""},
  };
  for (const Case& test : cases) {
    const auto url = parse_url(test.text);
    const std::string parts = url ? fmt::format("{} {} {} {}", url->tls ? "tls" : "clear",
                                                url->host, url->port, url->target)
                                  : "";
    EXPECT_EQ(parts, test.parts) << test.text;
  }
}

}  // namespace
}  // namespace policy
