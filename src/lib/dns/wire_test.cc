// Tests of wire.h and server_resolver.h: replies of name servers, honest and not.
#include "lib/dns/wire.h"

#include <gtest/gtest.h>

#include "lib/dns/server_resolver.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"

namespace dns {
namespace {

using namespace std::string_literals;

const WireQuestion question{.id = 0x1234, .name = "a.test", .type = Type::txt};
const std::string asked = "\1a\4test\0\0\x10\0\1"s;
const std::string pointer = "\xc0\x0c"s;  // to the name of the question

std::string head(char flags_high, char flags_low, char answers) {
  return "\x12\x34"s + flags_high + flags_low + "\0\1\0"s + answers + "\0\0\0\0"s + asked;
}
std::string record(const std::string& name, char type, const std::string& data) {
  return name + '\0' + type + "\0\1\0\0\0\x3c\0"s + static_cast<char>(data.size()) + data;
}
const std::string text = record(pointer, 16, "\5hello\6 world"s);

TEST(Wire, AQueryIsWrittenAndNamesAreChecked) {
  EXPECT_EQ(*write_query(question), "\x12\x34\0\0\0\1\0\0\0\0\0\0"s + asked);
  for (const std::string& name : {""s, "a..test"s, ".test"s, std::string(64, 'a') + ".test", [] {
                                    std::string long_name = "test";
                                    for (int i = 0; i < 130; ++i) long_name += ".a";
                                    return long_name;
                                  }()}) {
    EXPECT_FALSE(write_query({.id = 1, .name = name, .type = Type::txt})) << name;
  }
}

struct Case {
  const char* what;
  std::string reply;
  Status status;
  std::string data;  // of the first record, or a part of why
};

TEST(Wire, Replies) {
  const char reply_aa = static_cast<char>(0x84);
  const Case cases[] = {
      {"a record", head(reply_aa, 0, 1) + text, Status::ok, "hello world"},
      {"in upper case", "\x12\x34\x84\0\0\1\0\1\0\0\0\0\1A\4TEST\0\0\x10\0\1"s + text, Status::ok,
       "hello world"},
      {"none of the type", head(reply_aa, 0, 0), Status::no_data, ""},
      {"no such name", head(reply_aa, 3, 0), Status::no_name, ""},
      {"of another name", head(reply_aa, 0, 1) + record("\1b\4test\0"s, 16, "\1x"), Status::no_data,
       ""},
      {"SERVFAIL", head(reply_aa, 2, 0), Status::trouble, "SERVFAIL"},
      {"REFUSED", head(static_cast<char>(0x80), 5, 0), Status::trouble, "REFUSED"},
      {"a referral", head(static_cast<char>(0x80), 0, 0), Status::trouble, "not authoritative"},
      {"cut", head(static_cast<char>(0x86), 0, 1) + text, Status::trouble, "cut"},
      {"a question", head(4, 0, 1) + text, Status::trouble, "another"},
      {"another id", "\0\0"s + head(reply_aa, 0, 0).substr(2), Status::trouble, "another"},
      {"nothing", "", Status::trouble, "header"},
      {"a pointer to itself", head(reply_aa, 0, 1) + "\xc0\x18\0\x10\0\1"s, Status::trouble,
       "malformed"},
      {"a record that ends early", head(reply_aa, 0, 1) + text.substr(0, text.size() - 1),
       Status::trouble, "malformed"},
      {"fewer records than said", head(reply_aa, 0, 2) + text, Status::trouble, "malformed"},
      {"a string beyond its record", head(reply_aa, 0, 1) + record(pointer, 16, "\x09hello"),
       Status::trouble, "malformed"},
      {"a CNAME and its target",
       head(reply_aa, 0, 2) + record(pointer, 5, "\1b\xc0\x0e"s) +
           record("\1b\xc0\x0e"s, 16, "\1x"),
       Status::ok, "x"},
  };
  for (const Case& one : cases) {
    const Answer answer = read_reply(one.reply, question);
    EXPECT_EQ(answer.status, one.status) << one.what << ": " << answer.why;
    if (one.status == Status::ok) {
      ASSERT_EQ(answer.records.size(), 1U) << one.what;
      EXPECT_EQ(answer.records[0].data, one.data) << one.what;
    } else {
      EXPECT_NE(answer.why.find(one.data), std::string::npos) << one.what << ": " << answer.why;
    }
  }
}

TEST(Wire, WhereACnameLeadsElsewhere) {
  const std::string reply =
      head(static_cast<char>(0x84), 0, 1) + record(pointer, 5, "\1k\4else\0"s);
  const Answer answer = read_reply(reply, question);
  EXPECT_EQ(answer.status, Status::ok);
  EXPECT_TRUE(answer.records.empty());
  EXPECT_EQ(answer.canonical_name, "k.else");
}

// --- server_resolver.h ---------------------------------------------------------------------------

io::Task<void> serve_once(io::Listener* listener, std::string reply) {
  auto stream = co_await listener->accept();
  if (!stream) co_return;
  io::sim::Peer peer(std::move(*stream));
  const std::string length = co_await peer.read_bytes(2);
  (void)co_await peer.read_bytes(static_cast<unsigned char>(length[1]));
  if (reply.empty()) {
    (void)co_await peer.read_all();  // never says anything
    co_return;
  }
  // In two parts: TCP may cut wherever it likes.
  std::string octets = "\0"s + static_cast<char>(reply.size()) + reply;
  (void)co_await peer.send(octets.substr(0, 1));
  (void)co_await peer.send(octets.substr(1));
}

Answer ask_server(const std::string& reply) {
  io::sim::World world(1);
  io::sim::Host server(world, {"192.0.2.53"});
  io::sim::Host client(world, {"192.0.2.1"});
  ZoneResolver elsewhere("k.else TXT moved\n");
  auto listener = server.network().listen(*io::Endpoint::parse("192.0.2.53:53"), {});
  io::TaskGroup serving;
  serving.spawn(serve_once(listener->get(), reply));
  ServerResolver resolver({.network = client.network(),
                           .clock = client.doors().clock,
                           .elsewhere = elsewhere,
                           .server = *io::Endpoint::parse("192.0.2.53:53"),
                           .timeout = std::chrono::seconds(5)});
  Answer answer = world.run(resolver.query("A.test.", Type::txt));
  world.run(serving.stop());
  return answer;
}

std::string to_resolver(std::string reply) { return reply.replace(0, 2, "\x53\x50"); }

TEST(ServerResolver, AsksOneServerOverTcp) {
  const Answer answer = ask_server(to_resolver(head(static_cast<char>(0x84), 0, 1) + text));
  ASSERT_EQ(answer.status, Status::ok) << answer.why;
  EXPECT_EQ(answer.records[0].data, "hello world");
}

TEST(ServerResolver, GoesWhereACnameLeads) {
  const Answer answer = ask_server(
      to_resolver(head(static_cast<char>(0x84), 0, 1) + record(pointer, 5, "\1k\4else\0"s)));
  ASSERT_EQ(answer.status, Status::ok) << answer.why;
  EXPECT_EQ(answer.records[0].data, "moved");
}

TEST(ServerResolver, SilenceIsTroubleAfterTheTimeout) {
  const Answer answer = ask_server("");
  EXPECT_EQ(answer.status, Status::trouble);
  EXPECT_NE(answer.why.find("timed out"), std::string::npos) << answer.why;
}

}  // namespace
}  // namespace dns
