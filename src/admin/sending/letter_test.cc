// Tests of letter.h: what JSON makes a message, and what does not.
#include "admin/sending/letter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sending {
namespace {

LetterFacts facts() {
  return {.now = base::Time(std::chrono::seconds(1'800'000'000)),
          .unique = "0123456789abcdef01234567",
          .hostname = "mail.example.org"};
}

base::Result<Letter> read(std::string_view json) {
  return read_letter(boost::json::parse({json.data(), json.size()}).get_object(), facts());
}

TEST(Letter, MakesAMessageOfItsParts) {
  const auto letter = read(R"({"from": {"email": "shop@example.org", "name": "The Shop"},
    "to": ["Jürgen <j@example.net>", {"email": "k@example.net"}], "cc": "l@example.net",
    "bcc": ["m@example.net"], "subject": "Grüße", "text": "Hallo\n", "html": "<p>Hallo</p>",
    "headers": {"X-Order": "17", "List-Unsubscribe": "<https://example.org/u>"},
    "attachments": [{"name": "a.txt", "type": "text/plain", "content": "aGVs\nbG8="}],
    "send_at": "2027-01-15T08:00:00+01:00"})");
  ASSERT_TRUE(letter) << letter.error().detail;
  EXPECT_EQ(letter->sender.text(), "shop@example.org");
  ASSERT_EQ(letter->recipients.size(), 4U);
  EXPECT_EQ(letter->recipients.back().text(), "m@example.net");
  EXPECT_TRUE(letter->send_at.has_value());
  for (const std::string_view part :
       {"From: The Shop <shop@example.org>\r\n", "X-Order: 17\r\n", "aGVsbG8=",
        "Message-ID: <0123456789abcdef01234567@example.org>\r\n", "Cc: l@example.net\r\n"}) {
    EXPECT_NE(letter->message.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(letter->message.find("m@example.net"), std::string::npos) << "nobody sees Bcc";
}

TEST(Letter, TakesAWholeMessage) {
  const auto letter =
      read(R"({"from": "shop@example.org", "to": ["an@example.net"], "message": "A: b\n\nc"})");
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->message, "A: b\r\n\r\nc");
  const auto bounce = read(R"({"from": "", "to": ["an@example.net"], "message": "A: b\n\nc"})");
  ASSERT_TRUE(bounce);
  EXPECT_TRUE(bounce->sender.is_null());
}

std::string wishes(std::string_view more) {
  const auto letter = read(
      fmt::format(R"({{"from": "a@b.test", "to": "c@d.test", "message": "A: b\n\nc", {}}})", more));
  if (!letter) return letter.error().detail;
  const Wishes& got = letter->wishes;
  return fmt::format("{} {} {} {} {}", got.priority,
                     got.by ? smtp::by_text({got.by->mode, got.by->trace,
                                             base::Time(std::chrono::seconds(got.by->seconds))},
                                            base::Time())
                            : "-",
                     got.notify, static_cast<int>(got.ret), got.envid);
}

TEST(Letter, AsksForWhatAMailClientMayAsk) {
  EXPECT_EQ(wishes(R"("priority": -3)"), "-3 - 0 0 ");
  EXPECT_EQ(wishes(R"("priority": "9", "deliver_within": "60")"), "9 60;N 0 0 ");
  EXPECT_EQ(wishes(R"("deliver_within": 60, "at_deadline": "return", "trace": true)"),
            "0 60;RT 0 0 ");
  EXPECT_EQ(wishes(R"("notify": ["success", "delay"], "ret": "full", "envid": "order-7")"),
            "0 - 10 1 order-7");
  EXPECT_EQ(wishes(R"("notify": "never", "ret": "headers")"), "0 - 1 2 ");
  for (const std::string_view wrong :
       {R"("priority": 10)", R"("priority": 1.5)", R"("priority": "")", R"("deliver_within": 0)",
        R"("deliver_within": 1000000000)", R"("at_deadline": "return")", R"("trace": true)",
        R"("deliver_within": 5, "at_deadline": "R")", R"("deliver_within": 5, "trace": 1)",
        R"("notify": "never,success")", R"("notify": ["often"])", R"("notify": 1)",
        R"("ret": "all")", R"("envid": "a b")", R"("envid": "")", R"("envid": "a+b")"}) {
    EXPECT_EQ(wishes(wrong).front(), '"') << wrong << ": " << wishes(wrong);
  }
}

TEST(Letter, DomainsBecomeALabels) {
  const auto letter = read(R"({"from": "a@example.org", "to": "b@bücher.example", "text": "x"})");
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->recipients.front().domain, "xn--bcher-kva.example");
}

TEST(Letter, RefusesWhatItCannotMean) {
  const struct {
    std::string_view json;
    std::string_view word;
  } cases[] = {
      {R"({})", "recipient"},
      {R"({"to": "a@b.test"})", "from"},
      {R"({"from": "a@b.test"})", "recipient"},
      {R"({"from": "a@b.test", "to": []})", "recipient"},
      {R"({"from": "a@b.test", "to": "no address"})", "\"to\""},
      {R"({"from": "a@b.test", "to": "ü@b.test"})", "SMTPUTF8"},
      {R"({"from": "a@b.test", "to": 7})", "addresses"},
      {R"({"from": "a@b.test", "to": "a@b.test\r\nRCPT TO:<c@d.test>"})", "\"to\""},
      {R"({"from": "a@b.test", "to": "a@b.test", "subjct": "x"})", "subjct"},
      {R"({"from": "a@b.test", "to": "a@b.test", "subject": "x\r\nBcc: e@f.test"})", "line ends"},
      {R"({"from": "a@b.test", "to": "a@b.test", "headers": {"Bcc": "e@f.test"}})", "Bcc"},
      {R"({"from": "a@b.test", "to": "a@b.test", "headers": {"Received": "x"}})", "Received"},
      {R"({"from": "a@b.test", "to": "a@b.test", "headers": {"X-A": "b\nX-C: d"}})", "line ends"},
      {R"({"from": "a@b.test", "to": "a@b.test", "headers": {"X-A:b\r\nC": "d"}})", "headers"},
      {R"({"from": "a@b.test", "to": "a@b.test", "headers": {"X-Spam-Flag": "no"}})", "X-Spam"},
      {R"({"from": "a@b.test", "to": "a@b.test", "headers": {"References": "<ü>"}})", "ASCII"},
      {R"({"from": "a@b.test", "to": "a@b.test", "attachments": [{"content": "%"}]})", "base64"},
      {R"({"from": "a@b.test", "to": "a@b.test", "attachments": [{"type": "message/rfc822",
         "content": ""}]})",
       "media type"},
      {R"({"from": "a@b.test", "to": "a@b.test", "message": "x", "text": "y"})", "beside"},
      {R"({"from": "a@b.test", "to": "a@b.test", "send_at": "tomorrow"})", "send_at"},
  };
  for (const auto& one : cases) {
    const auto letter = read(one.json);
    ASSERT_FALSE(letter) << one.json;
    EXPECT_EQ(letter.error().kind, base::ErrorKind::invalid);
    EXPECT_NE(letter.error().detail.find(one.word), std::string::npos)
        << one.json << ": " << letter.error().detail;
  }
}

TEST(Letter, HasLimits) {
  boost::json::object fields{{"from", "a@b.test"}, {"to", boost::json::array()}, {"text", "x"}};
  for (int i = 0; i < 1'001; ++i) fields["to"].get_array().emplace_back("a@b.test");
  EXPECT_FALSE(read_letter(fields, facts()));
  fields["to"] = "a@b.test";
  fields["subject"] = std::string(9'000, 'x');
  EXPECT_FALSE(read_letter(fields, facts()));
}

}  // namespace
}  // namespace sending
