// Tests of authenticator.h: who gets in, and what the others are told.
#include "policy/login/authenticator.h"

#include "lib/io/clock.h"
#include "lib/sasl/scram_client_test.h"
#include "policy/login/fixture_test.h"

namespace policy {
namespace {

using sasl::ChannelBinding;
using Names = std::vector<std::string>;

const ChannelBinding bound{.tls_exporter = "E", .tls_unique = {}};

using AuthenticatorTest = LoginFixture;

TEST_F(AuthenticatorTest, Mechanisms) {
  EXPECT_EQ(authenticator().mechanisms(bound),
            (Names{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"}));
  EXPECT_EQ(authenticator().mechanisms({}), (Names{"SCRAM-SHA-256", "PLAIN", "LOGIN"}));
  EXPECT_EQ(authenticator().begin("SCRAM-SHA-256-PLUS", {}), nullptr);
  EXPECT_EQ(authenticator().begin("XOAUTH2", bound), nullptr);
  EXPECT_NE(authenticator().begin("plain", bound), nullptr);
  LoginSettings changed;
  changed.mechanisms = {"PLAIN", "XOAUTH2", "SCRAM-SHA-256"};
  changed.oauth.introspection_url = "https://id.example/";
  authenticator().set_settings(changed);
  EXPECT_EQ(authenticator().mechanisms(bound), (Names{"SCRAM-SHA-256", "XOAUTH2", "PLAIN"}));
}

TEST_F(AuthenticatorTest, ScramIsNotOfferedWhereItCannotWork) {
  elsewhere = [](std::string, std::string) -> io::Task<base::Result<bool>> { co_return true; };
  EXPECT_EQ(authenticator().mechanisms(bound), (Names{"PLAIN", "LOGIN"}));
  LoginSettings forced;
  forced.mechanisms = {"SCRAM-SHA-256", "PLAIN"};  // the operator knows better
  authenticator().set_settings(forced);
  EXPECT_EQ(authenticator().mechanisms(bound), (Names{"SCRAM-SHA-256", "PLAIN"}));
}

TEST_F(AuthenticatorTest, WhatIsAskedFurther) {
  const auto asked = [this](const char* password, Further answer) {
    sasl::Claim claim;
    claim.user = "you@demo.test";
    claim.secret = password;
    return world.run(authenticator().conclude(
        std::move(claim), peer, [answer](const directory::Login&) { return answer; }));
  };
  using Kind = Further::Kind;
  // Withheld counts for nothing, however often; a wrong code counts as a wrong password does.
  for (int i = 0; i < 30; ++i) {
    const LoginVerdict verdict = asked("pencil", {.kind = Kind::withheld, .why = "no code"});
    EXPECT_FALSE(verdict.accepted);
    EXPECT_EQ(verdict.why, "no code");
    EXPECT_EQ(verdict.reply.code, 535);
  }
  EXPECT_TRUE(asked("pencil", {}).accepted);
  peer = *io::IpAddress::parse("203.0.113.9");
  bool banned = false;
  for (int i = 0; i < 30 && !banned; ++i) {
    const LoginVerdict verdict = asked("pencil", {.kind = Kind::wrong, .why = "wrong code"});
    EXPECT_FALSE(verdict.accepted);
    banned = verdict.banned;
    EXPECT_EQ(banned, verdict.until > world.wall());
  }
  EXPECT_TRUE(banned);
}

TEST_F(AuthenticatorTest, Passwords) {
  struct Case {
    const char* user;
    const char* password;
    const char* authzid;
    const char* account;  // "": refused
    const char* why;
  };
  const Case cases[] = {
      {"you@demo.test", "pencil", "", "you@demo.test", ""},
      {"You@Demo.TEST", "pencil", "YOU@demo.test", "you@demo.test", ""},
      {"you@demo.test/phone", "phone-password", "", "you@demo.test", ""},
      {"you@demo.test/phone", "phone-password", "you@demo.test", "you@demo.test", ""},
      {"you@demo.test/new", "new-password", "", "you@demo.test", ""},
      {"you@demo.test", "Pencil", "", "", "wrong password"},
      {"you@demo.test", "", "", "", "wrong password"},
      {"you@demo.test", "phone-password", "", "", "wrong password"},
      {"you@demo.test/old", "old-password", "", "", "this log-in has expired"},
      {"you@demo.test/imap", "imap-password", "", "", "this log-in is not for sending"},
      {"nobody@demo.test", "pencil", "", "", "there is no such log-in"},
      {"far@demo.test", "pencil", "", "", "wrong password"},  // nobody to ask
      {"you@demo.test", "pencil", "far@demo.test", "", "it wanted to act for far@demo.test"},
  };
  for (const Case& test : cases) {
    peer = io::IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(&test - cases)});
    const LoginVerdict verdict = check(test.user, test.password, test.authzid);
    EXPECT_EQ(verdict.accepted, *test.account != '\0') << test.user;
    EXPECT_EQ(verdict.account, test.account);
    EXPECT_EQ(verdict.why, test.why);
    if (verdict.accepted) {
      EXPECT_EQ(verdict.login, base::lower(test.user));
      continue;
    }
    EXPECT_EQ(verdict.reply.code, 535);
    if (*test.authzid == '\0') {
      EXPECT_EQ(verdict.reply.text(), "535 5.7.8 User name or password is wrong");
    }
  }
  EXPECT_TRUE(last_use.of("you@demo.test/phone"));
  EXPECT_FALSE(last_use.of("you@demo.test/imap"));
}

// RFC 7677 through begin(), step() and conclude().
TEST_F(AuthenticatorTest, ScramProofs) {
  struct Case {
    const char* user;
    const char* password;
    bool accepted;
    const char* why;
  };
  const Case cases[] = {
      {"you@demo.test", "pencil", true, ""},
      {"YOU@demo.test/phone", "phone-password", true, ""},
      {"you@demo.test", "wrong", false, "the proof does not fit"},
      {"you@demo.test/old", "old-password", false, "this log-in has expired"},
      {"you@demo.test/imap", "imap-password", false, "this log-in is not for sending"},
      {"nobody@demo.test", "pencil", false, "there is no such log-in"},
      {"far@demo.test", "", false, "the proof does not fit"},
  };
  for (const Case& test : cases) {
    peer = io::IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(&test - cases)});
    const auto exchange = authenticator().begin("SCRAM-SHA-256", {});
    const std::string bare = std::string("n=") + test.user + ",r=abcdef";
    const sasl::Step first = exchange->step("n,," + bare);
    ASSERT_EQ(first.kind, sasl::Step::Kind::challenge) << test.user;
    EXPECT_TRUE(first.challenge.ends_with(",i=4096"));
    const auto last = sasl::test::finish(test.password, bare, first.challenge, "n,,");
    sasl::Step step = exchange->step(last.message);
    ASSERT_EQ(step.kind, sasl::Step::Kind::claim);
    EXPECT_EQ(step.challenge.empty(), !test.accepted);
    const LoginVerdict verdict = conclude(std::move(step.claim));
    EXPECT_EQ(verdict.accepted, test.accepted) << test.user;
    EXPECT_EQ(verdict.why, test.why);
    if (!test.accepted) EXPECT_EQ(verdict.reply.code, 535);
  }
}

TEST_F(AuthenticatorTest, LogInsThatChangeBetweenProofAndVerdict) {
  const auto phone = [this]() -> directory::LoginRow& {
    return *std::ranges::find(contents.logins, "you@demo.test/phone", &directory::LoginRow::login);
  };
  sasl::Claim claim;
  claim.kind = sasl::Claim::Kind::proof;
  claim.proven = true;
  claim.user = "you@demo.test/phone";
  claim.secret = directory::parse_verifier(phone().verifier)->stored_key;
  EXPECT_TRUE(conclude(claim).accepted);
  phone().verifier = directory::make_verifier("another", host.doors().random).value();
  publish();
  EXPECT_EQ(conclude(claim).why, "the password was changed during the log-in");
  std::erase_if(contents.logins, [](const auto& row) { return row.login.ends_with("/phone"); });
  publish();
  EXPECT_EQ(conclude(claim).why, "there is no such log-in");
}

TEST_F(AuthenticatorTest, PasswordsKnownElsewhere) {
  static std::vector<std::string> asked;
  asked.clear();
  elsewhere = [](std::string mailbox, std::string password) -> io::Task<base::Result<bool>> {
    asked.push_back(mailbox);
    if (password == "away") co_return base::fail(base::ErrorKind::unreachable, "LDAP is away");
    co_return password == "ldap";
  };
  EXPECT_TRUE(check("far@demo.test", "ldap").accepted);
  EXPECT_EQ(check("far@demo.test", "wrong").reply.code, 535);
  const LoginVerdict away = check("far@demo.test", "away");
  EXPECT_EQ(away.reply.text().substr(0, 9), "454 4.7.0");
  EXPECT_EQ(away.why, "unreachable: LDAP is away");
  // A name that the directory does not know is asked for, too; right there is not right here yet.
  EXPECT_EQ(check("Nobody@demo.test", "wrong").reply.code, 535);
  EXPECT_EQ(check("Nobody@demo.test", "ldap").reply.code, 454);
  EXPECT_EQ(asked.back(), "nobody@demo.test");
  // Those with a verifier never go there.
  const std::size_t before = asked.size();
  EXPECT_TRUE(check("you@demo.test", "pencil").accepted);
  EXPECT_FALSE(check("you@demo.test", "ldap").accepted);
  EXPECT_EQ(asked.size(), before);
}

TEST_F(AuthenticatorTest, TheGuardSlowsDownAndShutsOut) {
  const base::Instant before = world.now();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check("you@demo.test", "wrong").reply.code, 535);
  EXPECT_LT(world.now() - before, std::chrono::milliseconds(900));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check("you@demo.test", "wrong").reply.code, 535);
  EXPECT_GE(world.now() - before, std::chrono::seconds(1));
  LoginVerdict verdict;
  for (int i = 0; i < 20 && !verdict.banned; ++i) verdict = check("you@demo.test", "wrong");
  ASSERT_TRUE(verdict.banned);
  EXPECT_EQ(verdict.reply.code, 421);
  EXPECT_EQ(verdict.reply.lines.front(), verdict.why);
  EXPECT_TRUE(check("you@demo.test", "pencil").banned);  // not even with the right one
  peer = *io::IpAddress::parse("203.0.113.1");
  EXPECT_TRUE(check("you@demo.test", "pencil").accepted);  // its owner elsewhere goes on
}

