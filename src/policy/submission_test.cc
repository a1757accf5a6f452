// Tests of policy/submission.h: whose mail is changed, what is refused, the order of the edits.
#include "policy/submission.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

// you@demo.test may write as itself only.
class Known final : public directory::Snapshot {
 public:
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return domain == "demo.test";
  }
  [[nodiscard]] directory::Local lookup(const message::Address& /*address*/) const override {
    return directory::Local::foreign;
  }
  [[nodiscard]] const directory::Mailbox* mailbox(
      const message::Address& /*address*/) const override {
    return nullptr;
  }
  [[nodiscard]] directory::Expansion expand(
      const message::Recipient& /*recipient*/) const override {
    return {};
  }
  [[nodiscard]] const directory::Login* login(std::string_view /*name*/) const override {
    return nullptr;
  }
  [[nodiscard]] bool may_send_as(std::string_view mailbox,
                                 const message::Address& address) const override {
    return address.text() == mailbox;
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view /*mailbox*/) const override {
    return {};
  }
};

Transaction submission(std::string header) {
  Transaction transaction;
  transaction.submission = true;
  transaction.login = "you@demo.test/phone";
  transaction.account = "you@demo.test";
  transaction.header = std::move(header);
  transaction.message = {1};
  return transaction;
}

Verdict complete(const Transaction& transaction, Settings settings = {}) {
  settings.hostname = "mx.demo.test";
  Verdict verdict;
  complete_submission(settings, transaction, Known(), verdict);
  return verdict;
}

TEST(Submission, OnlyMailOfThoseWhoHaveLoggedInIsChanged) {
  Transaction transaction = submission("Bcc: a@b.test\r\n");
  EXPECT_FALSE(complete(transaction).edits.empty());
  transaction.login.clear();
  EXPECT_TRUE(complete(transaction).edits.empty());
  transaction = submission("Bcc: a@b.test\r\n");
  transaction.submission = false;
  transaction.long_line = 3;
  EXPECT_TRUE(complete(transaction).accepted() && complete(transaction).edits.empty());
}

TEST(Submission, TheSettingTurnsCompletionOff) {
  Settings settings;
  settings.complete_header = false;
  EXPECT_TRUE(complete(submission("Bcc: a\r\n"), settings).edits.empty());
  EXPECT_EQ(complete(submission("no header\r\n"), settings).edits.size(), 1U) << "see below";
  Transaction transaction = submission("no header\r\n");
  transaction.recoding = {{0, 0, "Content-Type: text/plain\r\n"}};
  const auto edits = complete(transaction, settings).edits;
  ASSERT_EQ(edits.size(), 2U);
  EXPECT_EQ(edits[1].bytes, "\r\n") << "fields need an empty line behind them";
}

TEST(Submission, TheEmptyLineComesLast) {
  Transaction transaction = submission("hello\r\n");
  transaction.recoding = {{0, 0, "MIME-Version: 1.0\r\n"}};
  message::Content content = message::Content::whole(7);
  content.apply(complete(transaction).edits);
  EXPECT_EQ(content.assemble("hello\r\n"),
            "MIME-Version: 1.0\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\nFrom: you@demo.test\r\n"
            "Message-ID: <0000000000001@mx.demo.test>\r\n\r\nhello\r\n");
}

TEST(Submission, ALineThatIsNoFieldEndsTheHeaderForEverybody) {
  const std::string whole = "Date: x\r\nFrom: you@demo.test\r\nMessage-ID: <1@x>\r\n";
  const std::string rest = "From\x0b: boss@demo.test\r\nSubject: a\r\n";
  for (const bool complete_header : {true, false}) {
    Settings settings;
    settings.complete_header = complete_header;
    message::Content content = message::Content::whole(whole.size() + rest.size());
    content.apply(complete(submission(whole + rest), settings).edits);
    EXPECT_EQ(content.assemble(whole + rest), whole + "\r\n" + rest);
  }
  for (const auto* bcc : {"Garbage line\r\nBcc: a@b\r\nSubject: a\r\n", "Bcc\r\n : a@b\r\n"}) {
    const auto refused = complete(submission(whole + bcc));
    EXPECT_TRUE(refused.reply.text().starts_with("550 5.6.0 Line 4 of the header is no")) << bcc;
  }
}

TEST(Submission, Refusals) {
  const auto foreign = complete(submission("From: boss\r\n"));
  EXPECT_EQ(foreign.reply.text(),
            "550 5.7.1 you@demo.test may not send as boss@demo.test: use an address of your own");
  EXPECT_TRUE(complete(submission("From: you\r\nTo: boss\r\n")).accepted());
  EXPECT_FALSE(complete(submission("Sender: <boss>\r\n")).accepted());
  Transaction transaction = submission("");
  transaction.header_whole = false;
  EXPECT_EQ(complete(transaction).reply.code, 552);
  transaction = submission("");
  transaction.long_line = 17;
  EXPECT_TRUE(complete(transaction).reply.text().starts_with("554 5.6.0 Line 17 is longer"));
  EXPECT_TRUE(complete(transaction).edits.empty());
}

TEST(Submission, WhatIsRefusedAlreadyStaysSo) {
  Verdict verdict = reject(smtp::reply(550, {5, 7, 1}, "no"));
  complete_submission({}, submission("Bcc: a\r\n"), Known(), verdict);
  EXPECT_EQ(verdict.reply.code, 550);
  EXPECT_TRUE(verdict.edits.empty());
}

}  // namespace
}  // namespace policy
