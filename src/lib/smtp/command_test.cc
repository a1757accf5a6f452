// Tests of commands: lines, verbs, MAIL and RCPT with all parameters, HELO, BDAT, and writing them.
#include "lib/smtp/command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/smtp/command_writer.h"
#include "lib/smtp/xtext.h"

namespace smtp {
namespace {

Extensions all() {
  Extensions offered;
  offered.pipelining = offered.eightbitmime = offered.smtputf8 = offered.chunking = true;
  offered.binarymime = offered.dsn = offered.enhanced_codes = offered.requiretls = true;
  offered.size = 1000;
  offered.auth = {"PLAIN"};
  return offered;
}

std::string mail_error(std::string_view argument, const Extensions& offered = all()) {
  const auto result = parse_mail(argument, offered);
  if (result) return "ok <" + result->sender.text() + ">";
  return result.error().text().substr(0, 9);
}

std::string rcpt_error(std::string_view argument, bool utf8 = false,
                       const Extensions& offered = all()) {
  const auto result = parse_rcpt(argument, offered, utf8);
  if (result) return "ok <" + result->recipient.text() + ">";
  return result.error().text().substr(0, 9);
}

TEST(Command, VerbAndArgument) {
  EXPECT_EQ(parse_command("mail FROM:<a@b> ").verb, Verb::mail);
  EXPECT_EQ(parse_command("mail FROM:<a@b> ").argument, "FROM:<a@b>");
  EXPECT_EQ(parse_command("QUIT").verb, Verb::quit);
  EXPECT_EQ(parse_command("Noop  x y ").argument, "x y");
  EXPECT_EQ(parse_command("STARTTLS").verb, Verb::starttls);
  for (const char* line : {"", " ", "QUITT", "QUI", " QUIT", "GET / HTTP/1.1", "\xff\xfe"}) {
    EXPECT_EQ(parse_command(line).verb, Verb::unknown) << line;
  }
  EXPECT_EQ(to_string(Verb::rcpt), "RCPT");
  EXPECT_EQ(to_string(Verb::unknown), "unknown");
}

TEST(Mail, Paths) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"FROM:<>", "ok <>"},
      {"from:<a@b.example>", "ok <a@b.example>"},
      {"FROM: <a@b.example>", "ok <a@b.example>"},
      {"FROM:<@x.example,@y.example:a@b.example>", "ok <a@b.example>"},
      {"FROM:<@x.example:>", "501 5.1.7"},
      {"FROM:<@x.example,y:a@b.example>", "501 5.1.7"},
      {"FROM:<\"a b>\"@b.example>", "ok <\"a b>\"@b.example>"},
      {"FROM:<\"a\\\"b\"@b.example>", "ok <\"a\\\"b\"@b.example>"},
      {"FROM:<a@[192.0.2.1]>", "ok <a@[192.0.2.1]>"},
      {"FROM:<a>", "501 5.1.7"},
      {"FROM:<postmaster>", "501 5.1.7"},
      {"FROM:<a@>", "501 5.1.7"},
      {"FROM:< a@b.example >", "501 5.1.7"},
      {"FROM:<a@b.example> <c@d.example>", "555 5.5.4"},
      {"FROM:a@b.example", "501 5.5.4"},
      {"FROM:<a@b.example", "501 5.5.4"},
      {"FROM:<\"a@b.example>", "501 5.5.4"},
      {"FROM:<a@b.example>SIZE=1", "501 5.5.4"},
      {"FROM :<a@b.example>", "501 5.5.4"},
      {"FROM:", "501 5.5.4"},
      {"", "501 5.5.4"},
      {"TO:<a@b.example>", "501 5.5.4"},
  };
  for (const auto& [argument, want] : cases) EXPECT_EQ(mail_error(argument), want) << argument;
}

