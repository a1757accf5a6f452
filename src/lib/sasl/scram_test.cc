// Tests of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) over the server's exchange.
#include <gtest/gtest.h>

#include "lib/sasl/engine.h"
#include "lib/sasl/scram_client_test.h"

namespace sasl {
namespace {

using namespace std::string_literals;
using Kind = Step::Kind;

constexpr unsigned iterations = 4'096;
const std::string salt = base::unbase64("W22ZaJ0SNY7soEsUEjb6gQ==").value_or("");  // RFC 7677 §3
const std::string first_bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";

class ScramTest : public testing::Test {
 protected:
  Context context() {
    return {.credential =
                [this](std::string_view user) {
                  asked_ = user;
                  return user == "user" ? test::make_credential("pencil", salt, iterations)
                                        : made_up_credential("secret", user, iterations);
                },
            .binding = binding_,
            .plus_offered = binding_.available(),
            .openid_configuration = {}};
  }
  std::unique_ptr<Exchange> begin(bool plus = false) {
    return engine_->begin(plus ? Mechanism::scram_sha_256_plus : Mechanism::scram_sha_256,
                          context());
  }

  std::unique_ptr<Engine> engine_ = std::move(*Engine::make());
  ChannelBinding binding_;
  std::string asked_;
};

// The server's nonce is GNU SASL's, so the RFC's exchange is checked from both sides: our client
// gives its octets, and the server believes our client.
TEST_F(ScramTest, Rfc7677Example) {
  const std::string server_first =
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
  const auto last = test::finish("pencil", first_bare, server_first, "n,,");
  EXPECT_EQ(last.message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(last.signature, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST_F(ScramTest, RightPassword) {
  const auto exchange = begin();
  EXPECT_EQ(exchange->start().challenge, "");
  const Step first = exchange->step("n,," + first_bare);
  ASSERT_EQ(first.kind, Kind::challenge) << first.why;
  EXPECT_TRUE(first.challenge.starts_with("r=rOprNGfwEbeRWgbNEkqO")) << first.challenge;
  EXPECT_TRUE(first.challenge.ends_with(",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")) << first.challenge;
  const auto last = test::finish("pencil", first_bare, first.challenge, "n,,");
  const Step done = exchange->step(last.message);
  ASSERT_EQ(done.kind, Kind::claim);
  EXPECT_EQ(done.claim.kind, Claim::Kind::proof);
  EXPECT_TRUE(done.claim.proven);
  EXPECT_EQ(done.claim.user, "user");
  EXPECT_EQ(done.challenge, last.signature);
}

TEST_F(ScramTest, WrongPasswordAndUnknownUserLookAlike) {
  for (const std::string user : {"user", "nobody"}) {
    std::string salts[2];
    for (std::string& seen : salts) {
      const auto exchange = begin();
      const std::string bare = "n=" + user + ",r=abc";
      const Step first = exchange->step("n,," + bare);
      ASSERT_EQ(first.kind, Kind::challenge);
      seen = test::attribute(first.challenge, 's');
      EXPECT_EQ(test::attribute(first.challenge, 'i'), "4096");
      EXPECT_EQ(base::unbase64(seen).value_or("").size(), salt.size());
      const auto last = test::finish("wrong", bare, first.challenge, "n,,");
      const Step done = exchange->step(last.message);
      ASSERT_EQ(done.kind, Kind::claim);
      EXPECT_FALSE(done.claim.proven);
      EXPECT_EQ(done.claim.user, user);
      EXPECT_EQ(done.challenge, "");  // a wrong proof gets no signature of ours
    }
    EXPECT_EQ(salts[0], salts[1]) << user;
  }
}

TEST_F(ScramTest, MadeUpCredentialsAreStablePerName) {
  const auto one = made_up_credential("secret", "Nobody@demo.test", iterations);
  const auto same = made_up_credential("secret", "nobody@demo.test", iterations);
  const auto other = made_up_credential("secret", "nobody2@demo.test", iterations);
  const auto elsewhere = made_up_credential("another", "nobody@demo.test", iterations);
  EXPECT_EQ(one.salt, same.salt);
  EXPECT_EQ(one.stored_key, same.stored_key);
  EXPECT_NE(one.salt, other.salt);
  EXPECT_NE(one.salt, elsewhere.salt);
  EXPECT_NE(one.stored_key, one.server_key);
}

TEST_F(ScramTest, MalformedFirst) {
  const std::string long_name(name_bytes_max + 1, 'u');
  const std::string long_nonce(2'000, 'r');
  const std::string cases[] = {
      "",
      "n,,",
      "n,,n=user",
      "n,,r=abc,n=user",
      "n,,n=,r=abc",
      "n,,n=us=er,r=abc",
      "n,,n=user,r=",
      "n,,m=ext,n=user,r=abc",  // RFC 5802 §5.1: an extension that must be understood
      "n=user,r=abc",
      "x,,n=user,r=abc",
      "n,user,n=user,r=abc",
      "n,,n=us\0er,r=abc"s,
      "n,,n=" + long_name + ",r=abc",
      "n,,n=user,r=" + long_nonce,
      "n,,n=\xff,r=abc",
      "n,,n=\xc2\xad,r=abc",
  };
  for (const std::string& message : cases) {
    EXPECT_EQ(begin()->step(message).kind, Kind::malformed) << message;
  }
}

TEST_F(ScramTest, NamesAreDecodedAndPrepared) {
  EXPECT_EQ(begin()->step("n,a=o=2Cther,n=I\xc2\xadX=3D,r=abc").kind, Kind::challenge);
  EXPECT_EQ(asked_, "IX=");
}

TEST_F(ScramTest, BadLastMessages) {
  struct Case {
    const char* what;
    std::function<std::string(const test::ScramFinal&)> make;
    Kind kind;
  };
  const Case cases[] = {
      {"empty", [](const test::ScramFinal&) { return ""s; }, Kind::malformed},
      {"garbage", [](const test::ScramFinal&) { return "hello"s; }, Kind::malformed},
      {"no proof",
       [](const test::ScramFinal& last) {
         return last.message.substr(0, last.message.find(",p="));
       },
       Kind::malformed},
      {"another nonce",
       [](const test::ScramFinal& last) {
         std::string out = last.message;
         out.insert(out.find(",p="), "x");
         return out;
       },
       Kind::claim},
      {"another header",
       [](const test::ScramFinal& last) { return "c=eSws" + last.message.substr(6); }, Kind::claim},
      {"a NUL", [](const test::ScramFinal& last) { return last.message + "\0"s; }, Kind::malformed},
      {"short proof",
       [](const test::ScramFinal& last) {
         return last.message.substr(0, last.message.find(",p=")) + ",p=YWJj";
       },
       Kind::malformed},
  };
  for (const Case& test : cases) {
    const auto exchange = begin();
    const Step first = exchange->step("n,," + first_bare);
    ASSERT_EQ(first.kind, Kind::challenge);
    const auto last = test::finish("pencil", first_bare, first.challenge, "n,,");
    const Step done = exchange->step(test.make(last));
    EXPECT_EQ(done.kind, test.kind) << test.what << ": " << done.why;
    EXPECT_FALSE(done.claim.proven) << test.what;
  }
}

TEST_F(ScramTest, ChannelBindingProvesTheChannel) {
  struct Case {
    const char* name;
    const char* has;   // the data on our side
    const char* sees;  // on the client's side
    Kind first;
    bool proven;
  };
  const Case cases[] = {
      {"tls-exporter", "E", "E", Kind::challenge, true},
      {"tls-unique", "U", "U", Kind::challenge, true},
      {"tls-exporter", "E", "X", Kind::challenge, false},  // somebody is between
      {"tls-exporter", "E", "", Kind::challenge, false},
      {"tls-server-end-point", "E", "E", Kind::claim, false},  // unknown type
  };
  binding_ = {.tls_exporter = "E", .tls_unique = "U"};
  for (const Case& test : cases) {
    const std::string header = "p="s + test.name + ",,";
    const auto exchange = begin(true);
    const Step first = exchange->step(header + first_bare);
    ASSERT_EQ(first.kind, test.first) << test.name;
    if (first.kind != Kind::challenge) continue;
    const auto last = test::finish("pencil", first_bare, first.challenge, header + test.sees);
    EXPECT_EQ(exchange->step(last.message).claim.proven, test.proven) << test.name << test.sees;
  }
}

TEST_F(ScramTest, DowngradesAreRefused) {
  struct Case {
    bool plus;
    bool available;  // and so SCRAM-SHA-256-PLUS was offered
    const char* header;
    Kind kind;
  };
  const Case cases[] = {
      {false, true, "n,,", Kind::challenge},   // an old client
      {false, false, "y,,", Kind::challenge},  // a new client, and we cannot bind
      {false, true, "y,,", Kind::claim},       // it would have bound: the offer was removed
      {false, true, "p=tls-exporter,,", Kind::claim},
      {true, true, "n,,", Kind::claim},
      {true, true, "y,,", Kind::claim},
      {true, true, "p=tls-exporter,,", Kind::challenge},
      {true, true, "p=tls-unique,,", Kind::claim},  // not on TLS 1.3
  };
  for (const Case& test : cases) {
    binding_ = {.tls_exporter = test.available ? "E" : "", .tls_unique = {}};
    const Step step = begin(test.plus)->step(test.header + first_bare);
    EXPECT_EQ(step.kind, test.kind) << test.header << test.plus;
    EXPECT_FALSE(step.claim.proven);
    if (test.kind == Kind::claim) EXPECT_EQ(step.claim.user, "user");
  }
}

}  // namespace
}  // namespace sasl
