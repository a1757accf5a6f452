// Tests of lib/mailauth: canonical headers and bodies; RFC 6376 §3.4.
#include <gtest/gtest.h>

#include "lib/mailauth/canonical_body.h"
#include "lib/mailauth/dkim_fixture.h"

namespace mailauth {
namespace {

class Collected final : public OctetSink {
 public:
  void put(std::string_view octets) override { text += octets; }
  std::string text;
};

std::string canonical_body(std::string_view body, Canonicalization how, std::size_t chunk_bytes) {
  Collected out;
  BodyCanonicalizer canonicalizer(how, out);
  for (std::size_t at = 0; at < body.size(); at += chunk_bytes) {
    canonicalizer.feed(body.substr(at, chunk_bytes));
  }
  canonicalizer.finish();
  return out.text;
}

std::string canonical_header(std::string_view header, Canonicalization how) {
  std::string out;
  for (const auto& field : all_fields(header)) append_canonical_field(out, field.whole, how);
  return out;
}

constexpr auto simple = Canonicalization::simple;
constexpr auto relaxed = Canonicalization::relaxed;

TEST(Canonical, ExampleOfRfc6376) {  // §3.4.5
  const std::string header = "A: X\r\nB : Y\t\r\n\tZ  \r\n";
  const std::string body = " C \r\nD \t E\r\n\r\n\r\n";
  EXPECT_EQ(canonical_header(header, relaxed), "a:X\r\nb:Y Z\r\n");
  EXPECT_EQ(canonical_header(header, simple), header);
  EXPECT_EQ(canonical_body(body, relaxed, 100), " C\r\nD E\r\n");
  EXPECT_EQ(canonical_body(body, simple, 100), " C \r\nD \t E\r\n");
}

struct BodyCase {
  std::string body;
  std::string in_simple;
  std::string in_relaxed;
};

const std::vector<BodyCase>& body_cases() {
  static const std::vector<BodyCase> cases = {
      {"", "\r\n", ""},
      {"\r\n", "\r\n", ""},
      {"\r\n\r\n\r\n", "\r\n", ""},
      {" \r\n\t\r\n", " \r\n\t\r\n", ""},
      {"a", "a\r\n", "a\r\n"},
      {"a\r\n", "a\r\n", "a\r\n"},
      {"a\r\n\r\n", "a\r\n", "a\r\n"},
      {"\r\na\r\n", "\r\na\r\n", "\r\na\r\n"},
      {"a \t b \r\n", "a \t b \r\n", "a b\r\n"},
      {"a \r\n \r\n", "a \r\n \r\n", "a\r\n"},
      {"a\r", "a\r\r\n", "a\r\r\n"},
      {"a\nb\r\n", "a\nb\r\n", "a\nb\r\n"},
      {"a\r\r\n", "a\r\r\n", "a\r\r\n"},
      {"a \rb\r\n", "a \rb\r\n", "a \rb\r\n"},
      {"\r", "\r\r\n", "\r\r\n"},
      {"a\r\n\r\n\rb", "a\r\n\r\n\rb\r\n", "a\r\n\r\n\rb\r\n"},
      {std::string(1, '\0') + "\r\n", std::string(1, '\0') + "\r\n", std::string(1, '\0') + "\r\n"},
      {"\xff  \xfe\r\n", "\xff  \xfe\r\n", "\xff \xfe\r\n"},
  };
  return cases;
}

TEST(Canonical, BodiesInAnyChunks) {
  for (const BodyCase& one : body_cases()) {
    for (std::size_t chunk = 1; chunk <= 4; ++chunk) {
      EXPECT_EQ(canonical_body(one.body, simple, chunk), one.in_simple) << one.body;
      EXPECT_EQ(canonical_body(one.body, relaxed, chunk), one.in_relaxed) << one.body;
    }
  }
}

// A body of random pieces gives the same octets however it is cut.
TEST(Canonical, ChunksDoNotMatter) {
  static constexpr std::string_view pieces[] = {" ",  "\t", "\r", "\n",      "\r\n",
                                                "ab", "c",  "\0", "\r\n\r\n"};
  io::sim::SeededRandom random(7);
  for (int round = 0; round < 60; ++round) {
    std::string body;
    const std::uint64_t length = random.below(3000);
    for (std::uint64_t i = 0; i < length; ++i) body += pieces[random.below(std::size(pieces))];
    if (round % 10 == 0) body += std::string(5000, 'x');
    body += "e\r\n";
    for (const auto how : {simple, relaxed}) {
      const std::string whole = canonical_body(body, how, body.size() + 1);
      for (const std::size_t chunk : {1UL, 2UL, 3UL, 61UL, 4096UL}) {
        ASSERT_TRUE(canonical_body(body, how, chunk) == whole) << round << " " << chunk;
      }
      // What is canonical stays as it is.
      EXPECT_TRUE(canonical_body(whole, how, 17) == whole) << round;
    }
  }
}

TEST(Canonical, Fields) {
  struct Case {
    std::string field;
    std::string in_relaxed;
  };
  const Case cases[] = {
      {"SubJect \t: \t a  b \t\r\n", "subject:a b\r\n"},
      {"X:\r\n", "x:\r\n"},
      {"X:\r\n \r\n", "x:\r\n"},
      {"X: a\r\n\t b\r\n\tc\r\n", "x:a b c\r\n"},
      {"X: a\r\n", "x:a\r\n"},
      {"X: a\n\tb\n", "x:a b\r\n"},
      {"X: a\rb\r\n", "x:a\rb\r\n"},
      {"X:a: b\r\n", "x:a: b\r\n"},
  };
  for (const Case& one : cases) EXPECT_EQ(canonical_header(one.field, relaxed), one.in_relaxed);
  EXPECT_EQ(canonical_header("X: a", simple), "X: a\r\n");
}

TEST(Canonical, FieldsAreChosenFromTheBottom) {
  const std::string header = "A: 1\r\nB: 2\r\nA: 3\r\n";
  const auto fields = all_fields(header);
  const FieldChooser chooser(fields);
  std::string out;
  chooser.append_chosen(out, {"a", "c", "a", "b", "a", "b"}, relaxed);
  EXPECT_EQ(out, "a:3\r\na:1\r\nb:2\r\n");
  EXPECT_EQ(chooser.count("a"), 2U);
  EXPECT_EQ(chooser.count("c"), 0U);
}

}  // namespace
}  // namespace mailauth
