// Tests of deliver_by.h, and of what MAIL and EHLO say of deadlines and priorities.
#include "lib/smtp/deliver_by.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/smtp/command.h"
#include "lib/smtp/command_writer.h"

namespace smtp {
namespace {

using Mode = message::DeliverBy::Mode;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

const base::Time now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};

Extensions both() {
  Extensions offered;
  offered.mt_priority = true;
  offered.deliver_by = 60;
  return offered;
}

std::string refusal(std::string_view parameter) {
  const auto params = parse_mail(std::string("FROM:<a@b.example> ").append(parameter), both());
  return params ? "" : params.error().text().substr(0, 9);
}

TEST(DeliverBy, TheGrammar) {
  const auto by = parse_by("120;R");
  ASSERT_TRUE(by);
  EXPECT_EQ(by->seconds, 120);
  EXPECT_EQ(by->mode, Mode::give_back);
  EXPECT_FALSE(by->trace);
  EXPECT_EQ(parse_by("-5;nT")->seconds, -5);
  EXPECT_EQ(parse_by("-5;nT")->mode, Mode::notify);
  EXPECT_TRUE(parse_by("-5;nT")->trace);
  EXPECT_EQ(parse_by("+999999999;rt")->seconds, by_seconds_max);
  for (const char* bad : {"", "120", "120;", ";R", "R", "120;X", "120;RX", "120;RTT", "120;T",
                          "1000000000;R", "--1;N", "+-1;N", " 1;N", "1 ;N", "0x1;N", "1;R;T"}) {
    EXPECT_FALSE(parse_by(bad)) << bad;
  }
}

TEST(DeliverBy, WhatMailMaySay) {
  EXPECT_EQ(refusal("BY=120;R"), "");
  EXPECT_EQ(refusal("by=0;n"), "");
  EXPECT_EQ(refusal("BY=0;R"), "501 5.5.4");
  EXPECT_EQ(refusal("BY=-1;R"), "501 5.5.4");
  EXPECT_EQ(refusal("BY"), "501 5.5.4");
  EXPECT_EQ(refusal("BY=120"), "501 5.5.4");
  EXPECT_EQ(refusal("BY=120;R BY=120;R"), "501 5.5.4");
  EXPECT_EQ(parse_mail("FROM:<a@b.example> BY=1;N", Extensions()).error().code, 555);
}

TEST(DeliverBy, TheDeadline) {
  const ByRules rules{.seconds_min = 60, .release_at = {}};
  const auto made = deliver_by({120, Mode::give_back, true}, rules, now);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->deadline, now + 120s);
  EXPECT_TRUE(made->trace);
  EXPECT_FALSE(made->lapsed(now + 119s));
  EXPECT_TRUE(made->lapsed(now + 120s));
  EXPECT_TRUE(deliver_by({60, Mode::give_back, false}, rules, now));
  EXPECT_EQ(deliver_by({59, Mode::give_back, false}, rules, now).error().text().substr(0, 9),
            "501 5.5.4");
  // The least time is of R alone, and who is only to be told never lapses.
  const auto told = deliver_by({-5, Mode::notify, false}, rules, now);
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->lapsed(now + 120s));
  // RFC 4865: what may not go before its time is over could never be in time.
  const ByRules later{.seconds_min = 0, .release_at = now + 120s};
  EXPECT_FALSE(deliver_by({120, Mode::notify, false}, later, now));
  EXPECT_TRUE(deliver_by({121, Mode::give_back, false}, later, now));
}

TEST(DeliverBy, WhatIsLeftGoesOn) {
  message::Envelope envelope;
  envelope.sender = {"a", "b.example"};
  envelope.by = {.mode = Mode::give_back, .trace = true, .deadline = now + 120s};
  EXPECT_EQ(mail_line(envelope, 1, both(), now), "MAIL FROM:<a@b.example> BY=120;RT\r\n");
  EXPECT_EQ(mail_line(envelope, 1, both(), now + 1ms), "MAIL FROM:<a@b.example> BY=119;RT\r\n");
  envelope.by.mode = Mode::notify;
  envelope.by.trace = false;
  EXPECT_EQ(mail_line(envelope, 1, both(), now + 130s), "MAIL FROM:<a@b.example> BY=-10;N\r\n");
  EXPECT_EQ(mail_line(envelope, 1, Extensions(), now), "MAIL FROM:<a@b.example>\r\n");
}

TEST(DeliverBy, WhoMustNotGetIt) {
  message::DeliverBy by{.mode = Mode::give_back, .trace = false, .deadline = now + 120s};
  EXPECT_FALSE(too_late(by, 0, now));
  EXPECT_FALSE(too_late(by, 120, now));
  EXPECT_TRUE(too_late(by, 121, now));
  EXPECT_TRUE(too_late(by, 0, now + 120s));
  EXPECT_TRUE(too_late(by, std::nullopt, now));
  EXPECT_EQ(too_late(by, std::nullopt, now)->text().substr(0, 9), "554 5.4.7");
  by.mode = Mode::notify;
  EXPECT_FALSE(too_late(by, std::nullopt, now + 300s));
}

TEST(Priority, WhatMailMaySay) {
  for (int value = -9; value <= 9; ++value) {
    const auto params =
        parse_mail("FROM:<a@b.example> MT-PRIORITY=" + std::to_string(value), both());
    ASSERT_TRUE(params) << value;
    EXPECT_EQ(params->priority, value);
  }
  for (const char* bad : {"MT-PRIORITY", "MT-PRIORITY=", "MT-PRIORITY=10", "MT-PRIORITY=-10",
                          "MT-PRIORITY=+3", "MT-PRIORITY=-0", "MT-PRIORITY=-", "MT-PRIORITY=03",
                          "MT-PRIORITY=x", "MT-PRIORITY=1 MT-PRIORITY=1"}) {
    EXPECT_EQ(refusal(bad), "501 5.5.4") << bad;
  }
  EXPECT_EQ(parse_mail("FROM:<a@b.example> MT-PRIORITY=1", Extensions()).error().code, 555);
}

TEST(Priority, GoesOnWhereItIsKnown) {
  message::Envelope envelope;
  envelope.sender = {"a", "b.example"};
  envelope.priority = -4;
  EXPECT_EQ(mail_line(envelope, 1, both(), now), "MAIL FROM:<a@b.example> MT-PRIORITY=-4\r\n");
  EXPECT_EQ(mail_line(envelope, 1, Extensions(), now), "MAIL FROM:<a@b.example>\r\n");
  envelope.priority = 0;
  EXPECT_EQ(mail_line(envelope, 1, both(), now), "MAIL FROM:<a@b.example>\r\n");
}

TEST(Ehlo, DeadlinesAndPriorities) {
  const Extensions offered = both();
  const std::vector<std::string> lines = ehlo_lines(offered);
  EXPECT_EQ(lines, (std::vector<std::string>{"MT-PRIORITY", "DELIVERBY 60"}));
  Reply reply{.code = 250, .enhanced = {}, .lines = {"mx"}};
  for (const std::string& line : lines) reply.lines.push_back(line);
  EXPECT_EQ(parse_ehlo(reply), offered);
  // Postfix and others may name a policy; without a number there is no least time.
  reply.lines = {"mx", "MT-PRIORITY MIXER", "DELIVERBY"};
  EXPECT_TRUE(parse_ehlo(reply).mt_priority);
  EXPECT_EQ(parse_ehlo(reply).deliver_by, 0U);
  reply.lines = {"mx"};
  EXPECT_FALSE(parse_ehlo(reply).deliver_by);
}

}  // namespace
}  // namespace smtp
