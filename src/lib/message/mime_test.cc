// Tests of the MIME scanner: structures, malformed ones, limits, and that chunks do not matter.
#include "lib/message/mime.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "lib/message/content_type.h"

namespace message {
namespace {

// Everything a listener is told, joined so that the cuts between calls do not show.
class Recorder : public MimeListener {
 public:
  std::string leaves;  // "[body]" each
  std::string others;

 private:
  void part_begins(const MimePart& part, const std::vector<FieldView>&) override {
    if (part.kind == MimePart::Kind::leaf) leaves += '[';
  }
  void leaf_octets(std::string_view octets) override { leaves += octets; }
  void leaf_ended(const MimePart&) override { leaves += ']'; }
  void other_octets(std::string_view octets) override { others += octets; }
};

struct Seen {
  std::vector<MimePart> parts;
  std::string leaves;
  std::string others;
  bool operator==(const Seen&) const = default;
};

Seen scan(std::string_view text, std::size_t chunk = SIZE_MAX, MimeLimits limits = {}) {
  Recorder recorder;
  MimeScanner scanner(&recorder, limits);
  for (std::size_t at = 0; at < text.size(); at += std::min(chunk, text.size())) {
    scanner.feed(text.substr(at, chunk));
  }
  scanner.finish();
  return {scanner.parts(), recorder.leaves, recorder.others};
}

std::string leaves(std::string_view text) { return scan(text).leaves; }

constexpr std::string_view sample =
    "Subject: a\r\nContent-Type: multipart/mixed;\r\n boundary=\"out er\"\r\n\r\npreamble\r\n"
    "--out er \r\nContent-Type: TEXT/Html; charset=\"UTF-8\"\r\n"
    "Content-Transfer-Encoding: 8BIT\r\n\r\nfirst\r\n\r\n--out er\r\n"
    "Content-Type: multipart/signed; boundary=inner\r\n\r\n--inner\r\n\r\nsigned\r\n"
    "--inner\r\nContent-Type: application/pgp-signature\r\n\r\n--inner--\r\nbetween\r\n"
    "--out er\r\nContent-Type: message/rfc822\r\n\r\nSubject: b\r\n\r\ninside\r\n--out er--\r\n"
    "epilogue\r\n";

TEST(Mime, FindsTheParts) {
  const Seen seen = scan(sample);
  EXPECT_EQ(seen.leaves, "[first\r\n][signed][][inside]");
  ASSERT_EQ(seen.parts.size(), 7U);
  const auto text = [](MimeSpan span) { return sample.substr(span.offset, span.length); };
  const MimePart& html = seen.parts[1];
  EXPECT_EQ(html.type, "text/html");
  EXPECT_EQ(html.charset, "utf-8");
  EXPECT_EQ(html.encoding, "8bit");
  EXPECT_EQ(text(html.body), "first\r\n");
  EXPECT_EQ(text(html.encoding_field), "Content-Transfer-Encoding: 8BIT\r\n");
  EXPECT_EQ(text(html.type_field), "Content-Type: TEXT/Html; charset=\"UTF-8\"\r\n");
  EXPECT_EQ(text(html.header),
            std::string(text(html.type_field)) + std::string(text(html.encoding_field)));
  EXPECT_FALSE(html.sealed || html.embedded || html.opaque);
  EXPECT_TRUE(seen.parts[2].sealed && seen.parts[3].sealed && seen.parts[4].sealed);
  EXPECT_EQ(seen.parts[3].parent, 2U);
  EXPECT_EQ(seen.parts[3].type, "text/plain");
  EXPECT_EQ(text(seen.parts[3].body), "signed");
  EXPECT_EQ(seen.parts[5].kind, MimePart::Kind::message);
  EXPECT_TRUE(seen.parts[6].embedded);
  EXPECT_EQ(text(seen.parts[6].body), "inside");
}

TEST(Mime, ChunksDoNotMatter) {
  const Seen whole = scan(sample);
  for (std::size_t chunk = 1; chunk < 60; ++chunk) EXPECT_EQ(scan(sample, chunk), whole) << chunk;
  // Random texts of the pieces that matter.
  constexpr std::string_view pieces[] = {"--b",
                                         "--",
                                         "b",
                                         "\r\n",
                                         "\n",
                                         "\r",
                                         " ",
                                         ":",
                                         "-",
                                         "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
                                         "Content-Type: message/rfc822\r\n\r\n",
                                         "x",
                                         "From x\r\n"};
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 2 == 0 ? std::string(pieces[9]) : std::string();
    for (unsigned i = random() % 30; i > 0; --i) text += pieces[random() % std::size(pieces)];
    const Seen expected = scan(text);
    ASSERT_EQ(scan(text, 1 + random() % 7), expected) << text;
    for (const MimePart& part : expected.parts) {
      ASSERT_LE(part.body.offset + part.body.length, text.size());
      ASSERT_LE(part.header.offset + part.header.length, text.size());
    }
  }
}

TEST(Mime, MessagesWithoutStructure) {
  EXPECT_EQ(leaves(""), "[]");
  EXPECT_EQ(leaves("\r\n"), "[]");
  EXPECT_EQ(leaves("A: b\r\n\r\nbody"), "[body]");
  EXPECT_EQ(leaves("A: b"), "[]");
  EXPECT_EQ(leaves("hello\r\nworld\r\n"), "[hello\r\nworld\r\n]");
  EXPECT_EQ(leaves("A: b\r\nhello\r\n\r\nworld"), "[hello\r\n\r\nworld]");
  EXPECT_EQ(leaves("From x\r\nA: b\r\n\r\nbody"), "[body]");
  EXPECT_EQ(leaves("From x\r\n\r\nbody"), "[From x\r\n\r\nbody]");
  EXPECT_EQ(leaves("From x\r\nhello\r\n"), "[From x\r\nhello\r\n]");
  EXPECT_EQ(leaves(" x\r\nA: b\r\n\r\n"), "[ x\r\nA: b\r\n\r\n]");
}

TEST(Mime, MalformedOnesAreOpaque) {
  const auto last_opaque = [](std::string_view text) { return scan(text).parts.back().opaque; };
  const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  EXPECT_TRUE(last_opaque("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx"));
  EXPECT_TRUE(last_opaque("Content-Type: multipart/mixed; boundary=\"" + std::string(201, 'b') +
                          "\"\r\n\r\nx"));
  EXPECT_TRUE(last_opaque("Content-Type: multipart/mixed; boundary*0=b\r\n\r\n--b\r\n\r\nx"));
  EXPECT_TRUE(last_opaque("Content-Type: multipart/mixed; boundary=b; x\r\n\r\n--b\r\n\r\nx"));
  EXPECT_TRUE(last_opaque("Content-Transfer-Encoding: base64\r\n" + head + "--b\r\n\r\nx"));
  EXPECT_TRUE(last_opaque("Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx"));
  EXPECT_TRUE(last_opaque("Content-Type: text\r\n\r\nx"));
  EXPECT_TRUE(last_opaque(head + "--b\r\nno field\r\n\r\nx\r\n--b--"));
  // Whose boundary is it? The outer one's.
  EXPECT_TRUE(scan(head + "--b\r\n" + head + "--b\r\n\r\nx").parts[1].opaque);
  // Some readers see a boundary here, others text: nothing behind it is taken apart.
  const Seen seen = scan(head + "--b\r\n\r\nx\r\n--bb\r\n\r\ny\r\n--b--\r\n");
  EXPECT_TRUE(seen.parts.back().opaque);
  EXPECT_EQ(seen.leaves, "[x]");
  EXPECT_EQ(leaves(head + "--b\r\n\r\nx\r\n-- \r\n--c\r\n --b\r\ny\r\n"),
            "[x\r\n-- \r\n--c\r\n --b\r\ny\r\n]");
  // Never closed; closed twice; a part without header end; nested in a closed one.
  EXPECT_EQ(leaves(head + "--b\r\n\r\nx"), "[x]");
  EXPECT_EQ(leaves(head + "--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny"), "[x]");
  EXPECT_EQ(leaves(head + "--b\r\nA: b\r\n--b\r\n\r\ny\r\n--b--"), "[][y]");
}

TEST(Mime, OuterBoundariesEndInnerParts) {
  EXPECT_EQ(
      leaves("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
             "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\na\r\n--o\r\n\r\n"
             "b\r\n--i\r\n\r\nc\r\n--o--\r\n"),
      "[a][b\r\n--i\r\n\r\nc]");
  EXPECT_EQ(
      leaves("Content-Type: multipart/digest; boundary=o\r\n\r\n--o\r\n\r\nA: b\r\n\r\nm\r\n--o--"),
      "[m]");
}

TEST(Mime, Limits) {
  std::string deep;
  for (int i = 0; i < 40; ++i) {
    deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(100 + i) + "\r\n\r\n--b" +
            std::to_string(100 + i) + "\r\n";
  }
  const Seen seen = scan(deep);
  EXPECT_EQ(seen.parts.size(), 33U);
  EXPECT_TRUE(seen.parts.back().opaque);
  std::string wide = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 2000; ++i) wide += "--b\r\n\r\nx\r\n";
  EXPECT_EQ(scan(wide).parts.size(), 1000U);
  EXPECT_EQ(scan(wide, 3).others, scan(wide).others);
  const std::string header = "A: " + std::string(100, 'x') + "\r\n\r\nbody";
  EXPECT_EQ(scan(header, SIZE_MAX, {.header_bytes_max = 50}).others, header);
  EXPECT_EQ(scan(header, 1, {.header_bytes_max = 50}), scan(header, 7, {.header_bytes_max = 50}));
}

TEST(Mime, ContentTypes) {
  const auto type = parse_content_type(" Text/Plain (c(d)\\)) ; Charset = \"a\\\"b\";\r\n x=y ; ");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->type, "text/plain");
  EXPECT_TRUE(type->whole);
  EXPECT_EQ(*type->parameter("charset"), "a\"b");
  EXPECT_EQ(*type->parameter("x"), "y");
  EXPECT_EQ(type->parameter("z"), nullptr);
  EXPECT_FALSE(parse_content_type("text"));
  EXPECT_FALSE(parse_content_type("/plain"));
  EXPECT_FALSE(parse_content_type(""));
  EXPECT_FALSE(parse_content_type("text/plain; name=a b")->whole);
  EXPECT_FALSE(parse_content_type("text/plain; name=\"a")->whole);
  EXPECT_FALSE(parse_content_type("text/plain (")->whole);
  EXPECT_EQ(first_token(" (x) Base64 "), "base64");
}

}  // namespace
}  // namespace message
