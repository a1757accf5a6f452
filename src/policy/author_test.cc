// Tests of sender.h and author.h: who may write whose name on the envelope and into the header.
#include "policy/author.h"

#include <gtest/gtest.h>

#include "directory/snapshot.h"
#include "policy/sender.h"

namespace policy {
namespace {

constexpr base::Time noon = base::Time(std::chrono::hours(500'000));

// you@demo.test owns info@ and may send as boss@demo.test and as all of shop.test.
directory::Contents demo() {
  directory::Contents contents;
  contents.domains = {"demo.test"};
  contents.mailboxes = {"you@demo.test", "boss@demo.test"};
  contents.aliases = {{.address = "info@demo.test", .targets = {"you@demo.test"}}};
  contents.grants = {{.mailbox = "you@demo.test", .what = "chef@example.net"},
                     {.mailbox = "you@demo.test", .what = "@shop.test"}};
  contents.logins = {
      {.login = "you@demo.test", .verifier = "one"},
      {.login = "you@demo.test/phone", .verifier = "two"},
      {.login = "you@demo.test/old", .verifier = "three", .expires = noon},
      {.login = "you@demo.test/reader", .verifier = "four", .scopes = directory::scope_read},
      {.login = "jdoe", .verifier = "", .mailbox = "boss@demo.test"}};
  return contents;
}

Transaction logged_in(std::string login, std::string credential) {
  Transaction transaction;
  transaction.submission = true;
  transaction.login = std::move(login);
  transaction.account = "you@demo.test";
  transaction.credential = std::move(credential);
  transaction.begun = noon - std::chrono::seconds(1);
  transaction.envelope.sender = {.local = "you", .domain = "demo.test"};
  return transaction;
}

int code_of(const Transaction& transaction, const directory::Snapshot& known) {
  const Verdict verdict = check_sender(transaction, known);
  return verdict.accepted() ? 250 : verdict.reply.code;
}

TEST(Sender, NobodySendsWithoutALogIn) {
  const auto known = directory::make_snapshot(demo());
  Transaction stranger = logged_in("", "");
  EXPECT_EQ(code_of(stranger, *known), 530);
  stranger.submission = false;  // other servers' mail
  EXPECT_EQ(code_of(stranger, *known), 250);
}

TEST(Sender, ALogInMustStillBeGoodAtMail) {
  const auto known = directory::make_snapshot(demo());
  EXPECT_EQ(code_of(logged_in("you@demo.test/phone", "two"), *known), 250);
  EXPECT_EQ(code_of(logged_in("you@demo.test/phone", "changed"), *known), 421);
  EXPECT_EQ(code_of(logged_in("you@demo.test/phone", ""), *known), 421);
  EXPECT_EQ(code_of(logged_in("you@demo.test/revoked", "x"), *known), 421);
  EXPECT_EQ(code_of(logged_in("you@demo.test/reader", "four"), *known), 421);
  Transaction late = logged_in("you@demo.test/old", "three");
  EXPECT_EQ(code_of(late, *known), 250);
  late.begun = noon;
  EXPECT_EQ(code_of(late, *known), 421);
  Transaction ldap = logged_in("jdoe", "");  // its password is known elsewhere only
  ldap.account = "boss@demo.test";
  ldap.envelope.sender = {.local = "boss", .domain = "demo.test"};
  EXPECT_EQ(code_of(ldap, *known), 250);
}

TEST(Sender, OnlyFromAnAddressOfOnesOwn) {
  const auto known = directory::make_snapshot(demo());
  Transaction transaction = logged_in("you@demo.test", "one");
  for (const auto& [sender, code] :
       {std::pair{"you+x@demo.test", 250}, std::pair{"info@demo.test", 250},
        std::pair{"chef@example.net", 250}, std::pair{"any@shop.test", 250},
        std::pair{"boss@demo.test", 550}, std::pair{"nobody@demo.test", 550},
        std::pair{"other@example.net", 550}}) {
    transaction.envelope.sender = message::parse_address(sender).value();
    EXPECT_EQ(code_of(transaction, *known), code) << sender;
  }
  transaction.envelope.sender = {};  // a read receipt
  EXPECT_EQ(code_of(transaction, *known), 250);
  transaction.envelope.sender = {.local = "boss", .domain = "demo.test"};
  EXPECT_EQ(check_sender(transaction, *known).reply.text(),
            "550 5.7.1 you@demo.test may not send as boss@demo.test: use an address of your own. "
            "An administrator can allow it: stagepost grant add you@demo.test boss@demo.test");
}

// "ok", "5.7.1" or "5.6.0".
std::string author(std::string header) {
  static const auto known = directory::make_snapshot(demo());
  Transaction transaction = logged_in("you@demo.test", "one");
  transaction.header = std::move(header);
  const Verdict verdict = check_author(transaction, *known);
  return verdict.accepted() ? "ok" : verdict.reply.enhanced->text();
}

TEST(Author, OwnAndGrantedAddresses) {
  for (const char* header : {
           "From: you@demo.test\r\n",
           "From: You <YOU+x@Demo.Test>\r\n",
           "From: \"boss@demo.test\" <you@demo.test>\r\n",  // a name is a name
           "FROM : you@demo.test (boss@demo.test)\r\n",
           "From:\r\n =?utf-8?q?J=C3=B6rg?=\r\n <info@demo.test>\r\n",
           "From: chef@example.net, a@shop.test\r\nSender: you@demo.test\r\n",
           "From: shop: a@shop.test, b@shop.test;\r\nSender: you@demo.test\r\n",
           "From: you\r\n",  // gets the account's domain
           "From: You <you>\r\n",
           "Subject: no From: it is completed\r\n",
           "From: you@demo.test\r\nResent-From: a@shop.test\r\nResent-From: you@demo.test\r\n",
           "From: you@demo.test\r\nReply-To: boss@demo.test\r\nX-From: boss@demo.test\r\n",
           "",
       }) {
    EXPECT_EQ(author(header), "ok") << header;
  }
}

TEST(Author, HostileFields) {
  const std::string own = "From: you@demo.test\r\n";
  struct Case {
    std::string header;
    const char* code;
  };
  for (const auto& [header, code] : {
           Case{"From: boss@demo.test\r\n", "5.7.1"},
           Case{"from:boss@demo.test\r\n", "5.7.1"},
           Case{"From\t: boss@demo.test\r\n", "5.7.1"},
           Case{"From:\r\n boss@demo.test\r\n", "5.7.1"},
           Case{"From: boss\r\n", "5.7.1"},
           Case{"From: You <boss>\r\n", "5.7.1"},
           Case{"From: you@demo.test <boss@demo.test>\r\n", "5.6.0"},
           Case{"From: boss@demo.test <you@demo.test>\r\n", "5.6.0"},
           Case{"From: <boss@demo.test> <you@demo.test>\r\n", "5.6.0"},
           Case{"From: you@demo.test, boss@demo.test\r\n", "5.7.1"},
           Case{"From: you@demo.test,, \"B\" <boss@demo.test>\r\n", "5.7.1"},
           Case{"From: g: boss@demo.test;\r\n", "5.7.1"},
           Case{"From: g:;\r\n", "5.6.0"},
           Case{"From: \r\n", "5.6.0"},
           Case{"From: (you@demo.test)\r\n", "5.6.0"},
           Case{"From: \"you@demo.test\r\n", "5.6.0"},
           Case{"From: <@demo.test:boss@demo.test>\r\n", "5.7.1"},
           Case{"From: <you@demo.test@boss.test>\r\n", "5.6.0"},
           Case{"From: \"you@demo.test\"@example.net\r\n", "5.7.1"},
           Case{"From: you@[192.0.2.1]\r\n", "5.7.1"},
           Case{"From: you@demo.test.\r\n", "5.6.0"},
           Case{"From: y\xC3\xB6u@demo.test\r\n", "5.7.1"},
           Case{"From: you@d\xC3\xA9mo.test\r\n", "5.7.1"},
           Case{"From: =?utf-8?q?boss=40demo.test?=\r\n", "5.7.1"},
           Case{std::string("From: you@demo.test\0, boss@demo.test\r\n", 38), "5.6.0"},
           Case{own + "From: you@demo.test\r\n", "5.6.0"},
           Case{own + "Subject: x\r\nfROM : boss@demo.test\r\n", "5.6.0"},
           Case{own + "this is no field\r\nFrom: boss@demo.test\r\n", "5.6.0"},
           Case{own + "Sender: boss@demo.test\r\n", "5.7.1"},
           Case{own + "Sender: you@demo.test, you@demo.test\r\n", "5.6.0"},
           Case{own + "Sender: you@demo.test\r\nSender: you@demo.test\r\n", "5.6.0"},
           Case{own + "Resent-From: boss@demo.test\r\n", "5.7.1"},
           Case{own + "Resent-From: you@demo.test\r\nResent-From: boss@demo.test\r\n", "5.7.1"},
           Case{own + "Resent-Sender: boss@demo.test\r\n", "5.7.1"},
       }) {
    EXPECT_EQ(author(header), code) << header;
  }
}

TEST(Author, WhatCannotBeLookedThroughIsRefused) {
  std::string many = "From: you@demo.test\r\n";
  for (int i = 0; i < 3'000; ++i) many += "X: y\r\n";
  EXPECT_EQ(author(many), "ok");
  EXPECT_EQ(author(many + "From: boss@demo.test\r\n"), "5.6.0");  // behind the usual limit
  const auto known = directory::make_snapshot(demo());
  Transaction transaction = logged_in("you@demo.test", "one");
  transaction.header = "From: you@demo.test\r\n";
  transaction.header_whole = false;
  EXPECT_EQ(check_author(transaction, *known).reply.code, 550);
  transaction.submission = false;  // other servers' mail is DMARC's business
  EXPECT_TRUE(check_author(transaction, *known).accepted());
}

TEST(Author, SaysWhoAndHowItIsAllowed) {
  const auto known = directory::make_snapshot(demo());
  Transaction transaction = logged_in("you@demo.test", "one");
  transaction.header = "From: The Boss <boss@demo.test>\r\n";
  EXPECT_EQ(check_author(transaction, *known).reply.text(),
            "550 5.7.1 boss@demo.test in From is not an address of you@demo.test: use one of your "
            "own. An administrator can allow it: stagepost grant add you@demo.test boss@demo.test");
}

}  // namespace
}  // namespace policy
