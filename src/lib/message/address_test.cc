// Tests of addresses: the grammar, limits, UTF-8, keys, and the labelled corpus addr-isemail.
#include "lib/message/address.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/message/envelope.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

TEST(Address, ReadsAndWrites) {
  struct Case {
    std::string text;
    std::string local;
    std::string domain;
    std::string again;  // what text() gives; empty: the same as text
  };
  const std::vector<Case> cases = {
      {"a@b.example", "a", "b.example", ""},
      {"A.b+c@B.Example", "A.b+c", "B.Example", ""},
      {"\"a b\"@c", "a b", "c", ""},
      {"\"a\\\"b\\\\c\"@d", "a\"b\\c", "d", ""},
      {"\"plain\"@d", "plain", "d", "plain@d"},
      {"\"\\p\"@d", "p", "d", "p@d"},
      {"\"\"@d", "", "d", ""},
      {"\"a@b\"@c", "a@b", "c", ""},
      {"\"a..b\"@c", "a..b", "c", ""},
      {"\".a\"@c", ".a", "c", ""},
      {"a@[192.0.2.1]", "a", "[192.0.2.1]", ""},
      {"a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]", ""},
      {"a@host_1.example", "a", "host_1.example", ""},
      {"a@1.2", "a", "1.2", ""},
  };
  for (const Case& c : cases) {
    const auto address = parse_address(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->local, c.local);
    EXPECT_EQ(address->domain, c.domain);
    EXPECT_EQ(address->text(), c.again.empty() ? c.text : c.again);
    EXPECT_EQ(parse_address(address->text()), *address) << c.text;
  }
  EXPECT_TRUE(Address().is_null());
  EXPECT_EQ(Address().text(), "");
  EXPECT_EQ((Address{"postmaster", ""}).text(), "postmaster");
  EXPECT_FALSE((Address{"", "d"}).is_null());
  // An address that was not parsed cannot inject a line either.
  EXPECT_EQ((Address{"a\r\nb", "c\r\nd"}).text(), "\"ab\"@cd");
}

TEST(Address, Refuses) {
  const std::string longest =
      std::string(63, 'x') + "." + std::string(63, 'y') + "." + std::string(61, 'z');
  EXPECT_TRUE(parse_address(std::string(64, 'a') + "@" + longest));
  EXPECT_TRUE(parse_address(std::string(252, 'a') + "@b"));
  const std::vector<std::string> cases = {
      "",
      "a",
      "@",
      "a@",
      "@b",
      ".a@b",
      "a.@b",
      "a..b@c",
      "a b@c",
      "a@b c",
      "a@b.",
      "a@.b",
      "a@b..c",
      "a@-b",
      "a@b-",
      "a@b-.c",
      "<a@b>",
      "a@b@c",
      "\"a@b",
      "a\"b@c",
      "\"a\"b@c",
      "\"a\"\"b\"@c",
      "\"a\\\"@c",
      "a@[1.2.3]",
      "a@[1.2.3.256]",
      "a@[1.2.3.4",
      "a@1.2.3.4]",
      "a@[IPv6:1::2::3]",
      "a@[2001:db8::1]",
      "a@[x:y]",
      "a@[]",
      "a(c)@b",
      "a@(c)b",
      "a,b@c",
      "a@b,c",
      "a@b/c",
      "\"a\nb\"@c",
      "\"a\\\nb\"@c",
      "a\r@b",
      "a@b\r\n",
      "\x7f@b",
      "\xc3\xa4@b",
      "a@\xc3\xa4",
      std::string("a\0@b", 4),
      std::string("\"\0\"@b", 5),
      "a@" + std::string(64, 'b'),
      std::string(253, 'a') + "@b",
      "\"" + std::string(251, 'a') + "\"@b",
      std::string(64, 'a') + "@x" + longest + ".zz",
  };
  for (const std::string& text : cases) EXPECT_FALSE(parse_address(text)) << text;
}

TEST(Address, Utf8OnlyWhereAllowed) {
  const AddressRules utf8{.utf8 = true};
  for (const char* text : {"\xc3\xa4@b.example",
                           "a@b\xc3\xbc"
                           "cher.example",
                           "\"\xe4\xbd\xa0 x\"@\xe4\xbe\x8b\xe5\xad\x90.example"}) {
    EXPECT_TRUE(parse_address(text, utf8)) << text;
    EXPECT_FALSE(parse_address(text)) << text;
    EXPECT_FALSE(parse_address(text, utf8)->is_ascii());
    EXPECT_EQ(parse_address(text, utf8)->text(), text);
  }
  for (const char* text : {"\xc3@b", "\xff@b", "\xc0\xaf@b", "\xed\xa0\x80@b", "a@b\xe2\x80\xa8",
                           "a@\xc3\xbc..b", "a@\xc3\xbc.", "a@-\xc3\xbc", "\"\\\xc3\xa4\"@b"}) {
    EXPECT_FALSE(parse_address(text, utf8)) << text;
  }
}

