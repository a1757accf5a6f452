// Tests of exchange.h and engine.h: PLAIN, LOGIN, OAUTHBEARER, XOAUTH2.
#include "lib/sasl/exchange.h"

#include <gtest/gtest.h>

#include "lib/sasl/engine.h"
#include "lib/sasl/gs2.h"

namespace sasl {
namespace {

using namespace std::string_literals;
using Kind = Step::Kind;

std::string with_ones(std::string text) {
  std::ranges::replace(text, '|', '\x01');
  return text;
}

class ExchangeTest : public testing::Test {
 protected:
  std::unique_ptr<Exchange> begin(Mechanism mechanism) {
    return engine_->begin(mechanism,
                          {.credential = [](std::string_view) { return ScramCredential{}; },
                           .binding = {},
                           .plus_offered = false,
                           .openid_configuration = "https://id.example/x"});
  }
  std::unique_ptr<Engine> engine_ = std::move(*Engine::make());
};

TEST_F(ExchangeTest, NamesOfMechanisms) {
  for (const Mechanism one : mechanisms) EXPECT_EQ(parse_mechanism(to_string(one)), one);
  EXPECT_EQ(parse_mechanism("plain"), Mechanism::plain);
  for (const char* name : {"", "PLAIN2", "CRAM-MD5", "SCRAM-SHA-1"}) {
    EXPECT_FALSE(parse_mechanism(name)) << name;
  }
}

TEST_F(ExchangeTest, Plain) {
  struct Case {
    std::string response;
    Kind kind;
    Claim claim;
  };
  const auto password = [](const char* user, const char* authzid, const char* secret) {
    Claim claim;
    claim.user = user;
    claim.authzid = authzid;
    claim.secret = secret;
    return claim;
  };
  const Case cases[] = {
      // RFC 4616 §4, both examples.
      {"\0tim\0tanstaaftanstaaf"s, Kind::claim, password("tim", "", "tanstaaftanstaaf")},
      {"Ursel\0Kurt\0xipj3plmq"s, Kind::claim, password("Kurt", "Ursel", "xipj3plmq")},
      {"\0you@demo.test/phone\0p w"s, Kind::claim, password("you@demo.test/phone", "", "p w")},
      {"\0you\0"s, Kind::claim, password("you", "", "")},
      {"", Kind::malformed, {}},
      {"you", Kind::malformed, {}},
      {"\0you"s, Kind::malformed, {}},
      {"\0\0password"s, Kind::malformed, {}},
      {"\0you\0pass\0word"s, Kind::malformed, {}},
      {"\0"s + std::string(name_bytes_max, 'u') + "\0p"s, Kind::claim,
       password(std::string(name_bytes_max, 'u').c_str(), "", "p")},
      {"\0"s + std::string(name_bytes_max + 1, 'u') + "\0p"s, Kind::malformed, {}},
      {std::string(name_bytes_max + 1, 'a') + "\0u\0p"s, Kind::malformed, {}},
      {"\0u\0"s + std::string(response_bytes_max, 'p'), Kind::malformed, {}},
      {"\0\xff\xfe\0p"s, Kind::malformed, {}},  // not UTF-8
      {"\0\xc2\xad\0p"s, Kind::malformed, {}},  // nothing is left of it
      {"\0a\tb\0p"s, Kind::malformed, {}},      // a control character
      {"\0"s + "I\xc2\xad" + "X\0p"s, Kind::claim, password("IX", "", "p")},  // RFC 4013 §3
  };
  for (const Case& test : cases) {
    const Step step = begin(Mechanism::plain)->step(test.response);
    EXPECT_EQ(step.kind, test.kind) << test.response;
    EXPECT_EQ(step.claim.user, test.claim.user);
    EXPECT_EQ(step.claim.authzid, test.claim.authzid);
    EXPECT_EQ(step.claim.secret, test.claim.secret);
    EXPECT_EQ(step.claim.kind, Claim::Kind::password);
  }
  const Step first = begin(Mechanism::plain)->start();
  EXPECT_EQ(first.kind, Kind::challenge);
  EXPECT_EQ(first.challenge, "");
}

TEST_F(ExchangeTest, Login) {
  const auto exchange = begin(Mechanism::login);
  EXPECT_EQ(exchange->start().challenge, "Username:");
  EXPECT_EQ(exchange->step("tim").challenge, "Password:");
  const Step step = exchange->step("tan\0staaf"s);
  EXPECT_EQ(step.kind, Kind::claim);
  EXPECT_EQ(step.claim.user, "tim");
  EXPECT_EQ(step.claim.secret, "tan\0staaf"s);  // and verify_password refuses it

  EXPECT_EQ(begin(Mechanism::login)->step("tim").challenge, "Password:");  // initial response
  EXPECT_EQ(begin(Mechanism::login)->step("").kind, Kind::malformed);
  EXPECT_EQ(begin(Mechanism::login)->step(std::string(name_bytes_max + 1, 'u')).kind,
            Kind::malformed);
}

TEST_F(ExchangeTest, OauthBearer) {
  struct Case {
    const char* response;  // | stands for %x01
    Kind kind;
    const char* user;
    const char* token;
  };
  const Case cases[] = {
      // RFC 7628 §4.1 and §4.3.
      {"n,a=user@example.com,|host=server.example.com|port=143|"
       "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==||",
       Kind::claim, "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="},
      {"n,a=user@example.com,|host=server.example.com|port=143|auth=Bearer ||", Kind::claim,
       "user@example.com", ""},
      {"n,,|auth=bearer x.y-z_~||", Kind::claim, "", "x.y-z_~"},
      {"y,a=a=2Cb=3D,|auth=Bearer t||", Kind::claim, "a,b=", "t"},
      {"", Kind::malformed, "", ""},
      {"|", Kind::malformed, "", ""},
      {"n,,", Kind::malformed, "", ""},
      {"n,,||", Kind::malformed, "", ""},
      {"n,,|host=x||", Kind::malformed, "", ""},
      {"n,,|auth=Bearer t|", Kind::malformed, "", ""},
      {"n,,|auth=Bearer t", Kind::malformed, "", ""},
      {"n,,|auth=Basic dDp0||", Kind::malformed, "", ""},
      {"n,,|auth=Bearer a b||", Kind::malformed, "", ""},
      {"n,,|=x|auth=Bearer t||", Kind::malformed, "", ""},
      {"p=tls-unique,,|auth=Bearer t||", Kind::malformed, "", ""},
      {"n,user,|auth=Bearer t||", Kind::malformed, "", ""},
      {"n,a=,|auth=Bearer t||", Kind::malformed, "", ""},
      {"n,a=x=2Dy,|auth=Bearer t||", Kind::malformed, "", ""},
      {"q,,|auth=Bearer t||", Kind::malformed, "", ""},
  };
  for (const Case& test : cases) {
    const Step step = begin(Mechanism::oauthbearer)->step(with_ones(test.response));
    EXPECT_EQ(step.kind, test.kind) << test.response;
    if (test.kind != Kind::claim) continue;
    EXPECT_EQ(step.claim.kind, Claim::Kind::token);
    EXPECT_EQ(step.claim.user, test.user);
    EXPECT_EQ(step.claim.secret, test.token);
  }
  EXPECT_EQ(begin(Mechanism::oauthbearer)->refusal(),
            R"({"status":"invalid_token","schemes":"bearer",)"
            R"("openid-configuration":"https://id.example/x"})");
  EXPECT_EQ(begin(Mechanism::plain)->refusal(), "");
}

TEST_F(ExchangeTest, Xoauth2) {
  struct Case {
    const char* response;
    Kind kind;
  };
  const Case cases[] = {
      {"user=someuser@example.com|auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg||",
       Kind::claim},
      {"", Kind::malformed},
      {"user=x||", Kind::malformed},
      {"auth=Bearer x|user=y||", Kind::malformed},
      {"user=x|auth=Bearer y|", Kind::malformed},
      {"user=x|auth=y||", Kind::malformed},
      {"user=\t|auth=Bearer y||", Kind::malformed},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(begin(Mechanism::xoauth2)->step(with_ones(test.response)).kind, test.kind)
        << test.response;
  }
  const Step step = begin(Mechanism::xoauth2)->step(with_ones(cases[0].response));
  EXPECT_EQ(step.claim.user, "someuser@example.com");
  EXPECT_EQ(step.claim.secret, "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
}

TEST(Gs2, Headers) {
  const auto bound = parse_gs2("p=tls-exporter,a=b=3Dc,rest,of it");
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->flag, 'p');
  EXPECT_EQ(bound->binding, "tls-exporter");
  EXPECT_EQ(bound->authzid, "b=c");
  EXPECT_EQ(bound->rest, "rest,of it");
  for (const char* bad : {"", "n", "n,", "nn,,", "p,,", "p=,,", "p=a b,,", "n,b=x,", "N,,", ",,"}) {
    EXPECT_FALSE(parse_gs2(bad)) << bad;
  }
}

}  // namespace
}  // namespace sasl
