// Tests of main_cf.h, master_cf.h and lines.h.
#include "import/postfix/main_cf.h"

#include <gtest/gtest.h>

#include "import/postfix/lines.h"
#include "import/postfix/master_cf.h"

namespace postfix {
namespace {

TEST(Lines, ContinueOverCommentsAndEmptyLines) {
  const auto lines =
      logical_lines("a = 1,\n# no\n\n  2\n\t3\r\n#x\nb\n   # indented comment\n c\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, "a = 1,  2\t3");
  EXPECT_EQ(lines[0].number, 1);
  EXPECT_EQ(lines[0].number_at(0), 1);
  EXPECT_EQ(lines[0].number_at(lines[0].text.size() - 1), 5);
  EXPECT_EQ(lines[1].text, "b c");
  EXPECT_EQ(lines[1].number, 7);
}

TEST(Lines, ListsKeepGroupsTogether) {
  EXPECT_EQ(list_of("a, b\tc ,{ d, e } \"f g\"h"),
            (std::vector<std::string>{"a", "b", "c", "{ d, e }", "\"f g\"h"}));
  EXPECT_TRUE(list_of(" , ").empty());
  EXPECT_EQ(list_of("{ never closed"), (std::vector<std::string>{"{ never closed"}));
  EXPECT_EQ(without_braces(" { a b } "), "a b");
  EXPECT_EQ(without_braces("a"), "a");
}

TEST(MainCf, ExpandsAsPostfixDoes) {
  const MainCf main = MainCf::read(
      "a = one\nb = $a two\nc = ${b}three\nempty =\nlevel = 3.10\n"
      "loop1 = x$loop2\nloop2 = y$loop1\nmydestination = $myhostname\nmyhostname = h.example\n"
      "  .org\n");
  struct Case {
    std::string_view raw;
    std::string_view expanded;
  };
  for (const Case& one : {Case{"$a", "one"},
                          Case{"$(a)$a.", "one"},  // a dot is part of a name
                          Case{"${a}.", "one."},
                          Case{"$c", "one twothree"},
                          Case{"$$a", "$a"},
                          Case{"$", "$"},
                          Case{"cost: $5", "cost: "},
                          Case{"$nothing-", "-"},
                          Case{"${a?yes}", "yes"},
                          Case{"${empty?yes}", ""},
                          Case{"${empty:no}", "no"},
                          Case{"${a:no}", ""},
                          Case{"${a?{$b}:{no}}", "one two"},
                          Case{"${empty?{yes}:{no $a}}", "no one"},
                          Case{"${{$a} == {one} ? {same} : {other}}", "same"},
                          Case{"${{$a} != {one} ? {same} : {other}}", "other"},
                          Case{"${{$level} <level {3.6} ? {old} : {new}}", "new"},
                          Case{"${{2} < {10} ? {number} : {text}}", "number"},
                          Case{"${unclosed", "${unclosed"},
                          Case{"$myorigin", "h.example  .org"}}) {
    EXPECT_EQ(main.expand(one.raw), one.expanded) << one.raw;
  }
  EXPECT_LT(main.value("loop1").size(), 100U);  // ends
  EXPECT_EQ(main.value("queue_directory"), "/var/spool/postfix");
  EXPECT_TRUE(main.is_used("a"));
  EXPECT_FALSE(main.is_used("c"));
}

TEST(MainCf, AnExplosionEnds) {
  std::string text = "a0 = $a1$a1$a1$a1\n";
  for (int i = 1; i < 30; ++i) {
    text += "a" + std::to_string(i) + " = ";
    for (int j = 0; j < 50; ++j) text += "$a" + std::to_string(i + 1);
    text += "\n";
  }
  EXPECT_LE(MainCf::read(text).value("a0").size(), value_bytes_max);
}

TEST(MainCf, TheLastCountsAndBrokenLinesAreKept) {
  const MainCf main = MainCf::read("a = 1\nb = 2\na = 3\nno sign\n= nothing\nbad name = 1\n");
  EXPECT_EQ(main.value("a"), "3");
  EXPECT_EQ(main.find("a")->line, 3);
  ASSERT_EQ(main.overridden().size(), 1U);
  EXPECT_EQ(main.overridden()[0].first.line, 1);
  EXPECT_EQ(main.overridden()[0].second, 3);
  EXPECT_EQ(main.broken().size(), 3U);
}

TEST(MasterCf, ReadsServicesAndTheirSettings) {
  const MasterCf master = MasterCf::read(
      "smtp inet n - y - - smtpd\n"
      "submission inet n - y - - smtpd -v\n"
      "  -o syslog_name=postfix/submission\n"
      "  # a comment\n"
      "  -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }\n"
      "  -osmtpd_tls_wrappermode=no -o empty=\n"
      "short line\n"
      "dovecot unix - n n - - pipe flags=DRhu argv=/usr/lib/dovecot/deliver -f ${sender}\n");
  ASSERT_EQ(master.services.size(), 3U);
  EXPECT_EQ(master.broken.size(), 1U);
  EXPECT_EQ(master.broken[0].line, 7);
  const Service& submission = master.services[1];
  EXPECT_EQ(submission.label(), "submission inet");
  EXPECT_EQ(submission.command, "smtpd");
  ASSERT_EQ(submission.overrides.size(), 4U);
  EXPECT_EQ(submission.overrides[1].line, 5);
  EXPECT_EQ(submission.find("smtpd_client_restrictions")->raw, "permit_sasl_authenticated, reject");
  EXPECT_EQ(submission.find("smtpd_tls_wrappermode")->raw, "no");
  EXPECT_EQ(submission.find("empty")->raw, "");
  EXPECT_EQ(submission.arguments, std::vector<std::string>{"-v"});
  EXPECT_EQ(master.services[2].overrides.size(), 0U);
  EXPECT_EQ(mail_port("submission"), 587);
  EXPECT_EQ(mail_port("10025"), 10025);
  EXPECT_FALSE(mail_port("0"));
  EXPECT_FALSE(mail_port("70000"));
  EXPECT_FALSE(mail_port("finger"));
}

}  // namespace
}  // namespace postfix
