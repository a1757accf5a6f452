// Tests of report/: the texts of DSNs, who gets one, and that nothing can be injected.
#include "report/dsn.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/message/header.h"
#include "lib/message/utf8.h"
#include "report/dsn_text.h"
#include "report/meaning.h"
#include "report/notifier.h"

namespace report {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

const base::Time accepted{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 14h};

struct Case {
  queue::MessageInfo original;
  std::vector<queue::ReportedRecipient> failed;
  std::string header = "Message-ID: <1@x.test>\r\nSubject: hello\r\n\r\nbody\r\n";
  bool whole = false;
};

message::Recipient recipient(std::string local, std::string domain = "example.net") {
  message::Recipient made;
  made.address = {std::move(local), std::move(domain)};
  made.original = made.address;
  return made;
}

Case one_failure(smtp::Reply reply, std::string remote = "mx1.example.net [192.0.2.7]:25") {
  Case made;
  made.original.id = {12345};
  made.original.accepted = accepted;
  made.original.envelope.sender = {"ann", "x.test"};
  made.original.envelope.recipients.push_back(recipient("bob"));
  queue::ReportedRecipient failed;
  failed.attempt = {accepted + 1s, std::move(remote), std::move(reply)};
  made.failed.push_back(failed);
  return made;
}

std::shared_ptr<Settings> settings() {
  auto made = std::make_shared<Settings>();
  made->hostname = "mail.x.test";
  return made;
}

Dsn write(const Case& one, base::Duration after = 1s) {
  return write_dsn(*settings(), {.original = one.original,
                                 .told = one.failed,
                                 .quoted = {.content = one.header, .whole = one.whole},
                                 .id = {67890},
                                 .now = accepted + after});
}

std::string lf(std::string text) {
  std::erase(text, '\r');
  return text;
}

TEST(Dsn, AListsOwnerIsToldWhichMember) {
  Case made = one_failure(smtp::reply(550, {5, 1, 1}, "member@far.test unknown"));
  auto& recipient = made.original.envelope.recipients.front();
  recipient.original = {"list", "x.test"};
  recipient.address = {"member", "far.test"};
  EXPECT_EQ(write(made).message.find("member"), std::string::npos) << "nobody else's business";
  recipient.return_path = {"owner-list", "x.test"};
  recipient.of_list = true;
  const std::string told = write(made).message;
  EXPECT_NE(told.find("\r\nTo: owner-list@x.test\r\n"), std::string::npos) << told;
  EXPECT_NE(told.find("Final-Recipient: rfc822; member@far.test\r\n"), std::string::npos) << told;
}

bool lines_are_sound(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
  }
  return std::ranges::all_of(base::split(text, '\n'),
                             [](std::string_view line) { return line.size() <= 999; });
}

// The bodies of the parts, by the boundary that the header names.
std::vector<std::string> parts(const std::string& message) {
  std::size_t body = 0;
  const auto fields = message::read_header(message, body);
  const auto* type = message::find_field(fields, "Content-Type");
  const std::string value = message::unfold(type->value);
  const std::size_t quote = value.find("boundary=\"") + 10;
  const std::string mark = "--" + value.substr(quote, value.find('"', quote) - quote);
  std::vector<std::string> found;
  std::size_t at = message.find(mark, body);
  while (at != std::string::npos) {
    const std::size_t next = message.find(mark, at + mark.size());
    if (next == std::string::npos) break;
    found.push_back(message.substr(at + mark.size() + 2, next - at - mark.size() - 4));
    at = next;
  }
  return found;
}