TEST(Mail, Parameters) {
  const auto mail = parse_mail(
      "FROM:<a@b.example> size=999 BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=x+2By AUTH=<> REQUIRETLS",
      all());
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->size, 999U);
  EXPECT_EQ(mail->body, Body::eight_bit_mime);
  EXPECT_TRUE(mail->smtputf8 && mail->requiretls);
  EXPECT_EQ(mail->ret, message::Envelope::Ret::headers);
  EXPECT_EQ(mail->envid, "x+y");
  EXPECT_EQ(mail->auth, "<>");
  EXPECT_EQ(parse_mail("FROM:<> AUTH=e+3Dmc2@b.example", all())->auth, "e=mc2@b.example");
  EXPECT_EQ(parse_mail("FROM:<> BODY=BINARYMIME", all())->body, Body::binary_mime);
}

TEST(Mail, BadParameters) {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"SIZE=1001", "552 5.3.4"},     {"SIZE=1000", "ok <a@b.e>"},
      {"SIZE=", "501 5.5.4"},         {"SIZE", "501 5.5.4"},
      {"SIZE=-1", "501 5.5.4"},       {"SIZE=999999999999999999999", "501 5.5.4"},
      {"SIZE=0", "ok <a@b.e>"},       {"SIZE=99999999999999999999", "552 5.3.4"},
      {"SIZE=1 SIZE=1", "501 5.5.4"}, {"BODY=9BIT", "501 5.5.4"},
      {"SMTPUTF8=1", "501 5.5.4"},    {"RET=SOME", "501 5.5.4"},
      {"ENVID=", "501 5.5.4"},        {"ENVID=a+0D", "501 5.5.4"},
      {"ENVID=a+2", "501 5.5.4"},     {"ENVID=" + std::string(101, 'x'), "501 5.5.4"},
      {"AUTH=nobody", "501 5.5.4"},   {"NOTIFY=NEVER", "555 5.5.4"},
      {"X=1", "555 5.5.4"},           {"=", "555 5.5.4"},
  };
  for (const auto& [parameters, want] : cases) {
    EXPECT_EQ(mail_error("FROM:<a@b.e> " + parameters), want) << parameters;
  }
  for (const char* parameter :
       {"SIZE=1", "BODY=7BIT", "SMTPUTF8", "RET=FULL", "ENVID=x", "AUTH=<>", "REQUIRETLS"}) {
    const std::string argument = std::string("FROM:<a@b.e> ") + parameter;
    EXPECT_EQ(mail_error(argument, Extensions()), "555 5.5.4") << parameter;
  }
  Extensions unlimited;
  unlimited.size = 0;
  unlimited.eightbitmime = true;
  EXPECT_EQ(mail_error("FROM:<a@b.e> SIZE=99999999999", unlimited), "ok <a@b.e>");
  EXPECT_EQ(mail_error("FROM:<a@b.e> BODY=BINARYMIME", unlimited), "555 5.5.4");
}

TEST(Mail, Utf8NeedsSmtputf8) {
  EXPECT_EQ(mail_error("FROM:<\xc3\xa4@b.example>"), "553 5.6.7");
  EXPECT_EQ(mail_error("FROM:<\xc3\xa4@b.example> SMTPUTF8"), "ok <\xc3\xa4@b.example>");
  EXPECT_EQ(mail_error("FROM:<a@b\xc3\xbc.example> SMTPUTF8"), "ok <a@b\xc3\xbc.example>");
  EXPECT_EQ(mail_error("FROM:<\xc3@b.example> SMTPUTF8"), "501 5.1.7");
  EXPECT_EQ(rcpt_error("TO:<\xc3\xa4@b.example>"), "553 5.6.7");
  EXPECT_EQ(rcpt_error("TO:<\xc3\xa4@b.example>", true), "ok <\xc3\xa4@b.example>");
  EXPECT_EQ(rcpt_error("TO:<a@\xff>", true), "501 5.1.3");
}

