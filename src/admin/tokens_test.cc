// Tests of admin/tokens.h: what is kept, who is found, what a damaged file does.
#include "admin/tokens.h"

#include <gtest/gtest.h>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"

namespace admin {
namespace {

using namespace std::chrono_literals;

constexpr const char* path = "/state/api-tokens.json";

class TokensTest : public testing::Test {
 protected:
  TokensTest() : world_(1), host_(world_, {"192.0.2.1"}) {
    EXPECT_TRUE(host_.doors().files.make_directories("/state"));
    tokens_ = Tokens::open(host_.doors().files, path).value();
  }
  std::string make(std::string name, Scope scope = Scope::read,
                   std::optional<base::Time> expires = {}) {
    auto secret = tokens_->add({.name = std::move(name), .scope = scope, .expires = expires}, now(),
                               host_.doors().random);
    EXPECT_TRUE(secret);
    return secret.value_or("");
  }
  [[nodiscard]] base::Time now() { return host_.doors().clock.wall(); }
  void reopen() { tokens_ = Tokens::open(host_.doors().files, path).value(); }

  io::sim::World world_;
  io::sim::Host host_;
  std::unique_ptr<Tokens> tokens_;
};

TEST_F(TokensTest, ASecretIsFoundAndNotKept) {
  const std::string secret = make("shop", Scope::operate);
  EXPECT_EQ(secret.size(), 10 + 64U);
  EXPECT_EQ(host_.disk().content(path).find(secret), std::string::npos);
  reopen();
  const auto found = tokens_->find(secret, now());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "shop");
  EXPECT_EQ(found->scope, Scope::operate);
  for (const std::string& wrong :
       {std::string(), secret.substr(1), secret + "x", std::string("stagepost_")}) {
    EXPECT_FALSE(tokens_->find(wrong, now())) << wrong;
  }
}

TEST_F(TokensTest, NobodyElseReadsTheFile) {
  make("a");
  EXPECT_EQ(tokens_->all().size(), 1U);
  host_.crash();
  (void)host_.restart();
  auto again = Tokens::open(host_.doors().files, path);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->all().size(), 1U) << "a token that was told is kept";
}

TEST_F(TokensTest, OneEndsAtItsTime) {
  const std::string secret = make("shop", Scope::read, now() + 1h);
  EXPECT_TRUE(tokens_->find(secret, now() + 59min));
  EXPECT_FALSE(tokens_->find(secret, now() + 1h));
  reopen();
  EXPECT_FALSE(tokens_->find(secret, now() + 1h));
}

TEST_F(TokensTest, ARevokedOneIsGoodForNothing) {
  const std::string secret = make("shop");
  EXPECT_EQ(tokens_->revoke("other").error().kind, base::ErrorKind::not_found);
  ASSERT_TRUE(tokens_->revoke("shop"));
  EXPECT_FALSE(tokens_->find(secret, now()));
  reopen();
  EXPECT_TRUE(tokens_->all().empty());
}

TEST_F(TokensTest, NamesAreOnceAndPlain) {
  make("shop");
  EXPECT_EQ(tokens_->add({.name = "shop"}, now(), host_.doors().random).error().kind,
            base::ErrorKind::exists);
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\n"), std::string(61, 'a')}) {
    EXPECT_EQ(tokens_->add({.name = name}, now(), host_.doors().random).error().kind,
              base::ErrorKind::invalid)
        << name;
  }
}

TEST_F(TokensTest, AUseIsNotedByTheHour) {
  const std::string secret = make("shop");
  const auto first = now();
  ASSERT_TRUE(tokens_->find(secret, first));
  ASSERT_TRUE(tokens_->find(secret, first + 30min));
  EXPECT_EQ(tokens_->all().front().last_used, first);
  ASSERT_TRUE(tokens_->find(secret, first + 2h));
  reopen();
  EXPECT_EQ(tokens_->all().front().last_used, first + 2h);
}

TEST(TokenFile, WhatIsNotOursIsCorrupt) {
  const std::string good = R"({"version":1,"tokens":[{"name":"a","hash":")" + std::string(64, 'a') +
                           R"(","scope":"read","created":"2026-11-29T00:00:00.000Z"EXPIRES}]})";
  const auto with = [&good](const std::string& more) {
    std::string text = good;
    return text.replace(text.find("EXPIRES"), 7, more);
  };
  ASSERT_TRUE(read_tokens(with("")));
  ASSERT_TRUE(read_tokens(with(R"(,"expires":"2027-01-01T00:00:00.000Z")")));
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"version":0})"),
        with(R"(,"expires":"soon")"), with(R"(,"expires":7)"), good}) {
    const auto tokens = read_tokens(text);
    ASSERT_FALSE(tokens) << text;
    EXPECT_EQ(tokens.error().kind, base::ErrorKind::corrupt) << text;
  }
  EXPECT_EQ(read_tokens(R"({"version":2})").error().kind, base::ErrorKind::unsupported);
}

TEST(TokenFile, WrittenAndReadIsTheSame) {
  const Token token{.name = "shop",
                    .hash = std::string(64, 'b'),
                    .scope = Scope::admin,
                    .created = base::Time(1'700'000'000s),
                    .expires = base::Time(1'800'000'000s)};
  const auto again = read_tokens(write_tokens({token}));
  ASSERT_TRUE(again);
  EXPECT_EQ(write_tokens(*again), write_tokens({token}));
}

}  // namespace
}  // namespace admin