TEST(Dsn, TheWholeText) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "No such user here\nSee our help page"));
  one.original.envelope.envid = "QQ314159";
  one.original.envelope.recipients[0].orcpt = "rfc822;bob@example.net";
  const Dsn dsn = write(one);
  const std::string id = base::MessageId{67890}.text();
  const std::string mark = "=_" + id + "_1";
  EXPECT_EQ(lf(dsn.message), R"(Date: Mon, 23 Nov 2026 14:00:01 +0000
From: Mail Delivery System <MAILER-DAEMON@mail.x.test>
To: ann@x.test
Subject: Not delivered: your message to
 bob@example.net
Message-ID: <)" + id + R"(@mail.x.test>
In-Reply-To: <1@x.test>
References: <1@x.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary=")" + mark + R"("

This is a MIME-encapsulated message.

--)" + mark + R"(
Content-Type: text/plain; charset=us-ascii

This is the mail server mail.x.test. Your message of Mon, 23 Nov 2026
14:00:00 +0000 could not be delivered to this address:

<bob@example.net>

    The last answer of mx1.example.net [192.0.2.7]:25 was:

        550 5.1.1 No such user here
        550 5.1.1 See our help page

    What it means: The receiving server knows no mailbox with this
    address.
    What you can do: Check the address for typing errors, and ask the
    recipient in another way for the right one. Sending it again to the
    same address will not help.

Nothing more will be tried for what is named above. This report was
written by a program; attached are the details for other programs, and
the header of your message.

--)" + mark + R"(
Content-Type: message/delivery-status

Original-Envelope-Id: QQ314159
Reporting-MTA: dns; mail.x.test
Arrival-Date: Mon, 23 Nov 2026 14:00:00 +0000

Original-Recipient: rfc822;bob@example.net
Final-Recipient: rfc822; bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx1.example.net
Diagnostic-Code: smtp; 550 5.1.1 No such user here See our help page
Last-Attempt-Date: Mon, 23 Nov 2026 14:00:01 +0000

--)" + mark + R"(
Content-Type: text/rfc822-headers; charset=us-ascii

Message-ID: <1@x.test>
Subject: hello

--)" + mark + R"(--
)");
}

TEST(Dsn, NeedsNoExtensionWhenAllIsAscii) {
  const Dsn dsn = write(one_failure(smtp::reply(550, {5, 1, 1}, "No such user here")));
  EXPECT_FALSE(dsn.eight_bit);
  EXPECT_FALSE(dsn.smtputf8);
  EXPECT_TRUE(lines_are_sound(dsn.message));
}

TEST(Dsn, AnExpiredMessageSaysHowLongWasTried) {
  Case one = one_failure(smtp::reply(451, {4, 4, 1}, "connection timed out"), "");
  one.failed[0].expired = true;
  const std::string text = lf(write(one, 5 * 24h + 1h).message);
  EXPECT_TRUE(text.contains("We tried for 5 days, and have given up.")) << text;
  EXPECT_TRUE(text.contains("What happened at last:\n\n        451 4.4.1 connection timed out\n"));
  EXPECT_TRUE(text.contains("What it means: The receiving server could not be reached"));
  EXPECT_TRUE(text.contains("\nStatus: 4.4.1\n"));
  EXPECT_FALSE(text.contains("Remote-MTA"));
  EXPECT_TRUE(text.contains("Diagnostic-Code: X-Stagepost; 451 4.4.1 connection timed out\n"));
}

TEST(Dsn, TellsEachRecipientsFate) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  one.original.envelope.recipients.push_back(recipient("carl"));
  queue::ReportedRecipient full = one.failed[0];
  full.recipient = 1;
  full.attempt.reply = smtp::reply(552, {5, 2, 2}, "over quota");
  one.failed.push_back(full);
  const Dsn dsn = write(one);
  const std::string text = lf(dsn.message);
  EXPECT_TRUE(text.contains("Subject: Not delivered: your message to 2 addresses\n"));
  EXPECT_TRUE(text.contains("mailbox is full"));
  const auto found = parts(dsn.message);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(found[1].contains("Status: 5.1.1\r\n"));
  EXPECT_TRUE(found[1].contains("\r\n\r\nFinal-Recipient: rfc822; carl@example.net\r\n"));
}

