// Tests of report/: what is told because of a deadline (RFC 2852); reports are as urgent as what
// they are about (RFC 6710).
#include <gtest/gtest.h>

#include <memory>

#include "report/dsn.h"
#include "report/dsn_text.h"
#include "report/notifier.h"

namespace report {
namespace {

using queue::Action;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;

const base::Time accepted{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 14h};

class DeliverByReport : public testing::Test {
 protected:
  DeliverByReport() {
    settings->hostname = "mail.x.test";
    original.id = {12345};
    original.accepted = accepted;
    original.envelope.sender = {"ann", "x.test"};
    original.envelope.recipients.push_back(
        {.address = {"bob", "example.net"}, .original = {"bob", "example.net"}, .orcpt = {}});
    original.envelope.by = {
        .mode = message::DeliverBy::Mode::give_back, .trace = false, .deadline = accepted + 10min};
    told.attempt = {.when = accepted,
                    .remote = "mx1.example.net [192.0.2.7]:25",
                    .reply = smtp::reply(452, {4, 2, 2}, "mailbox full")};
    told.by = true;
  }
  // Without folds.
  std::string write() {
    const std::vector<queue::ReportedRecipient> all = {told};
    std::string text = write_dsn(*settings, {.original = original,
                                             .told = all,
                                             .quoted = {.content = "Subject: x\r\n\r\n"},
                                             .id = {67890},
                                             .now = accepted + 11min})
                           .message;
    std::string out;
    bool space = false;
    for (const char c : text) {
      if (c == '\r' || c == '\n' || c == ' ') {
        space = true;
        continue;
      }
      if (std::exchange(space, false)) out += ' ';
      out += c;
    }
    return out;
  }
  bool is_sent() {
    return DsnNotifier(settings)
        .report(original, {told}, {.content = "Subject: x\r\n\r\n"}, {1}, accepted)
        .has_value();
  }

  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  queue::MessageInfo original;
  queue::ReportedRecipient told;
};

TEST_F(DeliverByReport, WhatComesBack) {
  told.expired = true;
  const std::string text = write();
  EXPECT_TRUE(
      text.contains("It was to be delivered by Mon, 23 Nov 2026 14:10:00 +0000, or not at "
                    "all."))
      << text;
  EXPECT_TRUE(text.contains("452 4.2.2 mailbox full"));
  EXPECT_TRUE(text.contains("by the time that was set for it."));
  EXPECT_TRUE(text.contains("Action: failed Status: 5.4.7 "));
  EXPECT_TRUE(text.contains("Deliver-By-Date: Mon, 23 Nov 2026 14:10:00 +0000 "));
  EXPECT_FALSE(text.contains("We tried for"));
}

TEST_F(DeliverByReport, WhatIsLate) {
  original.envelope.by.mode = message::DeliverBy::Mode::notify;
  told.action = Action::delayed;
  told.retry_until = accepted + 24h;
  const std::string text = write();
  EXPECT_TRUE(text.contains("It was to be delivered by Mon, 23 Nov 2026 14:10:00 +0000. ")) << text;
  EXPECT_TRUE(text.contains("Action: delayed Status: 4.4.7 "));
  EXPECT_TRUE(text.contains("Will-Retry-Until: Tue, 24 Nov 2026 14:00:00 +0000 "));
}

TEST_F(DeliverByReport, WhatWentOn) {
  told.action = Action::relayed;
  told.attempt.reply = smtp::reply(250, {2, 0, 0}, "queued");
  EXPECT_TRUE(write().contains("does not know that it is to be delivered by")) << write();
  told.by_kept = true;
  EXPECT_TRUE(write().contains("and knows that it is to be delivered by Mon, 23 Nov"));
  EXPECT_TRUE(write().contains("Action: relayed Status: 2.0.0 "));
  // It was asked for by BY, not by NOTIFY.
  EXPECT_TRUE(is_sent());
  original.envelope.recipients[0].notify = message::notify_failure;
  EXPECT_TRUE(is_sent());
  original.envelope.recipients[0].notify = message::notify_never;
  EXPECT_FALSE(is_sent());
}

TEST_F(DeliverByReport, AServerThatWouldNotKeepIt) {
  told.by = false;
  told.attempt.reply = smtp::reply(554, {5, 4, 7}, "it does not offer DELIVERBY");
  EXPECT_TRUE(write().contains("by the time that was set for it.")) << write();
  original.envelope.by = {};
  EXPECT_FALSE(write().contains("by the time that was set for it."));
  EXPECT_FALSE(write().contains("Deliver-By-Date"));
}

TEST_F(DeliverByReport, IsAsUrgentAsItsMessage) {
  original.envelope.priority = 5;
  const auto report =
      DsnNotifier(settings).report(original, {told}, {.content = ""}, {1}, accepted);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->info.envelope.priority, 5);
  EXPECT_FALSE(report->info.envelope.by.given());
}

}  // namespace
}  // namespace report
