// Tests of recoding: what goes in comes out again, boundaries stay, and what must not be touched.
#include "lib/message/recode.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "lib/base/text.h"
#include "lib/message/content.h"
#include "lib/message/submission.h"

namespace message {
namespace {

// A decoder of its own, which knows nothing of the encoder (RFC 2045 §6.7).
std::string unquote(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i + 1).starts_with("\r\n")) {
      i += 2;
    } else {
      out += base::unhex(base::lower(text.substr(i + 1, 2))).value_or("?");
      i += 2;
    }
  }
  return out;
}

std::string decode_base64(std::string_view lines) {
  std::string text;
  for (const char c : lines) {
    if (c != '\r' && c != '\n') text += c;
  }
  return base::unbase64(text).value_or("not base64");
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    longest = std::max(longest, end);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return longest;
}

struct Done {
  std::string message;
  std::uint64_t long_line = 0;
  bool eight_bit_left = false;
};

Done recode(std::string_view message, std::size_t chunk = SIZE_MAX, RecodeLimits limits = {}) {
  LeafRecoder recoder(limits);
  for (std::size_t at = 0; at < message.size(); at += std::min(chunk, message.size())) {
    recoder.feed(message.substr(at, chunk));
  }
  recoder.finish();
  Content content = Content::whole(message.size());
  content.apply(recoder.edits());
  return {content.assemble(message), recoder.long_line(), recoder.eight_bit_left()};
}

// The decoded bodies of all leaves, in order.
class Bodies : public MimeListener {
 public:
  explicit Bodies(std::string_view message) {
    MimeScanner scanner(this);
    scanner.feed(message);
    scanner.finish();
  }
  std::vector<std::string> all;
  std::vector<MimePart> parts;
  bool mime_version = false;

 private:
  void part_begins(const MimePart& part, const std::vector<FieldView>& fields) override {
    mime_version = mime_version || find_field(fields, "MIME-Version") != nullptr;
    body_.clear();
    if (part.kind == MimePart::Kind::leaf) parts.push_back(part);
  }
  void leaf_octets(std::string_view octets) override { body_ += octets; }
  void leaf_ended(const MimePart& part) override {
    if (part.encoding == "quoted-printable") body_ = unquote(body_);
    if (part.encoding == "base64") body_ = decode_base64(body_);
    all.push_back(std::move(body_));
  }
  void other_octets(std::string_view) override {}
  std::string body_;
};