TEST(Dsn, ATooLongListIsCounted) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  for (std::size_t i = 1; i < recipients_told_max + 7; ++i) {
    one.original.envelope.recipients.push_back(recipient("r" + std::to_string(i)));
    one.failed.push_back(one.failed[0]);
    one.failed.back().recipient = i;
  }
  EXPECT_TRUE(write(one).message.contains("... and 7 more addresses."));
}

TEST(Dsn, AnAliasIsNotGivenAway) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "<secret@home.test>: unknown"));
  one.original.envelope.recipients[0].address = {"secret", "home.test"};
  const std::string text = write(one).message;
  EXPECT_FALSE(text.contains("secret"));
  EXPECT_TRUE(text.contains("550 5.1.1 <bob@example.net>: unknown"));
  EXPECT_TRUE(text.contains("Final-Recipient: rfc822; bob@example.net"));
}

TEST(Dsn, NothingCanBeInjected) {
  smtp::Reply evil = smtp::reply(550, {5, 1, 1}, "x");
  evil.lines = {"no\r\nBcc: everybody@y.test\r\n\r\n--=_", std::string("nul\0here", 8),
                std::string(5000, 'y')};
  Case one = one_failure(evil, "mx\r\nX-Evil: 1");
  one.original.envelope.envid = "a\r\nX-Evil: 2";
  one.original.envelope.recipients[0].orcpt = "rfc822;b\r\nX-Evil: 3";
  one.original.envelope.recipients[0].original = {"bob\r\nX-Evil: 4", "example.net"};
  one.header = "Subject: a\rX-Evil: 5\r\nMessage-ID: <a@b>\r\n <c@d>\r\n" + std::string(3000, 'z') +
               "\r\n\r\n";
  const Dsn dsn = write(one);
  EXPECT_TRUE(lines_are_sound(dsn.message));
  EXPECT_FALSE(dsn.message.contains("\nX-Evil"));
  EXPECT_FALSE(dsn.message.contains("\nBcc"));
  EXPECT_FALSE(dsn.message.contains("In-Reply-To"));
  EXPECT_FALSE(dsn.message.contains('\0'));
  EXPECT_EQ(parts(dsn.message).size(), 3U);
}

TEST(Dsn, ABoundaryInTheQuotedHeaderIsAvoided) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  one.header = "Subject: --=_" + base::MessageId{67890}.text() + "_1\r\n\r\n";
  EXPECT_EQ(parts(write(one).message).size(), 3U);
}

TEST(Dsn, OtherCharactersThanAscii) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "kein Postfach f\xc3\xbcr Sie"));
  one.original.envelope.sender = {"j\xc3\xb6rg", "x.test"};
  one.original.envelope.recipients[0] = recipient(
      "b\xc3\xb6"
      "b");
  one.header = "Subject: \xc3\xa4\r\nX-Latin: \xe4\r\n\r\n";
  const Dsn dsn = write(one);
  EXPECT_TRUE(dsn.eight_bit);
  EXPECT_TRUE(dsn.smtputf8);
  EXPECT_TRUE(message::is_utf8(dsn.message));
  EXPECT_TRUE(dsn.message.contains("Content-Type: message/global-delivery-status\r\n"));
  EXPECT_TRUE(
      dsn.message.contains("Final-Recipient: utf-8; b\xc3\xb6"
                           "b@example.net\r\n"));
  EXPECT_TRUE(dsn.message.contains("Diagnostic-Code: smtp; 550 5.1.1 kein Postfach f??r Sie\r\n"));
  EXPECT_TRUE(dsn.message.contains("        550 5.1.1 kein Postfach f\xc3\xbcr Sie\r\n"));
  EXPECT_TRUE(dsn.message.contains("Subject: \xc3\xa4\r\nX-Latin: ?\r\n"));
  EXPECT_TRUE(dsn.message.contains("Content-Type: message/global-headers\r\n"));
}

