// Tests of scram_client.h: the examples of the RFCs, GNU SASL as the server, servers that lie.
#include "lib/sasl/scram_client.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/sasl/engine.h"
#include "lib/sasl/scram_client_test.h"

namespace sasl {
namespace {

struct Example {
  ScramHash hash;
  const char* nonce;
  const char* server_first;
  const char* last;
  const char* server_final;
};

// RFC 5802 §5, RFC 7677 §3.
constexpr Example examples[] = {
    {ScramHash::sha_1, "fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {ScramHash::sha_256, "rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
};

TEST(ScramClient, TheExamplesOfTheRfcs) {
  for (const Example& one : examples) {
    ScramClient client({.hash = one.hash,
                        .user = "user",
                        .nonce = one.nonce,
                        .flag = 'n',
                        .binding_name = {},
                        .binding = {}});
    EXPECT_EQ(client.first(), std::string("n,,n=user,r=") + one.nonce);
    const auto salt = client.read_first(one.server_first);
    ASSERT_TRUE(salt) << salt.error().text();
    EXPECT_EQ(client.last(salted_password(one.hash, "pencil", *salt)), one.last);
    EXPECT_TRUE(client.verify(one.server_final));
    EXPECT_FALSE(client.verify("v=AAAA"));
    EXPECT_FALSE(client.verify(""));
    EXPECT_TRUE(client.verify("e=other-error").error().detail.contains("other-error"));
  }
}

// With GNU SASL on the other side, with and without channel binding.
TEST(ScramClient, LogsInAtAServer) {
  const auto engine = std::move(*Engine::make());
  for (const bool plus : {false, true}) {
    for (const std::string password : {"pencil", "another"}) {
      ScramClient client({.hash = ScramHash::sha_256,
                          .user = "a,b=c",
                          .nonce = "abcdef",
                          .flag = plus ? 'p' : 'n',
                          .binding_name = "tls-exporter",
                          .binding = "of this channel"});
      const auto server =
          engine->begin(plus ? Mechanism::scram_sha_256_plus : Mechanism::scram_sha_256,
                        {.credential =
                             [](std::string_view name) {
                               EXPECT_EQ(name, "a,b=c");
                               return test::make_credential("pencil", "saltsaltsaltsalt", 4'096);
                             },
                         .binding = {.tls_exporter = "of this channel", .tls_unique = {}},
                         .plus_offered = plus,
                         .openid_configuration = {}});
      const Step first = server->step(client.first());
      ASSERT_EQ(first.kind, Step::Kind::challenge);
      const auto salt = client.read_first(first.challenge);
      ASSERT_TRUE(salt) << salt.error().text();
      const Step last =
          server->step(client.last(salted_password(ScramHash::sha_256, password, *salt)));
      ASSERT_EQ(last.kind, Step::Kind::claim);
      EXPECT_EQ(last.claim.proven, password == "pencil");
      EXPECT_EQ(client.verify(last.challenge).has_value(), password == "pencil");
    }
  }
}

TEST(ScramClient, WhatAServerMustNotSay) {
  const std::string long_salt(2 * scram_message_bytes_max, 'A');
  for (const std::string& said :
       {std::string(), std::string("r=abcdefX"), std::string("r=abcdefX,s=QUFB"),
        std::string("s=QUFB,i=4096"), std::string("r=abcdef,s=QUFB,i=4096"),
        std::string("r=zzzzzzX,s=QUFB,i=4096"), std::string("m=x,r=abcdefX,s=QUFB,i=4096"),
        std::string("r=abcdefX,s=!,i=4096"), std::string("r=abcdefX,s=,i=4096"),
        std::string("r=abcdefX,s=QUFB,i=1"), std::string("r=abcdefX,s=QUFB,i=4294967297"),
        std::string("r=abcdefX,s=QUFB,i=2000001"), std::string("r=abcdefX,s=QUFB,i=-5"),
        "r=abcdefX,s=" + long_salt + ",i=4096"}) {
    ScramClient client({.hash = ScramHash::sha_256,
                        .user = "me",
                        .nonce = "abcdef",
                        .flag = 'n',
                        .binding_name = {},
                        .binding = {}});
    EXPECT_FALSE(client.read_first(said)) << said.substr(0, 60);
  }
}

// RFC 5802 §6: what the server compares to notice that its offer was changed on the way.
TEST(ScramClient, SaysWhatItKnowsOfTheChannel) {
  const struct {
    char flag;
    const char* first;
    const char* bound;
  } cases[] = {{'n', "n,,n=me,r=abc", "c=biws,"},
               {'y', "y,,n=me,r=abc", "c=eSws,"},
               {'p', "p=tls-unique,,n=me,r=abc", "c=cD10bHMtdW5pcXVlLCxYWQ==,"}};
  for (const auto& c : cases) {
    ScramClient client({.hash = ScramHash::sha_1,
                        .user = "me",
                        .nonce = "abc",
                        .flag = c.flag,
                        .binding_name = "tls-unique",
                        .binding = "XY"});
    EXPECT_EQ(client.first(), c.first);
    ASSERT_TRUE(client.read_first("r=abcd,s=QUFB,i=4096"));
    EXPECT_TRUE(client.last("key").starts_with(c.bound)) << client.last("key");
  }
}

}  // namespace
}  // namespace sasl
