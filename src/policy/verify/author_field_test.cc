// Tests of author_field.h: what a From says, by the cases of tests/data/verify/authors.txt.
#include "policy/verify/author_field.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "lib/base/text.h"
#include "policy/verify/author_rule.h"

namespace policy {
namespace {

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char kind = text[++i];
    if (kind == 'x' && i + 2 < text.size()) {
      out += base::unhex(text.substr(i + 1, 2)).value_or("?");
      i += 2;
    } else {
      constexpr std::string_view names = "rnt0\\";
      constexpr std::string_view octets("\r\n\t\0\\", 5);
      const std::size_t at = names.find(kind);
      out += at == std::string_view::npos ? kind : octets[at];
    }
  }
  return out;
}

TEST(AuthorField, Cases) {
  std::ifstream file("tests/data/verify/authors.txt");  // from the source folder
  ASSERT_TRUE(file.is_open());
  std::size_t cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string state;
    std::string domain;
    std::string hidden;
    std::string header;
    words >> state >> domain >> hidden >> std::ws;
    std::getline(words, header);
    const AuthorFinding author = read_author(unescape(header));
    EXPECT_EQ(to_string(author.state), state) << line << ": " << author.problem;
    EXPECT_EQ(author.domain, domain == "-" ? "" : domain) << line;
    if (hidden != "-" || author.state == AuthorFinding::State::single) {
      EXPECT_EQ(author.hidden_address, hidden == "-" ? "" : hidden) << line;
    }
    // Where there is no one domain there is a fault, and the other way round.
    EXPECT_EQ(author.is_fault(), domain == "-") << line << ": " << author.problem;
    ++cases;
  }
  EXPECT_GT(cases, 80U);
}

TEST(AuthorField, NamesAreDecoded) {
  EXPECT_EQ(read_author("From: \"B,  A\" <a@x.test>\r\n").display_name, "B,  A");
  EXPECT_EQ(read_author("From: =?utf-8?q?J=C3=B6rg?= X <a@x.test>\r\n").display_name,
            "J\xC3\xB6rg X");
  EXPECT_EQ(read_author("From: a@x.test (Old Style)\r\n").display_name, "Old Style");
  EXPECT_EQ(read_author("From: a@x.test\r\n").display_name, "");
}

TEST(AuthorField, AuthorsAreBounded) {
  std::string header = "From: a@x.test";
  for (std::size_t i = 0; i < authors_max; ++i) header += ",\r\n a@x.test";
  EXPECT_TRUE(read_author(header + "\r\n").is_fault());
}

TEST(AuthorRule, FaultsAreTreatedAsSet) {
  Transaction transaction;
  transaction.envelope.sender = {"a", "x.test"};
  VerifySettings settings;
  transaction.header = "From: a@x.test\r\nFrom: b@y.test\r\n";
  const AuthorFinding author = read_author(transaction.header);
  const Verdict refused = judge_author(author, transaction, settings);
  EXPECT_EQ(refused.reply.code, 550);
  EXPECT_EQ(refused.reply.enhanced, (smtp::EnhancedCode{5, 7, 1}));
  EXPECT_EQ(refused.rule, "author");
  settings.author_faults = FaultAction::junk;
  EXPECT_TRUE(judge_author(author, transaction, settings).junk);
  EXPECT_TRUE(judge_author(author, transaction, settings).accepted());
  settings.author_faults = FaultAction::accept;
  EXPECT_FALSE(judge_author(author, transaction, settings).junk);
  EXPECT_EQ(judge_author(author, transaction, settings).rule, "");
}

TEST(AuthorRule, AnOldBounceMayLackFrom) {
  Transaction transaction;
  transaction.header = "Subject: failure notice\r\n";
  const VerifySettings settings;
  EXPECT_TRUE(judge_author(read_author(transaction.header), transaction, settings).accepted());
  // Not when another field would be shown in its place, and not for mail with a sender.
  for (const char* field : {"Sender: ceo@bank.example\r\n", "Reply-To: ceo@bank.example\r\n"}) {
    transaction.header = field;
    EXPECT_FALSE(judge_author(read_author(transaction.header), transaction, settings).accepted());
  }
  transaction.header = "Subject: x\r\n";
  transaction.envelope.sender = {"a", "x.test"};
  const Verdict refused = judge_author(read_author(transaction.header), transaction, settings);
  EXPECT_EQ(refused.reply.enhanced, (smtp::EnhancedCode{5, 6, 0}));
  transaction.envelope.sender = {};
  transaction.header = "From: a@x.test\r\nFrom: b@y.test\r\n";
  EXPECT_FALSE(judge_author(read_author(transaction.header), transaction, settings).accepted());
}

TEST(AuthorRule, AHeaderThatIsNotWholeIsRefused) {
  Transaction transaction;
  EXPECT_TRUE(judge_header_size(transaction).accepted());
  transaction.header_whole = false;
  const Verdict verdict = judge_header_size(transaction);
  EXPECT_EQ(verdict.reply.code, 552);
  EXPECT_EQ(verdict.reply.enhanced, (smtp::EnhancedCode{5, 3, 4}));
}

}  // namespace
}  // namespace policy