// RFC 6533 §3: who has not said SMTPUTF8 gets a report in ASCII.
TEST(Dsn, AnUtf8AddressForAnAsciiReader) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  one.original.envelope.recipients[0] = recipient(
      "b\xc3\xb6"
      "b");
  one.original.envelope.recipients[0].orcpt =
      "utf-8;b\xc3\xb6"
      "b@example.net";
  const std::string status = parts(write(one).message).at(1);
  EXPECT_TRUE(status.contains("Content-Type: message/delivery-status\r\n")) << status;
  EXPECT_TRUE(status.contains("Final-Recipient: utf-8; b\\x{F6}b@example.net\r\n"));
  EXPECT_TRUE(status.contains("Original-Recipient: utf-8;b\\x{F6}b@example.net\r\n"));
  one.original.envelope.smtputf8 = true;
  EXPECT_TRUE(
      write(one).message.contains("Final-Recipient: utf-8; b\xc3\xb6"
                                  "b@example.net"));
  // A domain alone needs no SMTPUTF8.
  one.original.envelope.sender = {"ann",
                                  "b\xc3\xbc"
                                  "cher.test"};
  EXPECT_FALSE(write(one).smtputf8);
  EXPECT_TRUE(write(one).message.contains("To: ann@xn--bcher-kva.test\r\n"));
}

TEST(Dsn, ADelay) {
  Case one = one_failure(smtp::reply(450, {4, 2, 0}, "greylisted"));
  one.failed[0].action = queue::Action::delayed;
  one.failed[0].retry_until = accepted + 5 * 24h;
  const std::string text = lf(write(one, 4h).message);
  EXPECT_TRUE(text.contains("Subject: Delayed: your message to\n bob@example.net\n")) << text;
  EXPECT_TRUE(text.contains("has not been delivered yet to this"));
  EXPECT_TRUE(text.contains("        450 4.2.0 greylisted\n"));
  EXPECT_TRUE(text.contains("You need not send it again: we go on trying until Sat, 28 Nov 2026"));
  EXPECT_TRUE(text.contains("tell you if that fails"));
  EXPECT_FALSE(text.contains("What you can do"));
  EXPECT_TRUE(text.contains("\nAction: delayed\nStatus: 4.2.0\n"));
  EXPECT_TRUE(text.contains("\nWill-Retry-Until: Sat, 28 Nov 2026 14:00:00 +0000\n"));
  one.original.envelope.recipients[0].notify = message::notify_delay;
  EXPECT_FALSE(write(one, 4h).message.contains("if that fails"));
}

TEST(Dsn, Successes) {
  Case one = one_failure(smtp::reply(250, {2, 0, 0}, "queued as 4711"));
  one.failed[0].action = queue::Action::relayed;
  std::string text = lf(write(one).message);
  EXPECT_TRUE(text.contains("Subject: Passed on: your message to\n")) << text;
  EXPECT_TRUE(text.contains("mx1.example.net [192.0.2.7]:25 has taken it"));
  EXPECT_TRUE(text.contains("        250 2.0.0 queued as 4711\n"));
  EXPECT_TRUE(
      text.contains("\nAction: relayed\nStatus: 2.0.0\nRemote-MTA: dns; mx1.example.net\n"));
  EXPECT_TRUE(text.contains("Diagnostic-Code: smtp; 250 2.0.0 queued as 4711\n"));

  one = one_failure(smtp::reply(250, {2, 1, 5}, "kept"), "mail/real@x.test");
  one.failed[0].action = queue::Action::delivered;
  text = lf(write(one).message);
  EXPECT_TRUE(text.contains("has been delivered to this address:\n")) << text;
  EXPECT_TRUE(text.contains("not that anybody has read"));
  EXPECT_TRUE(text.contains("\nAction: delivered\nStatus: 2.1.5\nLast-Attempt-Date:"));
  EXPECT_FALSE(text.contains("kept"));

  one = one_failure({}, "");
  one.failed[0].action = queue::Action::expanded;
  text = lf(write(one).message);
  EXPECT_TRUE(text.contains("everybody who stands")) << text;
  EXPECT_TRUE(text.contains("\nAction: expanded\nStatus: 2.0.0\n"));
  // RFC 3461 §5.2.7.1
  one.original.envelope.recipients[0].of_list = true;
  EXPECT_TRUE(lf(write(one).message).contains("\nAction: delivered\nStatus: 2.0.0\n"));
}

