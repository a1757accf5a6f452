// Tests of lib/milter: packets, options, commands and every reply, whole and cut at each octet.
#include <gtest/gtest.h>

#include "lib/milter/command.h"
#include "lib/milter/protocol.h"
#include "lib/milter/reply.h"
#include "lib/milter/wire.h"

namespace milter {
namespace {

using std::string_literals::operator""s;

// What one packet holds, read back.
Packet only(const std::string& octets) {
  PacketReader reader;
  reader.feed(octets);
  auto read = reader.next();
  EXPECT_TRUE(read && *read && reader.empty()) << octets;
  return read && *read ? std::move(**read) : Packet();
}

std::string number(std::uint32_t value) {
  std::string out;
  put_number(out, value);
  return out;
}

TEST(MilterWire, CutsPacketsWhereverTheyAreTorn) {
  const std::string octets = packet('c', "") + packet('b', "body") + packet('q', "why\0"s);
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    PacketReader reader;
    std::vector<Packet> got;
    for (const std::string& part : {octets.substr(0, cut), octets.substr(cut)}) {
      reader.feed(part);
      for (auto one = reader.next(); one && *one; one = reader.next()) got.push_back(**one);
    }
    const std::vector<Packet> want = {{'c', ""}, {'b', "body"}, {'q', "why\0"s}};
    EXPECT_EQ(got, want) << cut;
    EXPECT_TRUE(reader.empty());
  }
}

TEST(MilterWire, RefusesEmptyAndHugePackets) {
  PacketReader empty;
  empty.feed(number(0));
  EXPECT_EQ(empty.next().error().kind, base::ErrorKind::invalid);
  PacketReader huge;
  huge.feed(number(packet_bytes_max + 1));
  EXPECT_EQ(huge.next().error().kind, base::ErrorKind::limit);
  PacketReader largest;
  largest.feed(packet('b', std::string(packet_bytes_max - 1, 'x')));
  EXPECT_TRUE(*largest.next());
}

TEST(MilterOptions, AreAgreedOnStrictly) {
  const Offer offered;
  EXPECT_EQ(offer(offered), number(6) + number(0x1ff) + number(0x1ff7ff));
  const struct {
    std::string payload;
    bool good;
  } cases[] = {
      {number(6) + number(0x3f) + number(0), true},
      {number(2) + number(0x3f) + number(0x7f), true},
      {number(1) + number(0) + number(0), false},
      {number(7) + number(0) + number(0), false},
      {number(6) + number(0x200) + number(0), false},
      {number(6) + number(0) + number(flag::rejected_recipients), false},
      {number(6) + number(0) + number(0x10000000), false},
      {number(6) + number(0) + number(0) + number(2) + "i {mail_addr}\0"s, true},
      {number(6) + number(0) + number(0) + number(7) + "i\0"s, false},
      {number(6) + number(0) + number(0) + number(2) + "i", false},
      {number(6) + number(0) + number(0) + "x", false},
      {number(6) + number(0), false},
      {"", false},
  };
  for (const auto& c : cases) EXPECT_EQ(agree(offered, c.payload).has_value(), c.good);
}

TEST(MilterOptions, SayWhatIsWantedAndAnswered) {
  const auto agreed =
      agree({}, number(6) + number(action::quarantine) +
                    number(flag::no_helo | flag::no_reply_rcpt) + number(5) + "i j\0"s);
  ASSERT_TRUE(agreed);
  EXPECT_TRUE(agreed->wants(Stage::connect));
  EXPECT_FALSE(agreed->wants(Stage::helo));
  EXPECT_TRUE(agreed->answers(Stage::mail));
  EXPECT_FALSE(agreed->answers(Stage::rcpt));
  EXPECT_TRUE(agreed->may(action::quarantine));
  EXPECT_FALSE(agreed->may(action::change_body));
  EXPECT_EQ(agreed->macros[5], "i j");
  EXPECT_FALSE(agreed->macros[0]);
  // A filter that is older than DATA is not told of it.
  EXPECT_FALSE(agree({}, number(3) + number(0) + number(0))->wants(Stage::data));
}

TEST(MilterCommands, LookAsTheProtocolSays) {
  const struct {
    std::string wire;
    Packet packet;
  } cases[] = {
      {connect_command({.host = "a.example", .address = "192.0.2.1", .port = 258}),
       {'C',
        "a.example\0"
        "4\1\2"
        "192.0.2.1\0"s}},
      {connect_command({.host = "unknown", .address = "2001:db8::1", .port = 25, .v6 = true}),
       {'C',
        "unknown\0"
        "6\0\031"
        "2001:db8::1\0"s}},
      {connect_command({.host = "unknown", .address = {}}), {'C', "unknown\0U"s}},
      {helo_command("he\0lo"s), {'H', "helo\0"s}},
      {mail_command({"<a@b>", "SIZE=1"}), {'M', "<a@b>\0SIZE=1\0"s}},
      {rcpt_command({"<c@d>"}), {'R', "<c@d>\0"s}},
      {data_command(), {'T', ""}},
      {header_command("Subject", " hi\n there"), {'L', "Subject\0 hi\n there\0"s}},
      {end_of_headers_command(), {'N', ""}},
      {body_command("x\r\n\0"s), {'B', "x\r\n\0"s}},
      {end_of_body_command(), {'E', ""}},
      {unknown_command("WHAT"), {'U', "WHAT\0"s}},
      {abort_command(), {'A', ""}},
      {quit_command(), {'Q', ""}},
      {quit_new_connection_command(), {'K', ""}},
      {macro_command('M', {{"i", "id"}, {"{mail_addr}", "a@b"}}),
       {'D', "Mi\0id\0{mail_addr}\0a@b\0"s}},
      {options_command(number(6)), {'O', number(6)}},
  };
  for (const auto& c : cases) EXPECT_EQ(only(c.wire), c.packet) << c.packet.letter;
}

struct ReplyCase {
  Packet packet;
  Reply reply;
};

Reply simple(ReplyKind kind) {
  Reply out;
  out.kind = kind;
  return out;
}
Reply with(ReplyKind kind, std::string text, std::string parameters = {}) {
  Reply out = simple(kind);
  out.text = std::move(text);
  out.parameters = std::move(parameters);
  return out;
}
Reply field(ReplyKind kind, std::uint32_t index, std::string name, std::string value) {
  Reply out = with(kind, std::move(value));
  out.name = std::move(name);
  out.index = index;
  return out;
}
Reply refuses(Refusal refusal) {
  Reply out = simple(ReplyKind::refusal);
  out.refusal = std::move(refusal);
  return out;
}

std::vector<ReplyCase> every_reply() {
  using enum ReplyKind;
  return {
      {{'c', ""}, simple(go_on)},
      {{'a', ""}, simple(accept)},
      {{'r', ""}, simple(reject)},
      {{'d', ""}, simple(discard)},
      {{'t', ""}, simple(tempfail)},
      {{'s', ""}, simple(skip)},
      {{'4', ""}, simple(shutdown)},
      {{'f', ""}, simple(fail)},
      {{'p', ""}, simple(progress)},
      {{'O', "xyz"}, with(options, "xyz")},
      {{'y', "550 5.7.1 no\0"s}, refuses({550, {{5, 7, 1}}, {"no"}})},
      {{'y', "451 later 100%%\0"s}, refuses({451, {}, {"later 100%"}})},
      {{'y', "554-5.7.0 one\r\n554 5.7.0 two\0"s}, refuses({554, {{5, 7, 0}}, {"one", "two"}})},
      {{'y', "550 4.7.1 mixed\0"s}, refuses({550, {}, {"4.7.1 mixed"}})},
      {{'y', "550\0"s}, refuses({550, {}, {""}})},
      {{'h', "X-A\0 b\n c\0"s}, field(add_header, 0, "X-A", " b\n c")},
      {{'i', number(3) + "X-A\0b\0"s}, field(insert_header, 3, "X-A", "b")},
      {{'m', number(1) + "X-A\0\0"s}, field(change_header, 1, "X-A", "")},
      {{'b', "chunk\0"s}, with(replace_body, "chunk\0"s)},
      {{'+', "<a@b>\0"s}, with(add_recipient, "<a@b>")},
      {{'2', "<a@b>\0NOTIFY=NEVER\0"s}, with(add_recipient, "<a@b>", "NOTIFY=NEVER")},
      {{'2', "<a@b>\0"s}, with(add_recipient, "<a@b>")},
      {{'-', "<a@b>\0"s}, with(delete_recipient, "<a@b>")},
      {{'e', "<a@b>\0"s}, with(change_sender, "<a@b>")},
      {{'e', "<>\0SIZE=1\0"s}, with(change_sender, "<>", "SIZE=1")},
      {{'q', "why\0"s}, with(quarantine, "why")},
  };
}

TEST(MilterReplies, AreRead) {
  for (const ReplyCase& c : every_reply()) {
    const auto reply = read_reply(c.packet);
    ASSERT_TRUE(reply) << c.packet.letter << " " << reply.error().text();
    EXPECT_EQ(*reply, c.reply) << c.packet.letter;
    EXPECT_FALSE(to_string(reply->kind).empty());
    EXPECT_FALSE(reply->ends_the_wait() && reply->is_change());
  }
}

TEST(MilterReplies, CutAtAnyOctetAreRefusedOrOthers) {
  for (const ReplyCase& c : every_reply()) {
    for (std::size_t cut = 0; cut < c.packet.payload.size(); ++cut) {
      const auto reply = read_reply({c.packet.letter, c.packet.payload.substr(0, cut)});
      // Chunks and options have no end of their own; one optional text may be missing.
      const bool open = std::string_view("bO").find(c.packet.letter) != std::string_view::npos;
      const bool optional = !c.reply.parameters.empty() && reply && reply->parameters.empty();
      EXPECT_EQ(reply.has_value(), open || optional) << c.packet.letter << cut;
    }
  }
}

TEST(MilterReplies, ThatAreNoneAreRefused) {
  const std::vector<Packet> cases = {
      {'z', ""},
      {'\0', ""},
      {'c', "x"},
      {'a', "\0"s},
      {'p', "x"},
      {'y', "250 2.0.0 fine\0"s},
      {'y', "600 no\0"s},
      {'y', "55 no\0"s},
      {'y', "\0"s},
      {'y', "550xno\0"s},
      {'y', "550-no\0"s},
      {'y', "550-one\r\n451 two\0"s},
      {'y', "550 one\r\n550 two\0"s},
      {'y', "550 one\0two\0"s},
      {'y', "550 " + std::string(1000, 'x') + '\0'},
      {'h', "\0value\0"s},
      {'h', "a b\0value\0"s},
      {'h', "a:b\0value\0"s},
      {'h', "a\nb\0value\0"s},
      {'h', "a\0b\0c"s},
      {'m',
       "\xff\xff\xff\xff"
       "a\0b\0"s},
      {'+', "\0"s},
      {'+', "a@b\0c\0d\0"s},
      {'-', "a@b\0x\0"s},
      {'q', "why\0more"s},
      {'b', std::string(chunk_bytes_max + 1, 'x')},
  };
  for (const Packet& c : cases) EXPECT_FALSE(read_reply(c)) << c.letter << c.payload.substr(0, 30);
  std::string lines;
  for (std::size_t i = 0; i <= refusal_lines_max; ++i) lines += "550-x\r\n";
  EXPECT_FALSE(read_reply({'y', lines + "550 x" + '\0'}));
}

}  // namespace
}  // namespace milter