TEST_F(AuthenticatorTest, ADelayEndsWhenTheSessionDoes) {
  for (int i = 0; i < 6; ++i) (void)check("you@demo.test", "wrong");
  io::TaskGroup group;
  struct Run {
    static io::Task<void> conclude(io::Ref<Authenticator> authenticator, io::IpAddress peer,
                                   io::Ref<std::optional<LoginVerdict>> out) {
      sasl::Claim claim;
      claim.user = "you@demo.test";
      claim.secret = "pencil";
      *out = co_await authenticator->conclude(std::move(claim), peer);
    }
  };
  std::optional<LoginVerdict> verdict;
  group.spawn(Run::conclude(authenticator(), peer, verdict));
  EXPECT_FALSE(verdict);
  world.run(group.stop());
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->accepted);
  EXPECT_EQ(verdict->reply.code, 454);
}

TEST(PasswordCache, RemembersForAShortTime) {
  io::sim::SeededRandom random(1);
  PasswordCache cache(random);
  const base::Instant now{};
  const base::Duration minute = std::chrono::minutes(1);
  cache.note("verifier", "password", now + minute, now);
  EXPECT_TRUE(cache.knows("verifier", "password", now));
  EXPECT_FALSE(cache.knows("verifier", "password2", now));
  EXPECT_FALSE(cache.knows("verifier2", "password", now));
  EXPECT_FALSE(cache.knows("verifier", "password", now + minute));
  cache.note("verifier", "off", now, now);
  EXPECT_FALSE(cache.knows("verifier", "off", now));
  for (std::size_t i = 0; i < PasswordCache::entries_max + 10; ++i) {
    cache.note("v", std::to_string(i), now + minute, now);
  }
  EXPECT_LE(cache.size(), PasswordCache::entries_max);
}

TEST_F(AuthenticatorTest, AChangedPasswordCountsAtOnce) {
  EXPECT_TRUE(check("you@demo.test", "pencil").accepted);
  EXPECT_TRUE(check("you@demo.test", "pencil").accepted);  // remembered
  contents.logins.clear();
  add("you@demo.test", "crayon");
  publish();
  EXPECT_FALSE(check("you@demo.test", "pencil").accepted);
  EXPECT_TRUE(check("you@demo.test", "crayon").accepted);
}

}  // namespace
}  // namespace policy
