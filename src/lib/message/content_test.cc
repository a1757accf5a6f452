// Tests of Content: edits, encoding, and what decode refuses.
#include "lib/message/content.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace message {
namespace {

constexpr std::string_view received = "0123456789abcdef";

TEST(Content, EditsLeaveTheReceivedBytesAlone) {
  Content content = Content::whole(received.size());
  EXPECT_EQ(content.size(), 16U);
  EXPECT_EQ(content.assemble(received), received);
  content.prepend("<");
  content.append(">");
  content.append("");
  content.cut(2, 3);
  EXPECT_EQ(content.assemble(received), "<0156789abcdef>");
  content.cut(4, 2);  // one of them was cut already
  EXPECT_EQ(content.assemble(received), "<016789abcdef>");
  content.insert(8, "+");
  EXPECT_EQ(content.assemble(received), "<0167+89abcdef>");
  content.insert(0, "-");
  content.insert(3, "*");  // no longer there: goes to the end
  content.insert(99, "!");
  EXPECT_EQ(content.assemble(received), "<-0167+89abcdef>*!");
  content.cut(10, 100);
  EXPECT_EQ(content.assemble(received), "<-0167+89>*!");
  EXPECT_EQ(content.size(), 12U);
  content.cut(0, UINT64_MAX);
  EXPECT_EQ(content.assemble(received), "<-+>*!");
  content.append_received(4, 2);
  EXPECT_EQ(content.assemble(received), "<-+>*!45");
}

TEST(Content, CutAgreesWithErasingBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    Content content = Content::whole(received.size());
    std::string plain(received);
    for (int i = 0; i < 4; ++i) {
      const std::size_t offset = random() % 18;
      const std::size_t length = random() % 6;
      content.cut(offset, length);
      for (std::size_t at = offset; at < std::min(offset + length, plain.size()); ++at) {
        plain[at] = '\0';
      }
    }
    std::erase(plain, '\0');
    ASSERT_EQ(content.assemble(received), plain);
    ASSERT_EQ(content.size(), plain.size());
  }
}

TEST(Content, AppliesEditsOfTheReceivedOctets) {
  Content content = Content::whole(received.size());
  content.apply({{10, 2, "AB!"},
                 {0, 0, "first "},
                 {0, 3, {}},
                 {0, 0, "second "},
                 {16, 0, ".\n"},
                 {5, 0, "-"},
                 {12, 0, "+"}});
  EXPECT_EQ(content.assemble(received), "first second 34-56789AB!+cdef.\n");
  Content empty = Content::whole(0);
  empty.apply({{0, 0, "a"}, {0, 0, "b"}});
  EXPECT_EQ(empty.assemble(""), "ab");
}

TEST(Content, ApplyAgreesWithOneEditAfterTheOther) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    Content content = Content::whole(received.size());
    content.prepend("<");
    content.cut(random() % 16, random() % 3);
    std::vector<Edit> edits;
    Content slow = content;
    for (std::uint64_t at = random() % 4; at < 16; at += random() % 4 + 3) {
      edits.push_back({at, random() % 3, std::string(random() % 3, 'x')});
      if (!edits.back().bytes.empty() && edits.back().length == 0) ++at;
    }
    const bool gone = std::ranges::any_of(edits, [&](const Edit& edit) {
      Content probe = content;
      probe.cut(edit.offset, 1);
      return probe == content;
    });
    if (gone) continue;  // where the octet is not there the order of what goes to the end differs
    for (const Edit& edit : edits) {
      slow.insert(edit.offset, edit.bytes);
      slow.cut(edit.offset, edit.length);
    }
    content.apply(edits);
    ASSERT_EQ(content.assemble(received), slow.assemble(received));
  }
}

TEST(Content, LargePiecesOfOursAreSetAside) {
  Content content = Content::whole(received.size());
  content.apply({{2, 2, "long one"}, {8, 0, "x"}, {10, 6, "another long one"}});
  const std::string before = content.assemble(received);
  const auto aside = content.set_aside(8, received.size());
  EXPECT_EQ(aside, (std::vector<std::string>{"long one", "another long one"}));
  EXPECT_EQ(content.assemble(std::string(received) + aside[0] + aside[1]), before);
  EXPECT_TRUE(content.set_aside(8, 100).empty());
}

TEST(Content, EncodesAndDecodes) {
  Content content = Content::whole(5'000'000'000);
  content.prepend(std::string(300, 'x'));
  content.cut(1000, 1);
  content.append("end");
  const std::string bytes = content.encode();
  EXPECT_EQ(Content::decode(bytes), content);
  EXPECT_EQ(Content::decode(Content().encode()), Content());
  EXPECT_EQ(Content::whole(10'000).encode().size(), 6U);  // version, count, kind, 0, length
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(Content::decode(std::string_view(bytes).substr(0, cut))) << cut;
  }
  EXPECT_FALSE(Content::decode(bytes + "x"));
}

TEST(Content, DecodeRefuses) {
  const auto decode = [](std::initializer_list<int> octets) {
    std::string bytes;
    for (const int octet : octets) bytes += static_cast<char>(octet);
    return Content::decode(bytes);
  };
  EXPECT_TRUE(decode({1, 1, 1, 0, 5}));
  EXPECT_FALSE(decode({2, 0}));             // a version that we do not know
  EXPECT_FALSE(decode({1, 1, 2, 0, 5}));    // a kind that we do not know
  EXPECT_FALSE(decode({1, 1, 1, 0, 0}));    // an empty span
  EXPECT_FALSE(decode({1, 1, 0, 0}));       // empty bytes
  EXPECT_FALSE(decode({1, 1, 0, 9, 'x'}));  // more bytes than there are
  EXPECT_FALSE(decode({1, 0x81, 0}));       // a number written too long
  EXPECT_FALSE(decode({1, 0xff, 0xff, 0xff, 0x7f}));
  EXPECT_FALSE(decode({1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 2}));
  EXPECT_EQ(decode({2}).error().kind, base::ErrorKind::corrupt);
}

}  // namespace
}  // namespace message
