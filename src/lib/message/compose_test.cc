// Tests of compose.h: what readers make of a composed message.
#include "lib/message/compose.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "lib/message/encoded_word.h"
#include "lib/message/header.h"
#include "lib/message/submission.h"

namespace message {
namespace {

Composition simple() {
  Composition out;
  out.from = {{.name = "Shop", .address = {.local = "shop", .domain = "example.org"}}};
  out.to = {{.name = "", .address = {.local = "an", .domain = "example.net"}}};
  out.subject = "Your order";
  out.text = "Thank you\n";
  out.message_id = "1@example.org";
  out.boundary = "0123456789abcdef";
  return out;
}

std::string value_of(const std::string& text, std::string_view name) {
  const auto fields = read_header(text);
  const FieldView* field = find_field(fields, name);
  return field == nullptr ? "none" : unfold(field->value);
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view line : base::split(text, '\n')) {
    longest = std::max(longest, line.size());
  }
  return longest;
}

TEST(Compose, WritesASimpleTextAsItIs) {
  const std::string text = compose(simple());
  EXPECT_EQ(value_of(text, "From"), "Shop <shop@example.org>");
  EXPECT_EQ(value_of(text, "To"), "an@example.net");
  EXPECT_EQ(value_of(text, "Message-ID"), "<1@example.org>");
  EXPECT_EQ(value_of(text, "Content-Type"), "text/plain; charset=us-ascii");
  EXPECT_TRUE(text.ends_with("\r\n\r\nThank you\r\n"));
}

TEST(Compose, NothingInAValueBeginsAnotherField) {
  Composition one = simple();
  one.subject = "a\r\nBcc: eve@example.com\r\n\r\nbody";
  one.from.front().name = "x\r\nX-Evil: 1";
  one.headers = {{"X-Order", "1\nX-Evil: 2"}};
  one.attachments.push_back(
      {.file_name = "a\"\r\nX-Evil: 3", .type = "a/b", .content_id = {}, .octets = "x"});
  const std::string text = compose(one);
  EXPECT_EQ(text.find("\nBcc:"), std::string::npos);
  EXPECT_EQ(text.find("\nX-Evil:"), std::string::npos);
  EXPECT_EQ(value_of(text, "Subject"), "a Bcc: eve@example.com body");
}

TEST(Compose, NamesAndSubjectsOfAnyScriptComeBack) {
  for (const std::string_view name : {"Jürgen Müller", "Müller, Jürgen \"JM\"", "O'Neil, Tim",
                                      "a=?b", "名前がとても長い人の名前がとても長い人"}) {
    Composition one = simple();
    one.from.front().name = name;
    one.subject = name;
    const std::string text = compose(one);
    std::string from = decode_words(value_of(text, "From"));
    EXPECT_TRUE(from.ends_with(" <shop@example.org>")) << from;
    from.resize(from.rfind(" <"));
    std::string bare;
    for (const char c : from) {
      if (c != '\\') bare += c;
    }
    if (bare.starts_with('"') && name.front() != '"') bare = bare.substr(1, bare.size() - 2);
    EXPECT_EQ(bare, name);
    EXPECT_EQ(decode_words(value_of(text, "Subject")), name);
    EXPECT_LE(longest_line(text), 79U);
  }
}

TEST(Compose, LongTextsAreFoldedOrEncoded) {
  Composition one = simple();
  one.subject = std::string(3'000, 'x');
  one.html = "<p>" + std::string(5'000, 'y') + "</p>";
  for (int i = 0; i < 200; ++i) one.to.push_back(one.from.front());
  const std::string text = compose(one);
  EXPECT_LE(longest_line(text), text_line_bytes_max + 1);
  EXPECT_EQ(decode_words(value_of(text, "Subject")), one.subject);
  EXPECT_NE(text.find("multipart/alternative"), std::string::npos);
  EXPECT_NE(text.find("quoted-printable"), std::string::npos);
}

TEST(Compose, PartsAreNested) {
  Composition one = simple();
  one.html = "<img src=cid:logo>";
  one.attachments.push_back(
      {.file_name = "logo.png", .type = "image/png", .content_id = "logo", .octets = "png"});
  one.attachments.push_back({.file_name = "Rechnung für Sie.pdf",
                             .type = "application/pdf",
                             .content_id = {},
                             .octets = {}});
  const std::string text = compose(one);
  const std::size_t mixed = text.find("multipart/mixed");
  const std::size_t alternative = text.find("multipart/alternative");
  const std::size_t related = text.find("multipart/related");
  EXPECT_LT(mixed, alternative);
  EXPECT_LT(alternative, related);
  EXPECT_NE(related, std::string::npos);
  EXPECT_NE(text.find("Content-ID: <logo>"), std::string::npos);
  EXPECT_NE(text.find("filename*0*=utf-8''Rechnung%20f%C3%BCr%20Sie.pdf"), std::string::npos);
}

TEST(Compose, SaysWhatMayBeAFieldOrAType) {
  EXPECT_TRUE(is_field_name("X-Order"));
  for (const std::string_view bad : {"", "X Order", "X:", "X\r\n", "Ü"}) {
    EXPECT_FALSE(is_field_name(bad));
  }
  EXPECT_TRUE(is_media_type("application/pdf"));
  for (const std::string_view bad : {"", "pdf", "a/b; c=d", "a/b\r\nX: y", "/", "a/"}) {
    EXPECT_FALSE(is_media_type(bad));
  }
  EXPECT_TRUE(is_content_id("logo@example.org"));
  EXPECT_FALSE(is_content_id("a>b"));
}

}  // namespace
}  // namespace message