TEST(Address, Keys) {
  EXPECT_EQ(domain_key("Example.ORG."), "example.org");
  EXPECT_EQ(domain_key("B\xc3\x9c"
                       "cher.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(domain_key("b\xc3\xbc"
                       "cher.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(domain_key("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
  EXPECT_EQ(domain_key("stra\xc3\x9f"
                       "e.example"),
            "xn--strae-oqa.example");
  EXPECT_EQ(domain_key("[IPv6:2001:DB8::1]"), "[ipv6:2001:db8::1]");
  EXPECT_EQ(domain_key("A\xff"), "a\xff");
  EXPECT_EQ(domain_key(""), "");
  EXPECT_EQ(local_key("Jane.Doe"), "jane.doe");
  // RFC 6531 §3.3: NFC, whatever way it was typed.
  EXPECT_EQ(local_key("J\xc3\x96RG"), "j\xc3\xb6rg");
  EXPECT_EQ(local_key("JO\xcc\x88rg"), "j\xc3\xb6rg");
  EXPECT_EQ(local_key("\xe4\xb8\xad"), "\xe4\xb8\xad");
  EXPECT_EQ(local_key("a\xff"), "a\xff");
}

TEST(Utf8, WellFormedOnly) {
  for (const char* good : {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Envelope, NotifyWants) {
  EXPECT_TRUE(notify_wants(notify_default, notify_failure));
  EXPECT_TRUE(notify_wants(notify_default, notify_delay));
  EXPECT_FALSE(notify_wants(notify_default, notify_success));
  EXPECT_FALSE(notify_wants(notify_never, notify_failure));
  EXPECT_TRUE(notify_wants(notify_success, notify_success));
  EXPECT_FALSE(notify_wants(notify_success, notify_failure));
}

// --- the corpus -----------------------------------------------------------------------------

std::string between(std::string_view text, std::string_view open, std::string_view close) {
  const std::size_t start = text.find(open);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = text.substr(start + open.size());
  return std::string(rest.substr(0, rest.find(close)));
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string utf8_of(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) {
    return {static_cast<char>(0xc0U | code >> 6U), static_cast<char>(0x80U | (code & 63U))};
  }
  return {static_cast<char>(0xe0U | code >> 12U), static_cast<char>(0x80U | (code >> 6U & 63U)),
          static_cast<char>(0x80U | (code & 63U))};
}

// XML entities, then the corpus' own convention: U+2400 + n stands for control character n.
std::string decoded(std::string text) {
  for (std::size_t at = text.find("&#x"); at != std::string::npos; at = text.find("&#x", at + 1)) {
    const std::size_t end = text.find(';', at);
    const auto code = std::strtoul(text.substr(at + 3, end - at - 3).c_str(), nullptr, 16);
    text.replace(at, end - at + 1, utf8_of(static_cast<unsigned>(code)));
  }
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  for (unsigned n = 0; n < 32; ++n) {
    replace_all(text, utf8_of(0x2400 + n), std::string(1, static_cast<char>(n)));
  }
  return text;
}

TEST(Address, AgreesWithIsEmailCorpus) {
  const char* const set = std::getenv("STAGEPOST_CORPORA");
  const std::string folder = set != nullptr ? set : "../shared/corpora";
  std::ifstream file(folder + "/addr-isemail/data/test/tests.xml");
  if (!file) {
    std::fprintf(stderr, "NOT RUN: the corpus addr-isemail is not in %s; set STAGEPOST_CORPORA\n",
                 folder.c_str());
    GTEST_SKIP() << "no corpus";
  }
  std::stringstream buffer;
  buffer << file.rdbuf();
  const std::string xml = buffer.str();
  int judged = 0;
  for (std::size_t at = xml.find("<test "); at != std::string::npos;
       at = xml.find("<test ", at + 1)) {
    const std::string test = xml.substr(at, xml.find("</test>", at) - at);
    const std::string address = decoded(between(test, "<address>", "</address>"));
    const std::string category = between(test, "<category>", "</category>");
    // RFC 5321 wants two groups behind "::", but one is what people and libraries write.
    if (between(test, "<diagnosis>", "</diagnosis>") == "ISEMAIL_RFC5321_IPV6DEPRECATED") continue;
    // 64 octets of a local part are what must be taken (RFC 5321 §4.5.3.1.1), not what may be.
    if (between(test, "<diagnosis>", "</diagnosis>") == "ISEMAIL_RFC5322_LOCAL_TOOLONG") continue;
    // What RFC 5322 allows beyond an RFC 5321 Mailbox (comments, folds, obsolete forms) is refused.
    const bool want = category == "ISEMAIL_VALID_CATEGORY" || category == "ISEMAIL_DNSWARN" ||
                      category == "ISEMAIL_RFC5321";
    EXPECT_EQ(parse_address(address).has_value(), want)
        << base::printable(address) << " " << category;
    ++judged;
  }
  EXPECT_GE(judged, 150);
}

TEST(Address, WithALabels) {
  const Address plain{"Jane", "Example.ORG"};
  EXPECT_EQ(plain.with_a_labels(), plain);
  const Address idn{"jane",
                    "b\xc3\xbc"
                    "cher.example"};
  EXPECT_EQ(idn.with_a_labels().text(), "jane@xn--bcher-kva.example");
  EXPECT_TRUE(idn.with_a_labels().is_ascii());
  const Address both{"j\xc3\xb6rg",
                     "b\xc3\xbc"
                     "cher.example"};
  EXPECT_EQ(both.with_a_labels().text(), "j\xc3\xb6rg@xn--bcher-kva.example");
  EXPECT_FALSE(both.with_a_labels().is_ascii());
  EXPECT_TRUE(Address{}.with_a_labels().is_null());
}

}  // namespace
}  // namespace message
