// Tests of table.h, aliases.h, dovecot_passwd.h and lists.h.
#include "import/postfix/table.h"

#include "import/postfix/aliases.h"
#include "import/postfix/dovecot_passwd.h"
#include "import/postfix/fixture_test.h"
#include "import/postfix/lists.h"

namespace postfix {
namespace {

TEST(Table, PatternsThatStandForOneAddressOrADomain) {
  struct Case {
    std::string_view pattern;
    std::string_view key;  // empty: more than that
  };
  for (const Case& one :
       {Case{R"(^info@example\.org$)", "info@example.org"},
        Case{R"(^a\+b-c_d@example\.org$)", "a+b-c_d@example.org"},
        Case{R"(@example\.org$)", "@example.org"}, Case{R"(^(.*)@example\.org$)", "@example.org"},
        Case{R"(^.+@example\.org$)", "@example.org"},
        Case{R"(^([^@]+)@example\.org$)", "@example.org"}, Case{R"(^example\.org$)", "example.org"},
        Case{R"(^info@example.org$)", ""},  // . is any character
        Case{R"(info@example\.org$)", ""},  // myinfo@…
        Case{R"(^info@example\.org)", ""},  // ….org.evil
        Case{R"(^info@example\.org\$)", ""}, Case{R"(^(a|b)@example\.org$)", ""},
        Case{R"(^list-\d+@example\.org$)", ""}, Case{"", ""}, Case{"$", ""}, Case{"^$", ""},
        Case{"^.*@$", ""}}) {
    EXPECT_EQ(read_pattern(one.pattern).value_or(""), one.key) << one.pattern;
  }
}

TEST(Table, ReadsTextsOfIndexesAndPatterns) {
  Texts texts;
  texts.files["/t"] = "# x\nkey  value of, it\n \"quoted key\" v\nalone\n";
  texts.files["/p"] =
      "/^a@b\\.example$/i  c@d.example\n/^(.*)@old\\.example$/ ${1}@new.example\n"
      "/^x(.*)@b\\.example$/ $1@d.example\n/open\n!/a/ b\nif /a/\n#\nendif\n";
  const Table indexed = read_table("hash:/t", texts);
  ASSERT_EQ(indexed.entries.size(), 2U);  // a line that begins with a space continues
  EXPECT_EQ(indexed.entries[0].key, "key");
  EXPECT_EQ(indexed.entries[0].value, "value of, it \"quoted key\" v");
  EXPECT_EQ(indexed.entries[1].key, "alone");
  EXPECT_EQ(indexed.entries[1].place.line, 4);
  const Table patterns = read_table("proxy:pcre:/p", texts);
  ASSERT_EQ(patterns.entries.size(), 2U);
  EXPECT_EQ(patterns.entries[1].key, "@old.example");
  EXPECT_EQ(patterns.entries[1].value, "@new.example");
  EXPECT_EQ(patterns.unread.size(), 5U);
}

TEST(Table, SaysWhatItCannotRead) {
  const Texts texts;
  for (const std::string_view name : {"hash:/missing", "mysql:/etc/postfix/x.cf", "ldap:x",
                                      "unionmap:{a,b}", "pipemap:{a}", "strange:x", "nothing"}) {
    const Table table = read_table(name, texts);
    EXPECT_FALSE(table.problem.empty()) << name;
    EXPECT_TRUE(table.entries.empty()) << name;
  }
  EXPECT_NE(read_table("mysql:/x", texts).problem.find("database"), std::string::npos);
  EXPECT_EQ(read_table("static:5000", texts).entries[0].value, "5000");
  const Table in_line = read_table("inline:{ a=b, { c@d = e f } }", texts);
  ASSERT_EQ(in_line.entries.size(), 2U);
  EXPECT_EQ(in_line.find("C@D")->value, "e f");
}

TEST(Tables, APatternThatStandsForSomeNames) {
  Texts texts;
  texts.files["/p"] =
      "/^(info|sales)@x\\.example$/ $1@y.example, ${1}-archive@y.example\n"
      "/^(a|b)@(c|d)\\.example$/ z@y.example\n/^(a.*|b)@x\\.example$/ z@y.example\n"
      "/^(.*)@z\\.example$/ $1@y.example\n/^news\\(a|b\\)@x\\.example$/ z@y.example\n"
      "/^(ann|bo)@w\\.example$/ $2@y.example\n";
  const Table table = read_table("pcre:/p", texts);
  std::string seen;
  for (const Entry& one : table.entries) seen += fmt::format("{}: {}\n", one.key, one.value);
  EXPECT_EQ(seen,
            "info@x.example: info@y.example, info-archive@y.example\n"
            "sales@x.example: sales@y.example, sales-archive@y.example\n"
            "@z.example: @y.example\n");
  std::vector<int> unread;
  for (const UnreadLine& one : table.unread) unread.push_back(one.place.line);
  EXPECT_EQ(unread, (std::vector<int>{2, 3, 5, 6}));
}

TEST(Aliases, ReadsValuesAndRefusesPrograms) {
  Texts texts;
  texts.files["/list"] = "# members\na@b.example, c\n:include:/list\n";
  const AliasesFile file = read_aliases(
      {.file = "aliases",
       .text = "Root: jane\nteam: a, \"b c\"@d.example,\n   e\nprog: \"|/bin/x -a, b\", jane\n"
               "file: /var/mail/x\n\"odd:name\": x\nlist: :include:/list\ngone: :include:/no\n"
               "no colon\nself: \\self\n"},
      texts);
  ASSERT_EQ(file.aliases.size(), 6U);
  EXPECT_EQ(file.aliases[0].name, "root");
  EXPECT_EQ(file.aliases[1].targets, (std::vector<std::string>{"a", "\"b c\"@d.example", "e"}));
  EXPECT_EQ(file.aliases[2].name, "prog");
  EXPECT_EQ(file.aliases[2].targets, std::vector<std::string>{"jane"});
  EXPECT_EQ(file.aliases[3].name, "odd:name");
  EXPECT_EQ(file.aliases[4].targets[0], "a@b.example");
  EXPECT_EQ(file.aliases[5].targets, std::vector<std::string>{"self"});
  ASSERT_EQ(file.refused.size(), 5U);
  EXPECT_EQ(file.refused[0].value, "|/bin/x -a, b");
  EXPECT_EQ(file.refused[0].place.line, 4);
  EXPECT_EQ(file.refused[1].value, "/var/mail/x");
  EXPECT_EQ(file.refused[4].place.line, 9);
}

TEST(DovecotPasswd, KeepsWhatCanBeKept) {
  struct Case {
    std::string_view line;
    bool verifier;
    bool password;
  };
  constexpr std::string_view scram =
      "a@b.example:{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,"
      "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
      ":1:2:Ann B,room 3:/home::";
  for (const Case& one :
       {Case{scram, true, false}, Case{"a:{SCRAM-SHA-256}4096,x,y,z", false, false},
        Case{"a:{SCRAM-SHA-256}", false, false}, Case{"a:{plain}se cret::::::", false, true},
        Case{"a:{CLEARTEXT}x", false, true}, Case{"a:{PLAIN}", false, false},
        Case{"a:{SHA512-CRYPT}$6$x$y", false, false}, Case{"a:{SSHA256.b64}xyz", false, false},
        Case{"a:$1$x$y", false, false}, Case{"a:*", false, false}, Case{"a", false, false}}) {
    const PasswdLine line = read_passwd_line(one.line);
    EXPECT_EQ(!line.verifier.empty(), one.verifier) << one.line;
    EXPECT_EQ(!line.password.empty(), one.password) << one.line;
    EXPECT_EQ(line.problem.empty(), one.verifier || one.password) << one.line;
  }
  EXPECT_EQ(read_passwd_line(scram).full_name, "Ann B");
  EXPECT_EQ(read_passwd_line("a:{plain}se cret::::::").password, "se cret");
}

TEST(Lists, CodesOfPostfixBecomeOurs) {
  using Codes = std::vector<std::string>;
  EXPECT_EQ(codes_of("127.0.0.2").value_or(Codes{}), Codes{"127.0.0.2"});
  EXPECT_EQ(codes_of("127.0.0.[2..11]").value_or(Codes{}), Codes{"127.0.0.2-11"});
  EXPECT_EQ(codes_of("127.0.[0..255].[1;3..4]").value_or(Codes{}),
            (Codes{"127.0.*.1", "127.0.*.3-4"}));
  for (const std::string_view bad : {"", "127.0.0", "127.0.0.256", "127.0.0.[9..2]", "127.0.0.x",
                                     "127.0.0.[", "1.2.3.4.5", "127.0.0.[]"}) {
    EXPECT_FALSE(codes_of(bad)) << bad;
  }
}

}  // namespace
}  // namespace postfix