TEST(Rcpt, PathsAndParameters) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"TO:<a@b.example>", "ok <a@b.example>"},
      {"TO: <a@b.example>", "ok <a@b.example>"},
      {"TO:<PostMaster>", "ok <postmaster>"},
      {"TO:<@x.example:a@b.example>", "ok <a@b.example>"},
      {"TO:<>", "501 5.1.3"},
      {"TO:<a>", "501 5.1.3"},
      {"TO:<a@-b.example>", "501 5.1.3"},
      {"TO:a@b.example", "501 5.5.4"},
      {"TO:<a@b.example> SIZE=1", "555 5.5.4"},
      {"TO:<a@b.example> NOTIFY=NEVER,DELAY", "501 5.5.4"},
      {"TO:<a@b.example> NOTIFY=", "501 5.5.4"},
      {"TO:<a@b.example> NOTIFY=DELAY,", "501 5.5.4"},
      {"TO:<a@b.example> NOTIFY=NEVER NOTIFY=NEVER", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=a@b", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=;a@b", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=rfc822;", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=rfc822;a+0Ab", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=rfc822;a+b", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=utf-8;a\xc3\xa4@c", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=utf-8;a\\x{61}@c", "501 5.5.4"},
      {"TO:<a@b.example> ORCPT=utf-8;a+2Bb@c", "501 5.5.4"},
  };
  for (const auto& [argument, want] : cases) EXPECT_EQ(rcpt_error(argument), want) << argument;
  const auto rcpt =
      parse_rcpt("TO:<a@b.example> NOTIFY=success,DELAY ORCPT=rfc822;a+2Bb@c", all(), false);
  ASSERT_TRUE(rcpt);
  EXPECT_EQ(rcpt->notify, message::notify_success | message::notify_delay);
  EXPECT_EQ(rcpt->orcpt, "rfc822;a+b@c");
  EXPECT_EQ(parse_rcpt("TO:<a@b.example> ORCPT=utf-8;a\\x{E4}@c", all(), false)->orcpt,
            "utf-8;a\xc3\xa4@c");
  // As Postfix sends it.
  EXPECT_EQ(parse_rcpt("TO:<a@b.example> ORCPT=rfc822;j+C3+B6rg@c", all(), true)->orcpt,
            "utf-8;j\xc3\xb6rg@c");
  EXPECT_FALSE(parse_rcpt("TO:<a@b.example> ORCPT=rfc822;j+C3+B6rg@c", all(), false));
  EXPECT_FALSE(parse_rcpt("TO:<a@b.example> ORCPT=rfc822;j+C3+0A@c", all(), true));
  EXPECT_EQ(parse_rcpt("TO:<a@b.example> ORCPT=utf-8;a\xc3\xa4@c", all(), true)->orcpt,
            "utf-8;a\xc3\xa4@c");
  EXPECT_EQ(rcpt_error("TO:<a@b.example> NOTIFY=NEVER", false, Extensions()), "555 5.5.4");
}

TEST(Helo, AnyPrintableWord) {
  EXPECT_EQ(parse_helo(" mx.example ").value(), "mx.example");
  EXPECT_EQ(parse_helo("[192.0.2.1]").value(), "[192.0.2.1]");
  EXPECT_EQ(parse_helo("DESK_TOP").value(), "DESK_TOP");
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("\x01"),
                                 std::string("\xc3\xa4"), std::string(256, 'x')}) {
    ASSERT_FALSE(parse_helo(bad)) << bad;
    EXPECT_EQ(parse_helo(bad).error().code, 501);
  }
}

