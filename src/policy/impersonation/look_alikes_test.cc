// Tests of look_alikes.h and domain_parts.h.
#include "policy/impersonation/look_alikes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace policy {
namespace {

constexpr std::string_view name_of(Likeness how) {
  switch (how) {
    case Likeness::subdomain: return "subdomain";
    case Likeness::characters: return "characters";
    case Likeness::hyphen: return "hyphen";
    case Likeness::letter: return "letter";
    case Likeness::suffix: return "suffix";
  }
  return "?";
}

// tests/data/impersonation/domains.txt: PROTECTED ASKED HOW, "-" for no likeness.
TEST(LookAlikes, TableOfDomains) {
  std::ifstream file("tests/data/impersonation/domains.txt");  // from the source folder
  ASSERT_TRUE(file);
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string guarded;
    std::string asked;
    std::string how;
    if (line.starts_with('#') || !(words >> guarded >> asked >> how)) continue;
    LookAlikes index;
    index.add(guarded);
    const auto found = index.find(asked);
    EXPECT_EQ(found.empty() ? "-" : name_of(found.front().how), how) << line;
    ++cases;
  }
  EXPECT_GT(cases, 80);
}

TEST(LookAlikes, CountsAndForgets) {
  LookAlikes index;
  index.add("example.test");
  index.add("mail.example.test");
  EXPECT_EQ(index.size(), 1U);
  index.remove("example.test");
  EXPECT_TRUE(index.contains("www.example.test"));
  EXPECT_EQ(index.find("examp1e.test").size(), 1U);
  index.remove("mail.example.test");
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(index.find("examp1e.test").empty());
  index.remove("example.test");
  index.add("");
  index.add("localhost");
  index.add("[192.0.2.1]");
  EXPECT_EQ(index.size(), 0U);
}

TEST(LookAlikes, ManyDomainsAndBoundedAnswers) {
  LookAlikes index;
  for (int i = 0; i < 20'000; ++i) index.add("contact" + std::to_string(i) + ".example");
  for (char c = 'a'; c <= 'z'; ++c) index.add(std::string("bankers") + c + ".example");
  EXPECT_EQ(index.find("bankers.example").size(), LookAlikes::matches_max);
  EXPECT_TRUE(index.find("contact99999.example").empty()) << "digits differ, nothing else";
  EXPECT_EQ(index.find("c0ntact17.example").size(), 1U);
}

TEST(LookAlikes, OneEdit) {
  EXPECT_TRUE(one_edit_apart(U"siemens", U"simens"));
  EXPECT_TRUE(one_edit_apart(U"siemens", U"siemenns"));
  EXPECT_TRUE(one_edit_apart(U"siemens", U"sienens"));
  EXPECT_TRUE(one_edit_apart(U"siemens", U"seimens"));
  EXPECT_TRUE(one_edit_apart(U"siemens", U"siemen"));
  EXPECT_FALSE(one_edit_apart(U"siemens", U"siemens"));
  EXPECT_FALSE(one_edit_apart(U"siemens", U"semiens"));
  EXPECT_FALSE(one_edit_apart(U"siemens", U"sie"));
  EXPECT_FALSE(one_edit_apart(U"server1", U"server2"));
  EXPECT_FALSE(one_edit_apart(U"server", U"server2"));
  EXPECT_FALSE(one_edit_apart(U"", U""));
  EXPECT_TRUE(one_edit_apart(U"", U"a"));
}

TEST(DomainParts, NameAndSuffix) {
  EXPECT_EQ(domain_parts("www.example.org").base, "example.org");
  EXPECT_EQ(domain_parts("www.Example.co.uk.").base, "example.co.uk");
  EXPECT_EQ(domain_parts("example.com.au").suffix, "com.au");
  EXPECT_EQ(domain_parts("a.b.example.de").before, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(domain_parts("xn--mnchen-3ya.example").name, "m\u00FCnchen");
  EXPECT_EQ(domain_parts("localhost").base, "");
  EXPECT_EQ(domain_parts("").base, "");
  EXPECT_EQ(domain_parts("a..b").base, "");
  EXPECT_EQ(domain_parts("[192.0.2.1]").base, "");
}

}  // namespace
}  // namespace policy
