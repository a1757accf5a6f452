// Tests of what a submission server does to a header.
#include "lib/message/submission.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/message/content.h"
#include "lib/message/header.h"

namespace message {
namespace {

const SubmissionFacts facts = {.now = base::Time(std::chrono::seconds(1'795'442'400)),
                               .zone = std::chrono::minutes(0),
                               .id = "01abc",
                               .host = "mx.demo.test",
                               .account = "you@demo.test",
                               .domain = "demo.test"};
constexpr std::string_view date = "Date: Mon, 23 Nov 2026 14:00:00 +0000\r\n";
constexpr std::string_view from = "From: you@demo.test\r\n";
constexpr std::string_view id = "Message-ID: <01abc@mx.demo.test>\r\n";

// The message after its way through the edits, as session/data.cc does it.
std::string completed(std::string_view message, const SubmissionFacts& with = facts) {
  HeaderScanner scanner;
  scanner.feed(message);
  Content content = Content::whole(message.size());
  std::vector<Edit> edits = complete_header(scanner.header(), with).edits;
  if (auto separator = missing_separator(scanner.header())) edits.push_back(*separator);
  content.apply(edits);
  return content.assemble(message);
}

std::string text(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

TEST(Submission, WhatIsMissingIsAddedInFront) {
  EXPECT_EQ(completed("Subject: a\r\n\r\nbody\r\n"),
            text({date, from, id, "Subject: a\r\n\r\nbody\r\n"}));
  const std::string whole = text({"DATE: x\r\nfrom: a@b\r\nmessage-id : <1>\r\n", "\r\nbody\r\n"});
  EXPECT_EQ(completed(whole), whole);
  EXPECT_EQ(completed(text({date, id, "\r\nx\r\n"})), text({from, date, id, "\r\nx\r\n"}));
  // A field that says nothing is as good as none.
  EXPECT_EQ(completed("Date:\r\nFrom: \r\n \r\nMessage-ID:\t\r\nX: y\r\n\r\n"),
            text({date, from, id, "X: y\r\n\r\n"}));
  SubmissionFacts nobody = facts;
  nobody.account.clear();
  EXPECT_EQ(completed("From:\r\n\r\n", nobody), text({date, id, "From:\r\n\r\n"}));
}

TEST(Submission, ADateMayHaveAZone) {
  SubmissionFacts east = facts;
  east.zone = std::chrono::minutes(90);
  EXPECT_NE(completed("\r\n", east).find("Mon, 23 Nov 2026 15:30:00 +0130"), std::string::npos);
  east.zone = std::chrono::minutes(-15 * 60);
  EXPECT_NE(completed("\r\n", east).find("Sun, 22 Nov 2026 23:00:00 -1500"), std::string::npos);
}

TEST(Submission, WhatNobodyElseMaySeeGoes) {
  const std::string rest = text({date, from, id});
  EXPECT_EQ(completed(text({"Bcc: a@b\r\n", rest, "BCC : c@d,\r\n\te@f,\r\n  g@h\r\n",
                            "Resent-Bcc: x@y\r\nReturn-Path: <z@z>\r\nSubject: s\r\n",
                            "bcc:\r\n\r\nBcc: in the body\r\n"})),
            text({rest, "Subject: s\r\n\r\nBcc: in the body\r\n"}));
  EXPECT_EQ(completed("Bcc: a@b\r\n"), text({date, from, id}));
}

TEST(Submission, HeadersOfAnyShape) {
  const std::string added = text({date, from, id});
  struct Case {
    std::string_view message;
    std::string_view becomes;  // behind what is added
  };
  constexpr Case cases[] = {
      {"", ""},
      {"\r\n", "\r\n"},
      {"\r\nbody\r\n", "\r\nbody\r\n"},
      {"hello world\r\nno header\r\n", "\r\nhello world\r\nno header\r\n"},
      {"   \r\n  \r\n", "\r\n   \r\n  \r\n"},
      {" Bcc: a\r\n\r\n", "\r\n Bcc: a\r\n\r\n"},
      {"Subject: only\r\n", "Subject: only\r\n"},
      {"Subject: a\r\nhello all\r\nBcc: text\r\n\r\nmore\r\n",
       "Subject: a\r\n\r\nhello all\r\nBcc: text\r\n\r\nmore\r\n"},
      {"A: b\r\n \r\nc: d\r\n\r\n", "A: b\r\n \r\nc: d\r\n\r\n"},
      {"From a@b Mon Nov 23 12:00:00 2026\r\nSubject: a\r\n\r\nx\r\n", "Subject: a\r\n\r\nx\r\n"},
      {"From a@b Mon Nov 23\r\nhello\r\n", "\r\nFrom a@b Mon Nov 23\r\nhello\r\n"},
      {": no name\r\n\r\n", "\r\n: no name\r\n\r\n"},
      {"S\xc3\xbc: no name\r\n\r\n", "\r\nS\xc3\xbc: no name\r\n\r\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(completed(c.message), added + std::string(c.becomes));
}

TEST(Submission, LostBcc) {
  struct Case {
    std::string_view header;
    std::size_t line;
  };
  constexpr Case cases[] = {
      {"", 0},
      {"Bcc: a\r\nX: y\r\n", 0},
      {"Bcc : a\r\nX: y\r\n", 0},
      {"X: y\r\nGarbage\r\nSubject: Bcc: a\r\nWho said bcc: nobody\r\n", 0},
      {"X: y\r\nGarbage line\r\nBcc: a\r\nSubject: s\r\n", 2},
      {"X: y\r\n z\r\nGarbage line\r\nY: z\r\nresent-bcc : a", 3},
      {"Bcc\r\n : a\r\n", 1},
      {"X: y\r\nBcc\x0b: a\r\n", 2},
      {" Bcc: a\r\n", 1},
      {"Garbage\r\n Bcc: a\r\n", 1},
  };
  for (const Case& c : cases) EXPECT_EQ(line_before_lost_bcc(c.header), c.line) << c.header;
  EXPECT_EQ(completed(text({date, from, id, "Bcc : spy@x.test\r\nSubject: s\r\n"})),
            text({date, from, id, "Subject: s\r\n"}));
}

TEST(Submission, DomainsAreCompleted) {
  struct Case {
    std::string_view list;
    std::string_view becomes;  // "": stays
  };
  constexpr Case cases[] = {
      {"bob", "bob@d.test"},
      {" bob", " bob@d.test"},
      {"bob.b, al@x, carol", "bob.b@d.test, al@x, carol@d.test"},
      {"Bob <bob>", "Bob <bob@d.test>"},
      {"Bob <bob>,\r\n \"A, B\" <a@b>,\r\n <carol> (\\(x)",
       "Bob <bob@d.test>,\r\n \"A, B\" <a@b>,\r\n <carol@d.test> (\\(x)"},
      {"\"bob b\"", "\"bob b\"@d.test"},
      {"bob (the one) ", "bob@d.test (the one) "},
      {"team: bob, <al>, x@y;, carol", "team: bob@d.test, <al@d.test>, x@y;, carol@d.test"},
      {"undisclosed-recipients:;", ""},
      {"undisclosed-recipients: ;", ""},
      {"", ""},
      {",,", ""},
      {"Bob Builder", ""},
      {"Bob <>", ""},
      {"bob@x", ""},
      {"bob @ x", ""},
      {"<@a,@b:c@d>", ""},
      {"a@[192.0.2.1]", ""},
      {"[192.0.2.1]", ""},
      {"=?utf-8?q?b?=", ""},
      {"j\xc3\xbcrgen", ""},
      {"bob (unended", ""},
      {"bob <al", ""},
      {"bob \"al", ""},
      {"bob>", ""},
      {"a <<b>>", ""},
  };
  for (const Case& c : cases) {
    const auto done = with_domain(c.list, "d.test");
    EXPECT_EQ(done.has_value(), !c.becomes.empty()) << c.list;
    if (done) EXPECT_EQ(done->text, c.becomes);
  }
  EXPECT_FALSE(with_domain("bob", ""));
  EXPECT_FALSE(with_domain(std::string(65, 'x'), "d.test"));
}

TEST(Submission, CompletedAuthorsAreTold) {
  const auto done = complete_header(
      "From: \"A\" <al>\r\nSender: bo@x\r\nResent-From: cy\r\nTo: di, ed\r\n", facts);
  EXPECT_EQ(done.authors, (std::vector<std::string>{"al@demo.test", "cy@demo.test"}));
  ASSERT_EQ(done.edits.size(), 4U);
  EXPECT_EQ(done.edits[1].bytes, "From: \"A\" <al@demo.test>\r\n");
  EXPECT_EQ(done.edits[3].bytes, "To: di@demo.test, ed@demo.test\r\n");
}

TEST(Submission, LongLinesAreFoldedAtWhiteSpace) {
  std::string references = "References:";
  for (int i = 0; i < 200; ++i) references += " <" + std::to_string(i) + "@example.org>";
  references += "\r\n";
  const std::string rest = text({date, from, id});
  const std::string got = completed(rest + references + "\r\n");
  std::size_t longest = 0;
  std::string unfolded;
  for (std::size_t at = 0; at < got.size();) {
    const std::size_t end = got.find("\r\n", at);
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  EXPECT_LE(longest, text_line_bytes_max);
  const auto fields = read_header(got);
  EXPECT_EQ(unfold(find_field(fields, "References")->value) + "\r\n", references.substr(12));
  // Nothing to break at, and nothing but spaces.
  for (const std::string& stays :
       {"X: " + std::string(2000, 'x') + "\r\n", "Y:" + std::string(2000, ' ') + "\r\n"}) {
    const std::string became = completed(rest + stays + "\r\n");
    EXPECT_EQ(unfold(read_header(became).back().value), unfold(read_header(stays).back().value));
    for (const FieldView& field : read_header(became)) EXPECT_FALSE(field.name.empty());
  }
}

TEST(Submission, AHugeHeaderIsDoneInOnePass) {
  std::string message;
  for (int i = 0; i < 20'000; ++i) message += "Bcc:\r\nX: y\r\n";
  const std::string got = completed(message + "\r\nbody\r\n");
  EXPECT_EQ(got.find("Bcc"), std::string::npos);
  EXPECT_EQ(got.size(), text({date, from, id}).size() + 20'000 * 6 + 8);
}

}  // namespace
}  // namespace message