TEST(Bdat, SizeAndLast) {
  EXPECT_EQ(parse_bdat("0 LAST")->last, true);
  EXPECT_EQ(parse_bdat("86000")->size, 86'000U);
  EXPECT_EQ(parse_bdat("1 last")->size, 1U);
  for (const char* bad :
       {"", "LAST", "-1", "1 FIRST", "1 LAST x", "0x10", "99999999999999999999999999"}) {
    EXPECT_FALSE(parse_bdat(bad)) << bad;
  }
}

TEST(Xtext, ThereAndBack) {
  EXPECT_EQ(xtext("a+b=c d"), "a+2Bb+3Dc+20d");
  EXPECT_EQ(parse_xtext(xtext("\x01+=\xff z")), "\x01+=\xff z");
  for (const char* bad : {"a+", "a+2", "a+2b", "a=b", "a b", "+GG", "\xc3\xa4"}) {
    EXPECT_FALSE(parse_xtext(bad)) << bad;
  }
}

TEST(CommandWriter, WritesWhatThePeerOffers) {
  message::Envelope envelope;
  envelope.sender = {"a b", "c.example"};
  envelope.eight_bit = true;
  envelope.envid = "x y";
  envelope.ret = message::Envelope::Ret::headers;
  EXPECT_EQ(mail_line(envelope, 10, Extensions(), base::Time()),
            "MAIL FROM:<\"a b\"@c.example>\r\n");
  EXPECT_EQ(mail_line(envelope, 10, all(), base::Time()),
            "MAIL FROM:<\"a b\"@c.example> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=x+20y\r\n");
  message::Recipient recipient;
  recipient.address = {"b", "d.example"};
  recipient.notify = message::notify_success | message::notify_failure;
  recipient.orcpt = "rfc822;x+y@z";
  EXPECT_EQ(rcpt_line(recipient, Extensions()), "RCPT TO:<b@d.example>\r\n");
  EXPECT_EQ(rcpt_line(recipient, all()),
            "RCPT TO:<b@d.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2By@z\r\n");
  recipient.notify = message::notify_never;
  recipient.orcpt.clear();
  EXPECT_EQ(rcpt_line(recipient, all()), "RCPT TO:<b@d.example> NOTIFY=NEVER\r\n");
}

TEST(CommandWriter, OriginalRecipients) {
  message::Recipient recipient;
  recipient.address = {"b", "d.example"};
  recipient.original = recipient.address;
  EXPECT_EQ(rcpt_line(recipient, all()), "RCPT TO:<b@d.example>\r\n");
  // Behind an alias the sender is to be told of the address that he wrote.
  recipient.original = {"a+x", "d.example"};
  EXPECT_EQ(rcpt_line(recipient, all()), "RCPT TO:<b@d.example> ORCPT=rfc822;a+2Bx@d.example\r\n");
  recipient.orcpt = "rfc822;first@e.example";
  EXPECT_EQ(rcpt_line(recipient, all()), "RCPT TO:<b@d.example> ORCPT=rfc822;first@e.example\r\n");
  recipient.orcpt = "utf-8;j\xc3\xb6rg@e.example";
  EXPECT_EQ(rcpt_line(recipient, all()),
            "RCPT TO:<b@d.example> ORCPT=utf-8;j\xc3\xb6rg@e.example\r\n");
  Extensions ascii = all();
  ascii.smtputf8 = false;
  EXPECT_EQ(rcpt_line(recipient, ascii),
            "RCPT TO:<b@d.example> ORCPT=utf-8;j\\x{F6}rg@e.example\r\n");
  // Our own mark is no word of the wire.
  recipient.orcpt.clear();
  recipient.original = recipient.address;
  recipient.notify = message::notify_expanded | message::notify_failure;
  EXPECT_EQ(rcpt_line(recipient, all()), "RCPT TO:<b@d.example> NOTIFY=FAILURE\r\n");
}

TEST(CommandWriter, SaysWhatThePeerLacks) {
  message::Envelope envelope;
  EXPECT_FALSE(lacks(envelope, 1000, Extensions()));
  EXPECT_FALSE(lacks(envelope, 1000, all()));
  EXPECT_EQ(lacks(envelope, 1001, all())->code, 552);
  Extensions unlimited;
  unlimited.size = 0;
  EXPECT_FALSE(lacks(envelope, 1'000'000, unlimited));
  envelope.eight_bit = true;
  EXPECT_EQ(lacks(envelope, 1, Extensions())->enhanced, (EnhancedCode{5, 6, 3}));
  envelope.smtputf8 = true;
  EXPECT_EQ(lacks(envelope, 1, Extensions())->enhanced, (EnhancedCode{5, 6, 7}));
  EXPECT_FALSE(lacks(envelope, 1, all()));
  envelope.binary = true;
  Extensions chunks = all();
  chunks.chunking = true;
  EXPECT_FALSE(lacks(envelope, 1, chunks));
  EXPECT_TRUE(mail_line(envelope, 1, chunks, base::Time()).contains(" BODY=BINARYMIME"));
  chunks.binarymime = false;
  EXPECT_EQ(lacks(envelope, 1, chunks)->enhanced, (EnhancedCode{5, 6, 3}));
}

}  // namespace
}  // namespace smtp