TEST(Recode, QuotedPrintable) {
  EXPECT_EQ(quoted_printable("a=b \r\n c\t\r\n"), "a=3Db=20\r\n c=09\r\n");
  EXPECT_EQ(quoted_printable("\xc3\xa4 "), "=C3=A4=20");
  EXPECT_EQ(quoted_printable("--x\r\nFrom y\r\nF-\r\n"), "=2D-x\r\n=46rom y\r\n=46-\r\n");
  EXPECT_EQ(quoted_printable("a\rb\nc"), "a=0Db=0Ac");
  EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(76, 'x'));
  EXPECT_EQ(quoted_printable(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx");
  EXPECT_EQ(base64_lines(std::string(58, 'x')).find("\r\n"), 76U);
  EXPECT_EQ(guess_charset("\xc3\xa4"), "utf-8");
  EXPECT_EQ(guess_charset("\xe4"), "iso-8859-1");
  EXPECT_EQ(guess_charset("\x93\xe4"), "windows-1252");
}

TEST(Recode, EncodingsCanBeUndone) {
  std::mt19937 random(4);
  constexpr std::string_view pieces[] = {"\r\n", " ",    "\t",    "=", "--", "\r",
                                         "\n",   "\xff", "From ", ".", "x"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (unsigned i = random() % 200; i > 0; --i) text += pieces[random() % std::size(pieces)];
    const std::string quoted = quoted_printable(text);
    ASSERT_EQ(unquote(quoted), text);
    ASSERT_LE(longest_line(quoted), 76U);
    ASSERT_FALSE(quoted.starts_with("--") || quoted.contains("\n--"));
    for (const std::string_view end : {" \r\n", "\t\r\n"}) ASSERT_FALSE(quoted.contains(end));
    const std::string lines = base64_lines(text);
    ASSERT_EQ(decode_base64(lines), text);
    ASSERT_LE(longest_line(lines), 76U);
  }
}

TEST(Recode, WhatIsRightStays) {
  for (const std::string_view message :
       {"A: b\r\n\r\nbody\r\n", "", "\r\n", "hello\r\n",
        "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n",
        "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xe4\r\n--b--\r\n",
        "Content-Transfer-Encoding: x-uuencode\r\n\r\n\xe4\r\n",
        "DKIM-Signature: v=1\r\n\r\n\xe4\r\n"}) {
    const Done done = recode(message);
    EXPECT_EQ(done.message, message);
    EXPECT_EQ(done.long_line, 0U);
    EXPECT_EQ(done.eight_bit_left, !std::ranges::all_of(message, [](char c) { return c >= 0; }));
  }
}

TEST(Recode, UndeclaredEightBitTextIsDeclared) {
  const Done latin = recode(
      "Subject: a\r\n\r\nGr\xfc\xdf"
      "e\r\n");
  EXPECT_EQ(latin.message,
            "Content-Type: text/plain; charset=iso-8859-1\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n"
            "Subject: a\r\n\r\nGr=FC=DFe\r\n");
  EXPECT_FALSE(latin.eight_bit_left);
  const Done typed = recode(
      "MIME-Version: 1.0\r\nContent-Type: text/html;\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
      "\xc3\xa4\r\n");
  EXPECT_EQ(typed.message,
            "MIME-Version: 1.0\r\nContent-Type: text/html;\r\n charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A4\r\n");
  const Done charset = recode("Content-Type: text/plain; charset=koi8-r\r\n\r\n\xc1\r\n");
  EXPECT_TRUE(charset.message.contains("Content-Type: text/plain; charset=koi8-r\r\n\r\n=C1"));
  // Too large to be kept: declared.
  const Done large = recode("A: b\r\n\r\n\xc3\xa4 and more\r\n", SIZE_MAX, {.part_bytes_max = 5});
  EXPECT_TRUE(large.message.contains("Content-Transfer-Encoding: 8bit\r\n"));
  EXPECT_TRUE(large.message.ends_with("\xc3\xa4 and more\r\n"));
  EXPECT_TRUE(large.eight_bit_left);
}

TEST(Recode, LongLinesThatCannotBeMendedAreTold) {
  const std::string line(999, 'x');
  const std::string end = "\r\n" + line + "\r\n";
  EXPECT_EQ(recode("A: b\r\n\r\n" + std::string(998, 'x') + "\r\n").message.size(), 1008U);
  EXPECT_NE(recode("A: b\r\n" + end).message, "A: b\r\n" + end);
  EXPECT_EQ(recode("A: b\r\n" + end).long_line, 0U);
  const std::string part = "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n";
  EXPECT_EQ(recode(part + end + "--b--\r\n").long_line, 5U);
  EXPECT_EQ(recode(part + end + "--b--\r\n").message, part + end + "--b--\r\n");
  EXPECT_EQ(recode("DKIM-Signature: x\r\n" + end).long_line, 3U);
  EXPECT_EQ(recode("Content-Type: message/partial\r\n" + end).long_line, 3U);
  EXPECT_EQ(recode("Content-Type: text/a\r\nContent-Type: text/b\r\n" + end).long_line, 4U);
  EXPECT_EQ(recode("A: b\r\n" + end, SIZE_MAX, {.part_bytes_max = 100}).long_line, 3U);
  const std::string mixed = "Content-Type: multipart/mixed; boundary=b\r\n";
  EXPECT_EQ(recode(mixed + end + "--b--\r\n").long_line, 3U);  // a preamble
  EXPECT_EQ(recode(mixed + "\r\n--b--" + end, 1).long_line, 4U);
}

TEST(Recode, BoundariesStay) {
  const std::string head = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
  const std::string text = std::string(1000, 'x') + "--b";
  const std::string message =
      head + "--b\r\n\r\n" + text + "\r\n--b\r\n" +
      "Content-Type: application/json\r\n\r\n\xe4\r\n\r\n--b\r\n\r\n\r\n--b--\r\n";
  const Done done = recode(message);
  const Bodies bodies(done.message);
  EXPECT_EQ(bodies.all, (std::vector<std::string>{text, "\xe4\r\n", ""}));
  EXPECT_EQ(bodies.parts.at(0).encoding, "quoted-printable");
  EXPECT_EQ(bodies.parts.at(1).encoding, "base64");
  EXPECT_LE(longest_line(done.message), text_line_bytes_max);
  EXPECT_TRUE(done.message.ends_with("--b\r\n\r\n\r\n--b--\r\n"));
}

TEST(Recode, EncodedLinesThatAreTooLongAreBroken) {
  std::mt19937 random(5);
  std::string bytes;
  for (int i = 0; i < 6000; ++i) bytes += static_cast<char>(random());
  const std::string base64 =
      "MIME-Version: 1.0\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      base::base64(bytes) + "\r\n";
  std::string quoted = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    const char c = "-=a"[random() % 3];
    text += c;
    quoted += c == '=' ? "=3D" : std::string(1, c);
  }
  quoted += "\r\n";
  for (const std::size_t chunk : {SIZE_MAX, std::size_t{1}, std::size_t{97}}) {
    const Done image = recode(base64, chunk);
    EXPECT_LE(longest_line(image.message), text_line_bytes_max);
    EXPECT_EQ(Bodies(image.message).all.front(), bytes);
    const Done broken = recode(quoted, chunk);
    EXPECT_LE(longest_line(broken.message), text_line_bytes_max);
    EXPECT_EQ(Bodies(broken.message).all.front(), text + "\r\n");
    EXPECT_FALSE(broken.message.contains("\n--"));
    EXPECT_EQ(image.long_line + broken.long_line, 0U);
  }
  EXPECT_EQ(recode("Content-Transfer-Encoding: base64\r\n\r\n" + std::string(9000, 'A') + "\r\n",
                   SIZE_MAX, {.edits_max = 3})
                .long_line,
            3U);
}

