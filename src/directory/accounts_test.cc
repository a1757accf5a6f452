// Tests of Store and Snapshot: app passwords, grants, limits, aliases that are set, erasure.
#include <gtest/gtest.h>

#include "directory/administrator.h"
#include "directory/credential.h"
#include "directory/snapshot.h"
#include "lib/io/sim/random.h"

namespace directory {
namespace {

message::Address at(std::string_view text) {
  return message::parse_address(text, {.utf8 = true}).value();
}

std::string words_of(const base::Result<>& result) { return result ? "ok" : result.error().detail; }

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() : store_(Store::open(":memory:").value()) {
    io::sim::SeededRandom random(1);
    verifier_ = make_verifier("secret", random).value();
    EXPECT_TRUE(store_->add_domain("demo.test"));
    EXPECT_TRUE(store_->add_domain("other.test"));
    for (const char* address : {"you@demo.test", "an@demo.test", "box@other.test"}) {
      EXPECT_TRUE(store_->add_mailbox(address, verifier_));
    }
  }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() {
    return make_snapshot(*store_).value();
  }

  std::unique_ptr<Store> store_;
  std::string verifier_;
};

TEST_F(AccountsTest, AppPasswordsHaveScopesAndAnEnd) {
  const base::Time until = base::parse_time("2027-01-01T00:00:00.000Z").value();
  EXPECT_TRUE(store_->add_login("You@demo.test", "Phone", verifier_));
  EXPECT_TRUE(store_->add_login("you@demo.test", "printer", verifier_,
                                {.scopes = scope_send, .expires = until}));
  EXPECT_EQ(words_of(store_->add_login("you@demo.test", "none", verifier_, {.scopes = 0})),
            "an app password that may neither send nor read is for nothing");
  const auto logins = store_->logins("you@demo.test").value();
  ASSERT_EQ(logins.size(), 3U);
  EXPECT_EQ(logins[0].login, "you@demo.test");
  EXPECT_EQ(logins[2].scopes, scope_send);
  EXPECT_EQ(logins[2].expires, until);
  EXPECT_FALSE(logins[2].created.empty());
  const auto known = snapshot();
  const Login* printer = known->login("YOU@demo.test/Printer");
  ASSERT_NE(printer, nullptr);
  EXPECT_EQ(printer->mailbox, "you@demo.test");
  EXPECT_EQ(printer->scopes, scope_send);
  EXPECT_EQ(printer->expires, until);
  EXPECT_EQ(words_of(store_->remove_login("you@demo.test")),
            "you@demo.test is the mailbox's own log-in: `stagepost user passwd you@demo.test` "
            "changes its password, `stagepost user remove you@demo.test` removes the mailbox");
  EXPECT_TRUE(store_->remove_login("you@demo.test/phone"));
  EXPECT_EQ(snapshot()->login("you@demo.test/phone"), nullptr);
}

TEST_F(AccountsTest, GrantsLetSendAs) {
  EXPECT_TRUE(store_->add_alias("info@demo.test", {"you@demo.test"}));
  EXPECT_TRUE(store_->add_alias("team@demo.test", {"you@demo.test", "an@demo.test"}));
  EXPECT_TRUE(store_->add_grant("you@demo.test", "Boss@Example.net"));
  EXPECT_TRUE(store_->add_grant("you@demo.test", "@other.test"));
  EXPECT_TRUE(store_->add_grant("an@demo.test", "you@demo.test"));
  const auto known = snapshot();
  struct Case {
    std::string_view account;
    std::string_view sender;
    bool may;
  };
  for (const auto& [account, sender, may] : {
           Case{"you@demo.test", "You@Demo.test", true},
           Case{"you@demo.test", "you+lists@demo.test", true},
           Case{"you@demo.test", "info@demo.test", true},
           Case{"you@demo.test", "info+x@demo.test", true},
           Case{"you@demo.test", "team@demo.test", false},
           Case{"you@demo.test", "an@demo.test", false},
           Case{"you@demo.test", "boss@example.net", true},
           Case{"you@demo.test", "boss+x@example.net", true},
           Case{"you@demo.test", "bosss@example.net", false},
           Case{"you@demo.test", "boss@sub.example.net", false},
           Case{"you@demo.test", "box@other.test", true},
           Case{"you@demo.test", "whoever@other.test", true},
           Case{"you@demo.test", "whoever@sub.other.test", false},
           Case{"you@demo.test", "nobody@demo.test", false},
           Case{"you@demo.test", "postmaster@demo.test", true},  // his is the first mailbox
           Case{"an@demo.test", "postmaster@demo.test", false},
           Case{"an@demo.test", "you@demo.test", true},
           Case{"an@demo.test", "you+x@demo.test", true},
           Case{"an@demo.test", "info@demo.test", false},  // what was granted is one address
           Case{"", "you@demo.test", false},
       }) {
    EXPECT_EQ(known->may_send_as(account, at(sender)), may) << account << " as " << sender;
  }
  EXPECT_FALSE(known->may_send_as("you@demo.test", {}));
  EXPECT_EQ(words_of(store_->add_grant("you@demo.test", "boss@example.net")),
            "you@demo.test may send as boss@example.net already");
  EXPECT_EQ(words_of(store_->add_grant("nobody@demo.test", "a@example.net")),
            "there is no mailbox nobody@demo.test; add it with `stagepost user add "
            "nobody@demo.test`");
  EXPECT_TRUE(store_->remove_grant("you@demo.test", "@other.test"));
  EXPECT_FALSE(store_->remove_grant("you@demo.test", "@other.test"));
  EXPECT_FALSE(snapshot()->may_send_as("you@demo.test", at("whoever@other.test")));
  // Whoever has that address next did not grant it.
  EXPECT_TRUE(store_->remove_alias("team@demo.test"));
  EXPECT_TRUE(store_->remove_alias("info@demo.test"));
  EXPECT_TRUE(store_->remove_mailbox("you@demo.test"));
  EXPECT_TRUE(store_->grants().value().empty());
}

TEST_F(AccountsTest, AccountsElsewhereMayHaveGrants) {
  EXPECT_FALSE(store_->add_grant("far@demo.test", "a@example.net"));
  store_->set_known_elsewhere([](std::string_view address) { return address == "far@demo.test"; });
  EXPECT_TRUE(store_->add_grant("far@demo.test", "a@example.net"));
  EXPECT_TRUE(store_->set_limits("far@demo.test", {.on = false}));
  EXPECT_FALSE(store_->add_grant("farther@demo.test", "a@example.net"));
}

TEST_F(AccountsTest, AdministratorsAreMarked) {
  EXPECT_FALSE(may_administer(*snapshot()->login("you@demo.test")));
  EXPECT_TRUE(store_->set_mailbox("You@Demo.test", {.administrator = true}));
  EXPECT_TRUE(store_->set_mailbox("you@demo.test", {.administrator = true})) << "twice is once";
  EXPECT_TRUE(store_->set_mailbox("you@demo.test", {.full_name = "You"}));
  EXPECT_TRUE(may_administer(*snapshot()->login("you@demo.test")));
  EXPECT_FALSE(may_administer(*snapshot()->login("an@demo.test")));
  EXPECT_TRUE(store_->add_login("you@demo.test", "phone", verifier_));
  EXPECT_FALSE(may_administer(*snapshot()->login("you@demo.test/phone")));
  EXPECT_TRUE(*store_->mailbox("you@demo.test").value().fields.administrator);
  EXPECT_FALSE(*store_->mailbox("an@demo.test").value().fields.administrator);
  EXPECT_TRUE(store_->set_mailbox("you@demo.test", {.administrator = false}));
  EXPECT_FALSE(may_administer(*snapshot()->login("you@demo.test")));
  // Whoever gets that address next is not one.
  EXPECT_TRUE(store_->set_mailbox("you@demo.test", {.administrator = true}));
  EXPECT_TRUE(store_->remove_mailbox("you@demo.test"));
  EXPECT_TRUE(store_->contents().value().administrators.empty());
  EXPECT_FALSE(store_->set_mailbox("you@demo.test", {.administrator = true}));
  store_->set_known_elsewhere([](std::string_view address) { return address == "far@demo.test"; });
  EXPECT_TRUE(store_->set_mailbox("far@demo.test", {.administrator = true}));
  EXPECT_EQ(store_->contents().value().administrators, std::vector<std::string>{"far@demo.test"});
  EXPECT_FALSE(store_->set_mailbox("far@demo.test", {.full_name = "F", .administrator = true}));
}

TEST_F(AccountsTest, LimitsAreInherited) {
  EXPECT_TRUE(store_->set_limits("*", {.messages_per_day_max = 500, .bounces_brake_max = 7}));
  EXPECT_TRUE(store_->set_limits("@Demo.test", {.messages_per_day_max = 100}));
  EXPECT_TRUE(store_->set_limits("you@demo.test", {.new_recipients_per_day_max = 9}));
  EXPECT_TRUE(
      store_->set_limits("you@demo.test", {.on = false, .brake_window = std::chrono::minutes(3)}));
  const auto known = snapshot();
  const SendingLimits built_in;
  SendingLimits expected = built_in;
  expected.messages_per_day_max = 500;
  expected.bounces_brake_max = 7;
  EXPECT_EQ(known->limits("box@other.test"), expected);
  expected.messages_per_day_max = 100;
  EXPECT_EQ(known->limits("an@demo.test"), expected);
  expected.new_recipients_per_day_max = 9;
  expected.on = false;
  expected.brake_window = std::chrono::minutes(3);
  EXPECT_EQ(known->limits("you@demo.test"), expected);
  EXPECT_EQ(store_->limits().value().size(), 3U);
  EXPECT_TRUE(store_->clear_limits("you@demo.test"));
  EXPECT_FALSE(store_->clear_limits("you@demo.test"));
  EXPECT_TRUE(snapshot()->limits("you@demo.test").on);
  EXPECT_FALSE(store_->set_limits("@example.net", {.on = false}));
  EXPECT_FALSE(store_->set_limits("nobody@demo.test", {.on = false}));
  EXPECT_FALSE(store_->set_limits("everybody", {.on = false}));
}

TEST_F(AccountsTest, AnAliasIsSetInOneStep) {
  EXPECT_TRUE(store_->set_alias("info@demo.test", {"you@demo.test"}));
  EXPECT_TRUE(store_->set_alias("info@demo.test", {"an@demo.test", "a@example.net"}));
  EXPECT_EQ(store_->aliases().value()[0].targets,
            (std::vector<std::string>{"an@demo.test", "a@example.net"}));
  EXPECT_FALSE(store_->set_alias("info@demo.test", {"nobody@demo.test"}));
  EXPECT_FALSE(store_->set_alias("info@demo.test", {}));
  EXPECT_FALSE(store_->set_alias("you@demo.test", {"an@demo.test"}));
  EXPECT_EQ(store_->aliases().value()[0].targets.size(), 2U);  // as it was
}

TEST_F(AccountsTest, NameAndQuota) {
  EXPECT_TRUE(store_->add_mailbox("new@demo.test", verifier_,
                                  {.full_name = "J\xC3\xB6rg", .quota_bytes = 1'000}));
  EXPECT_TRUE(store_->set_mailbox("new@demo.test", {.quota_bytes = 2'000}));
  const auto box = store_->mailbox("New@demo.test").value();
  EXPECT_EQ(box.fields.full_name, "J\xC3\xB6rg");
  EXPECT_EQ(box.fields.quota_bytes, 2'000U);
  EXPECT_FALSE(box.created.empty());
  EXPECT_FALSE(store_->mailbox("you@demo.test").value().fields.quota_bytes);
  EXPECT_EQ(words_of(store_->set_mailbox("new@demo.test", {.full_name = "a\nb"})),
            "the name contains control characters");
  EXPECT_FALSE(store_->set_mailbox("new@demo.test", {.full_name = std::string(201, 'x')}));
  EXPECT_FALSE(store_->set_mailbox("nobody@demo.test", {}));
  EXPECT_EQ(store_->mailbox("nobody@demo.test").error().kind, base::ErrorKind::not_found);
}

TEST_F(AccountsTest, ErasedMeansEverywhere) {
  EXPECT_TRUE(store_->add_login("you@demo.test", "phone", verifier_));
  EXPECT_TRUE(store_->add_alias("only@demo.test", {"you+only@demo.test"}));
  EXPECT_TRUE(store_->add_alias("team@demo.test", {"you@demo.test", "an@demo.test"}));
  EXPECT_TRUE(store_->add_grant("you@demo.test", "a@example.net"));
  EXPECT_TRUE(store_->set_limits("you@demo.test", {.on = false}));
  const auto led = store_->erase_mailbox("you@demo.test").value();
  ASSERT_EQ(led.size(), 2U);
  EXPECT_EQ(led[1].targets.size(), 2U);  // as it was
  const auto contents = store_->contents().value();
  EXPECT_EQ(contents.mailboxes, (std::vector<std::string>{"an@demo.test", "box@other.test"}));
  ASSERT_EQ(contents.aliases.size(), 1U);
  EXPECT_EQ(contents.aliases[0].targets, std::vector<std::string>{"an@demo.test"});
  EXPECT_EQ(contents.logins.size(), 2U);
  EXPECT_TRUE(contents.grants.empty());
  EXPECT_TRUE(contents.limits.empty());
  EXPECT_EQ(store_->erase_mailbox("you@demo.test").error().kind, base::ErrorKind::not_found);
}

TEST_F(AccountsTest, QuotedNamesAreKnownByWhatIsTyped) {
  for (const char* typed : {"\"A b\"@demo.test", "\"../../x\"@demo.test", "\"a@b\"@demo.test"}) {
    ASSERT_TRUE(store_->add_mailbox(typed, verifier_)) << typed;
    EXPECT_TRUE(store_->add_alias("team@demo.test", {typed, "you@demo.test"}));
    EXPECT_EQ(store_->logins(typed).value().size(), 1U);
    EXPECT_EQ(store_->aliases_to(typed).value().size(), 1U);
    EXPECT_TRUE(store_->grants(typed).value().empty());
    EXPECT_EQ(store_->erase_mailbox(typed).value().size(), 1U);
    EXPECT_FALSE(store_->mailbox(typed));
    EXPECT_TRUE(store_->remove_alias("team@demo.test"));
  }
}

TEST_F(AccountsTest, GrantsOfNobody) {
  EXPECT_EQ(store_->grants("nobody@demo.test").error().kind, base::ErrorKind::not_found);
  EXPECT_TRUE(store_->grants("you@demo.test").value().empty());
}

TEST_F(AccountsTest, AddressesThatCannotBeServed) {
  EXPECT_EQ(words_of(store_->add_domain("127.0.0.1")),
            "127.0.0.1 is an IP address or a number, not a domain name; write a name as in "
            "example.org");
  EXPECT_FALSE(store_->add_domain("2001:db8::1"));
  EXPECT_FALSE(store_->add_mailbox("you@127.0.0.1", verifier_));
  EXPECT_FALSE(store_->add_mailbox("\xC3@demo.test", verifier_));
}

// RFC 6531: one mailbox, however its letters are written.
TEST_F(AccountsTest, AddressesBeyondAscii) {
  EXPECT_TRUE(store_->add_mailbox("J\xC3\x96rg@demo.test", verifier_));
  EXPECT_FALSE(store_->add_mailbox("jo\xCC\x88rg@demo.test", verifier_)) << "it is there already";
  const auto snapshot = make_snapshot(*store_, {}).value();
  const auto found = snapshot->mailbox({"JO\xCC\x88RG+x", "Demo.Test"});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->address, "j\xC3\xB6rg@demo.test");
}

}  // namespace
}  // namespace directory
