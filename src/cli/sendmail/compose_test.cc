// Tests of compose.h.
#include "cli/sendmail/compose.h"

#include <gtest/gtest.h>

namespace sendmail {
namespace {

const Caller ann{.user = "ann", .full_name = "Ann Example"};

std::string taken(std::vector<std::string_view> pieces, bool dot_is_text = false) {
  Intake intake(dot_is_text, 1'000'000);
  for (const std::string_view piece : pieces) intake.feed(piece);
  return intake.finish();
}

TEST(SendmailIntake, LineEnds) {
  EXPECT_EQ(taken({"a\nb\n"}), "a\r\nb\r\n");
  EXPECT_EQ(taken({"a\r\nb\r", "\nc"}), "a\r\nb\r\nc\r\n");
  EXPECT_EQ(taken({"a\rb\n"}), "a\r\nb\r\n");
  EXPECT_EQ(taken({"a\r", "\r\n"}), "a\r\n\r\n");
  EXPECT_EQ(taken({""}), "");
  EXPECT_EQ(taken({"\n"}), "\r\n");
}

TEST(SendmailIntake, DotEnds) {
  EXPECT_EQ(taken({"a\n.", "\nb\n"}), "a\r\n");
  EXPECT_EQ(taken({"a\n.\r\nb\n"}), "a\r\n");
  EXPECT_EQ(taken({"a\n."}), "a\r\n");
  EXPECT_EQ(taken({"a\n..\n.b\nc.\n"}), "a\r\n..\r\n.b\r\nc.\r\n");
  EXPECT_EQ(taken({"a\n.\nb\n"}, true), "a\r\n.\r\nb\r\n");
}

TEST(SendmailIntake, Limit) {
  Intake intake(false, 10);
  intake.feed("12345678\n");
  EXPECT_FALSE(intake.too_large());
  intake.feed("12345678\n");
  EXPECT_TRUE(intake.too_large());
}

TEST(SendmailCompose, RecipientsOfTheHeader) {
  Options options;
  options.read_recipients = true;
  options.recipients = {"more@example.net"};
  const auto letter = compose(options, ann,
                              "From: me@example.org\r\nTo: Bob <bob@example.org>,\r\n root\r\n"
                              "Cc: \"A, B\" <c@example.org>\r\nBcc: secret@example.org\r\n"
                              "Subject: x\r\n\r\nBcc: stays@example.org\r\n");
  ASSERT_TRUE(letter) << letter.error().detail;
  EXPECT_EQ(letter->recipients,
            (std::vector<std::string>{"more@example.net", "bob@example.org", "root",
                                      "c@example.org", "secret@example.org"}));
  EXPECT_EQ(letter->message.find("secret"), std::string::npos);
  EXPECT_NE(letter->message.find("stays"), std::string::npos);
  EXPECT_TRUE(letter->message.starts_with("From: me@example.org\r\nTo: Bob"));
  EXPECT_FALSE(letter->sender);
}

TEST(SendmailCompose, ResentGoesToWhoIsSaid) {
  Options options;
  options.read_recipients = true;
  const auto letter = compose(options, ann,
                              "Resent-To: new@example.org\r\nFrom: a@example.org\r\n"
                              "To: old@example.org\r\n\r\nx\r\n");
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->recipients, std::vector<std::string>{"new@example.org"});
}

TEST(SendmailCompose, FromIsAdded) {
  Options options;
  options.recipients = {"you@example.org"};
  EXPECT_TRUE(compose(options, ann, "Subject: x\r\n\r\nhello\r\n")
                  ->message.starts_with("From: Ann Example <ann>\r\nSubject: x\r\n"));
  EXPECT_EQ(compose(options, ann, "hello\r\n")->message,
            "From: Ann Example <ann>\r\n\r\nhello\r\n");
  options.sender = "web@example.org";
  options.full_name = "";
  EXPECT_TRUE(compose(options, ann, "Subject: x\r\n\r\n")
                  ->message.starts_with("From: web@example.org\r\n"));
  options.full_name = "Evil\r\nBcc: x@example.org";
  EXPECT_EQ(compose(options, ann, "Subject: x\r\n\r\n")->message.find("\nBcc"), std::string::npos);
}

TEST(SendmailCompose, MailboxLineGoes) {
  Options options;
  options.recipients = {"you@example.org"};
  const auto letter =
      compose(options, ann, "From ann Mon Nov 23\r\nFrom: ann@example.org\r\n\r\nx\r\n");
  EXPECT_EQ(letter->message, "From: ann@example.org\r\n\r\nx\r\n");
}

TEST(SendmailCompose, Refused) {
  Options options;
  EXPECT_EQ(compose(options, ann, "x\r\n").error().kind, base::ErrorKind::not_found);
  options.read_recipients = true;
  EXPECT_EQ(compose(options, ann, "Subject: x\r\n\r\nx\r\n").error().kind,
            base::ErrorKind::not_found);
  options.read_recipients = false;
  for (const char* wrong : {"|/bin/sh", "/etc/passwd", ":include:/etc/passwd", "a b@example.org",
                            "bob@exa mple.org", "<bob@example.org"}) {
    options.recipients = {wrong};
    EXPECT_FALSE(compose(options, ann, "x\r\n")) << wrong;
  }
  options.recipients = {"you@example.org"};
  options.sender = "not an address@";
  EXPECT_FALSE(compose(options, ann, "x\r\n"));
}

}  // namespace
}  // namespace sendmail
