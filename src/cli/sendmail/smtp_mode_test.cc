// Tests of smtp_mode.h and queue_listing.h.
#include "cli/sendmail/smtp_mode.h"

#include <gtest/gtest.h>

#include "cli/sendmail/queue_listing.h"

namespace sendmail {
namespace {

struct Talk {
  std::vector<local_mail::Letter> letters;
  Outcome outcome{.exit_code = 0, .code = 250, .enhanced = "2.0.0", .text = "Message x is safe"};
  SmtpMode mode{{.caller = {.user = "ann", .full_name = {}},
                 .host = "host.example",
                 .message_bytes_max = 10'000},
                [this](local_mail::Letter letter) {
                  letters.push_back(std::move(letter));
                  return outcome;
                }};
};

TEST(SendmailSmtp, OneMessageInPieces) {
  Talk talk;
  EXPECT_TRUE(talk.mode.greeting().starts_with("220 host.example"));
  EXPECT_NE(talk.mode.feed("EHLO x\r\n").find("PIPELINING"), std::string::npos);
  EXPECT_EQ(talk.mode.feed("MAIL FROM:<a@exam"), "");
  EXPECT_TRUE(talk.mode.feed("ple.org>\r\n").starts_with("250"));
  const std::string answers = talk.mode.feed(
      "RCPT TO:<b@example.org>\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\nNOOP\r\n");
  EXPECT_NE(answers.find("354 "), std::string::npos);
  EXPECT_NE(answers.find("250 2.0.0 Message x is safe"), std::string::npos);
  EXPECT_NE(answers.find("221 "), std::string::npos);
  EXPECT_TRUE(talk.mode.ended());
  ASSERT_EQ(talk.letters.size(), 1U);
  EXPECT_EQ(talk.letters.front().sender, "a@example.org");
  EXPECT_EQ(talk.letters.front().recipients, std::vector<std::string>{"b@example.org"});
  EXPECT_EQ(talk.letters.front().message, "From: a@example.org\r\nSubject: x\r\n\r\n.dot\r\n");
}

TEST(SendmailSmtp, OrderAndFaults) {
  Talk talk;
  EXPECT_TRUE(talk.mode.feed("RCPT TO:<b@example.org>\r\n").starts_with("503"));
  EXPECT_TRUE(talk.mode.feed("DATA\r\n").starts_with("503"));
  EXPECT_TRUE(talk.mode.feed("MAIL FROM:<>\r\n").starts_with("250"));
  EXPECT_TRUE(talk.mode.feed("MAIL FROM:<>\r\n").starts_with("503"));
  EXPECT_TRUE(talk.mode.feed("RCPT TO:<b@example.org>\r\nDATA\r\n").starts_with("250"));
  EXPECT_TRUE(talk.mode.feed("bare\nlf\r\n.\r\n").starts_with("554"));
  EXPECT_TRUE(talk.letters.empty());
  EXPECT_TRUE(talk.mode.feed(std::string(3'000, 'x')).starts_with("421"));
  EXPECT_TRUE(talk.mode.ended());
}

TEST(SendmailSmtp, RefusalIsPassedOn) {
  Talk talk;
  talk.outcome = {.exit_code = 67, .code = 550, .enhanced = "5.1.1", .text = "Nobody"};
  const std::string answers = talk.mode.feed(
      "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx: y\r\n\r\n.\r\n");
  EXPECT_NE(answers.find("550 5.1.1 Nobody"), std::string::npos);
}

TEST(QueueListing, LooksLikePostfix) {
  EXPECT_EQ(queue_listing(R"({"messages": [], "more": false})"), "Mail queue is empty\n");
  const auto text = queue_listing(
      R"({"messages": [{"id": "01hzy3k7q9d2m", "bytes": 2048, "accepted": 0, "sender": "",
          "recipients": ["b@example.org"], "last_reply": "451 later\u001b[0m", "hold": true,
          "active": false}], "more": false})");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("01hzy3k7q9d2m!    2048 "), std::string::npos) << *text;
  EXPECT_NE(text->find(" MAILER-DAEMON\n(451 later\\x1b[0m)\n"), std::string::npos) << *text;
  EXPECT_TRUE(text->ends_with("b@example.org\n\n-- 2 Kbytes in 1 Request.\n")) << *text;
  for (const char* wrong : {"", "[]", "{}", R"({"messages": [1], "more": false})"}) {
    EXPECT_FALSE(queue_listing(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace sendmail