TEST(Dsn, TheWholeMessageComesBackWhenItIsThere) {
  Case one = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  one.whole = true;
  const Dsn dsn = write(one);
  const auto found = parts(dsn.message);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[2], "Content-Type: message/rfc822\r\n\r\n" + one.header);
  EXPECT_TRUE(lf(dsn.message).contains("and\nall of your message."));
  one.header = "Subject: \xc3\xa4\r\n\r\n\xe4\r\n";
  one.original.envelope.smtputf8 = true;
  EXPECT_TRUE(write(one).message.contains(
      "Content-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject"));
}

TEST(Dsn, TheQuotedHeaderIsBounded) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "Received: from somewhere\r\n";
  const std::string quoted = quoted_header(many + "\r\nbody", 1000);
  EXPECT_LE(quoted.size(), 1000U);
  EXPECT_TRUE(quoted.ends_with("somewhere\r\n"));
  EXPECT_EQ(quoted_header("\r\nbody", 1000), "");
  EXPECT_EQ(quoted_header("A: b\n c\nbody", 1000), "A: b\r\n c\r\nbody\r\n");
}

TEST(Dsn, RemoteHost) {
  EXPECT_EQ(remote_host("mx1.example.net [192.0.2.7]:25"), "mx1.example.net");
  EXPECT_EQ(remote_host("[192.0.2.7]:25"), "[192.0.2.7]");
  EXPECT_EQ(remote_host("mail/you@demo.test"), "");
  EXPECT_EQ(remote_host(""), "");
}

TEST(Dsn, Status) {
  struct Row {
    smtp::Reply reply;
    bool expired;
    std::string status;
  };
  const std::vector<Row> rows = {
      {smtp::reply(550, {5, 7, 1}, "no"), false, "5.7.1"},
      {smtp::reply(550, "no"), false, "5.0.0"},
      {smtp::reply(550, {4, 7, 1}, "no"), false, "5.7.1"},
      {smtp::reply(451, {4, 2, 2}, "full"), true, "4.2.2"},
      {smtp::reply(451, "later"), true, "4.4.7"},
      {smtp::Reply{}, true, "4.4.7"},
  };
  for (const Row& row : rows) {
    queue::ReportedRecipient failed;
    failed.attempt.reply = row.reply;
    failed.expired = row.expired;
    EXPECT_EQ(status_of(failed).text(), row.status) << row.reply.text();
  }
  queue::ReportedRecipient late;
  late.action = queue::Action::delayed;
  EXPECT_EQ(status_of(late).text(), "4.0.0");
  late.attempt.reply = smtp::reply(550, {5, 7, 1}, "no");
  EXPECT_EQ(status_of(late).text(), "4.7.1");
  late.action = queue::Action::delivered;
  EXPECT_EQ(status_of(late).text(), "2.0.0");
}

TEST(Meaning, EveryCodeHasWords) {
  const auto same = [](smtp::EnhancedCode a, smtp::EnhancedCode b) {
    return meaning(a).what == meaning(b).what;
  };
  EXPECT_TRUE(meaning({5, 1, 1}).what.contains("no mailbox"));
  EXPECT_TRUE(meaning({4, 2, 2}).what.contains("full"));
  EXPECT_TRUE(meaning({5, 7, 26}).what.contains("DMARC"));
  EXPECT_TRUE(same({5, 7, 99}, {5, 7, 0}));
  EXPECT_TRUE(same({5, 4, 99}, {5, 4, 0}));
  EXPECT_FALSE(same({5, 9, 9}, {4, 9, 9}));
  for (std::uint16_t subject = 0; subject < 10; ++subject) {
    for (std::uint16_t detail = 0; detail < 40; ++detail) {
      EXPECT_FALSE(meaning({5, subject, detail}).remedy.empty());
    }
  }
}