TEST(Recode, MemoryIsSharedAndGivenBack) {
  const std::string message = "Subject: a\r\n\r\n" + std::string(2'000, 'x') + "\r\n";
  base::Budget budget;
  const RecodeLimits limits{.part_bytes_max = 10'000,
                            .message_bytes_max = 10'000,
                            .all_bytes_max = 5'000,
                            .edits_max = 100};
  {
    LeafRecoder first(limits, &budget);
    first.feed(message);
    first.finish();
    EXPECT_EQ(first.long_line(), 0U);
    EXPECT_GT(budget.used, 2'000U);
    LeafRecoder second(limits, &budget);
    second.feed(message);
    second.feed(message);
    second.finish();
    EXPECT_TRUE(second.starved());
    EXPECT_NE(second.long_line(), 0U);
  }
  EXPECT_EQ(budget.used, 0U);
}

TEST(Recode, AnyBodyComesBackAndChunksDoNotMatter) {
  std::mt19937 random(6);
  for (int round = 0; round < 300; ++round) {
    std::string body;
    for (unsigned i = random() % 3000; i > 0; --i) {
      const unsigned kind = random() % 500;
      body += kind == 0 ? "\r\n" : kind == 1 ? "\xe4" : std::string(1, "ab --=."[random() % 7]);
    }
    const bool multipart = random() % 2 == 0;
    std::string message = "Subject: a\r\n\r\n" + body;
    if (multipart) {
      message = "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n\r\n" + body +
                "\r\n--=_b--\r\n";
    }
    const Done done = recode(message);
    ASSERT_EQ(done.long_line, 0U);
    ASSERT_FALSE(done.eight_bit_left);
    ASSERT_EQ(Bodies(done.message).all, std::vector<std::string>{body});
    ASSERT_LE(longest_line(done.message), text_line_bytes_max);
    ASSERT_EQ(recode(message, 1 + random() % 300).message, done.message);
  }
}

}  // namespace
}  // namespace message
