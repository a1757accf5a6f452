// Tests of inspection.h.
#include "tools/bench/inspection.h"

#include <gtest/gtest.h>

#include "tools/bench/message_maker.h"

namespace bench {
namespace {

std::string marked(std::uint64_t number, std::uint64_t size = 1000) {
  const auto maker = MessageMaker::make({.size = size, .from = "a@b", .to = "c@d", .host = "e"});
  auto draft = maker->draft();
  const auto text = maker->stamp(draft, number);
  return std::string(text.header).append(text.body);
}

Finding look(std::string_view message, std::size_t step = std::string_view::npos) {
  Inspection inspection;
  for (; !message.empty(); message.remove_prefix(std::min(step, message.size()))) {
    inspection.feed(message.substr(0, step));
  }
  return inspection.finish();
}

TEST(Inspection, KnowsAMessageAgainHoweverItIsCut) {
  const std::string message = "Received: from x\r\n\tby y\r\n" + marked(42);
  for (const std::size_t step : {std::string::npos, 1UL, 2UL, 3UL, 5UL, 64UL, 300UL, 999UL}) {
    const Finding found = look(message, step);
    EXPECT_EQ(found.kind, Finding::Kind::intact) << step;
    EXPECT_EQ(found.number, 42U);
    EXPECT_EQ(found.bytes, message.size());
  }
}

TEST(Inspection, SeesEveryDamage) {
  const std::string message = marked(7);
  const std::size_t body = message.find("\r\n\r\n") + 4;
  for (std::size_t at = body; at < message.size(); ++at) {
    std::string changed = message;
    changed[at] ^= 1;
    EXPECT_EQ(look(changed).kind, Finding::Kind::damaged);
    EXPECT_EQ(look(message.substr(0, at)).kind, Finding::Kind::damaged);
  }
  EXPECT_EQ(look(message + ".\r\n").kind, Finding::Kind::damaged);
  EXPECT_EQ(look(message.substr(0, body) + marked(8).substr(body)).kind, Finding::Kind::damaged)
      << "another message's body";
}

TEST(Inspection, OthersMailIsForeign) {
  EXPECT_EQ(look("Subject: a\r\n\r\n" + marked(1)).kind, Finding::Kind::foreign);
  EXPECT_EQ(look("").kind, Finding::Kind::foreign);
  EXPECT_EQ(look("X-Bench: number=1\r\n\r\nbody\r\n").kind, Finding::Kind::foreign);
  const std::string long_header(Inspection::header_bytes_max * 2, 'a');
  for (const std::size_t step : {std::string::npos, 1000UL}) {
    EXPECT_EQ(look("A: " + long_header + "\r\n" + marked(1), step).kind, Finding::Kind::foreign);
  }
}

TEST(Inspection, BeginsAnew) {
  Inspection inspection;
  for (const std::uint64_t number : {1U, 2U, 3U}) {
    inspection.feed(marked(number));
    const Finding found = inspection.finish();
    EXPECT_EQ(found.kind, Finding::Kind::intact);
    EXPECT_EQ(found.number, number);
  }
}

}  // namespace
}  // namespace bench