TEST(Notifier, WhoGetsAReport) {
  DsnNotifier notifier(settings());
  const Case plain = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  const auto ask = [&](const Case& one) {
    return notifier.report(one.original, one.failed, {.content = one.header}, {67890},
                           accepted + 1s);
  };
  const auto report = ask(plain);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->info.is_dsn);
  EXPECT_TRUE(report->info.envelope.sender.is_null());
  ASSERT_EQ(report->info.envelope.recipients.size(), 1U);
  EXPECT_EQ(report->info.envelope.recipients[0].address.text(), "ann@x.test");
  EXPECT_EQ(report->info.id.value, 67890U);
  EXPECT_EQ(report->info.content.assemble(report->body), report->body);
  EXPECT_EQ(report->info.received_bytes, report->body.size());

  Case null_sender = plain;
  null_sender.original.envelope.sender = {};
  EXPECT_FALSE(ask(null_sender));
  Case dsn = plain;
  dsn.original.is_dsn = true;
  EXPECT_FALSE(ask(dsn));
  for (const auto& [notify, wanted] : std::vector<std::pair<std::uint8_t, bool>>{
           {message::notify_default, true},
           {message::notify_never, false},
           {message::notify_success, false},
           {message::notify_delay, false},
           {message::notify_failure, true},
           {message::notify_success | message::notify_failure, true}}) {
    Case one = plain;
    one.original.envelope.recipients[0].notify = notify;
    EXPECT_EQ(ask(one).has_value(), wanted) << int{notify};
  }
}

TEST(Notifier, EachKindHasItsWord) {
  using queue::Action;
  DsnNotifier notifier(settings());
  struct Row {
    Action action;
    unsigned notify;
    bool wanted;
  };
  const std::vector<Row> rows = {
      {Action::delayed, message::notify_default, true},
      {Action::delayed, message::notify_failure, false},
      {Action::delayed, message::notify_delay, true},
      {Action::delayed, message::notify_never, false},
      {Action::delivered, message::notify_default, false},
      {Action::delivered, message::notify_success, true},
      {Action::relayed, message::notify_success | message::notify_delay, true},
      {Action::relayed, message::notify_failure, false},
      {Action::expanded, message::notify_success, false},
      {Action::expanded, message::notify_never | message::notify_expanded, true},
      {Action::failed, message::notify_never | message::notify_expanded, false},
      {Action::failed, message::notify_failure | message::notify_expanded, true},
  };
  for (const Row& row : rows) {
    Case one = one_failure(smtp::reply(451, {4, 1, 1}, "text"));
    one.failed[0].action = row.action;
    one.original.envelope.recipients[0].notify = static_cast<std::uint8_t>(row.notify);
    const auto report =
        notifier.report(one.original, one.failed, {.content = one.header}, {67890}, accepted);
    EXPECT_EQ(report.has_value(), row.wanted) << static_cast<int>(row.action) << " " << row.notify;
  }
}

TEST(Notifier, ALocalAliasIsExpanded) {
  DsnNotifier notifier(settings(), [](const message::Recipient& to) {
    message::Recipient real = to;
    real.address = {"real", "x.test"};
    return std::vector{real};
  });
  const Case one = one_failure(smtp::reply(550, {5, 1, 1}, "unknown"));
  const auto report =
      notifier.report(one.original, one.failed, {.content = one.header}, {67890}, accepted);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->info.envelope.recipients[0].address.text(), "real@x.test");
  EXPECT_TRUE(report->body.contains("To: ann@x.test\r\n"));
}

}  // namespace
}  // namespace report
