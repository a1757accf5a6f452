// Tests of notice.h: what the server's own mails look like.
#include "session/notice.h"

#include <gtest/gtest.h>

#include "lib/message/header.h"

namespace session {
namespace {

const base::Time now{std::chrono::hours(24 * 365 * 56)};

policy::Notice notice(std::string subject, std::string text) {
  return {.to = message::parse_address("you@demo.test").value(),
          .subject = std::move(subject),
          .text = std::move(text)};
}

TEST(Notice, IsAWholeMessageThatNoRobotAnswers) {
  const std::string text =
      notice_text(notice("Mail is held", "one\ntwo\n"), "35abc", "mx.demo.test", now);
  const auto fields = message::read_header(text);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"From", "Mail server <postmaster@demo.test>"},
           {"To", "<you@demo.test>"},
           {"Subject", "Mail is held"},
           {"Auto-Submitted", "auto-generated"},
           {"Content-Type", "text/plain; charset=us-ascii"}}) {
    const auto* field = message::find_field(fields, name);
    ASSERT_NE(field, nullptr) << name;
    EXPECT_EQ(message::unfold(field->value), value) << name;
  }
  EXPECT_NE(message::find_field(fields, "Date"), nullptr);
  EXPECT_NE(message::find_field(fields, "Message-ID"), nullptr);
  EXPECT_TRUE(text.ends_with("\r\n\r\none\r\ntwo\r\n"));
}

TEST(Notice, NothingInItsSubjectBecomesAField) {
  const std::string text =
      notice_text(notice("a\r\nBcc: x@far.test", "ü\n"), "35abc", "mx.demo.test", now);
  EXPECT_EQ(message::find_field(message::read_header(text), "Bcc"), nullptr);
  EXPECT_NE(text.find("charset=utf-8"), std::string::npos);
}

}  // namespace
}  // namespace session
