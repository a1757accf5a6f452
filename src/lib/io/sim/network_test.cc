// Tests of network.h, stream.h and script.h.
#include "lib/io/sim/network.h"

#include <gtest/gtest.h>

#include "lib/io/deadline.h"
#include "lib/io/ref.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/script.h"

namespace io::sim {
namespace {

using base::ErrorKind;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

class NetworkTest : public testing::Test {
 protected:
  // A connected pair: ours_ at the client, theirs_ at the server.
  void connect() {
    if (listener_ == nullptr) listener_ = server_.doors().network.listen({{}, 25}, {}).value();
    ours_ = world_.run(client_.doors().network.connect(to_, std::nullopt)).value();
    theirs_ = world_.run(listener_->accept()).value();
  }
  Clock& clock() { return client_.doors().clock; }
  ErrorKind connect_error(Endpoint to) {
    auto stream = world_.run(client_.doors().network.connect(to, std::nullopt));
    EXPECT_FALSE(stream);
    return stream ? ErrorKind::unsupported : stream.error().kind;
  }

  World world_{3};
  Host server_{world_, {"192.0.2.1", "2001:db8::1"}};
  Host client_{world_, {"198.51.100.7"}};
  Endpoint to_ = *Endpoint::parse("192.0.2.1:25");
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Stream> ours_;
  std::unique_ptr<Stream> theirs_;
};

Task<std::string> read_once(Ref<Stream> stream, std::size_t bytes_max = 1000) {
  std::string bytes(bytes_max, '\0');
  auto count = co_await stream->read_some(bytes);
  if (!count) co_return "<" + std::string(base::to_string(count.error().kind)) + ">";
  bytes.resize(*count);
  co_return bytes;
}

Task<std::string> write_all(Ref<Stream> stream, std::string bytes) {
  auto written = co_await stream->write(std::string_view(bytes));
  co_return written ? "ok" : std::string(base::to_string(written.error().kind));
}

Task<void> note_read(Ref<Stream> stream, Ref<std::string> into) {
  *into = co_await read_once(stream);
}

Task<void> note_write(Ref<Stream> stream, std::string bytes, Ref<std::string> into) {
  *into = co_await write_all(stream, std::move(bytes));
}

TEST_F(NetworkTest, CarriesBytesWithLatency) {
  world_.internet().options().latency = 500us;
  connect();
  EXPECT_EQ(ours_->peer(), to_);
  EXPECT_EQ(theirs_->peer(), ours_->local());
  EXPECT_EQ(ours_->local().address.text(), "198.51.100.7");
  const base::Instant before = world_.now();
  EXPECT_EQ(world_.run(write_all(*ours_, "EHLO x\r\n")), "ok");
  EXPECT_EQ(world_.run(read_once(*theirs_)), "EHLO x\r\n");
  EXPECT_EQ(world_.now() - before, 500us);
}

Task<std::string> wait_and_read(Ref<Stream> stream) {
  if (auto ready = co_await stream->wait_readable(); !ready) co_return "<not readable>";
  co_return co_await read_once(stream);
}

Task<void> note_wait_and_read(Ref<Stream> stream, Ref<std::string> into) {
  *into = co_await wait_and_read(stream);
}

TEST_F(NetworkTest, WaitsUntilThereIsSomethingToRead) {
  connect();
  std::string heard;
  TaskGroup group;
  group.spawn(note_wait_and_read(*theirs_, heard));
  world_.run_until_idle();
  EXPECT_EQ(heard, "");
  EXPECT_EQ(world_.run(write_all(*ours_, "NOOP")), "ok");
  world_.run_until_idle();
  EXPECT_EQ(heard, "NOOP");
  ours_.reset();
  EXPECT_EQ(world_.run(wait_and_read(*theirs_)), "<closed>");
}

TEST_F(NetworkTest, WritesPiecesInOrder) {
  connect();
  const std::array<std::string_view, 3> pieces = {"a", "", "bc"};
  EXPECT_TRUE(world_.run(ours_->write(std::span<const std::string_view>(pieces))));
  world_.run_until_idle();
  EXPECT_EQ(world_.run(read_once(*theirs_, 2)), "ab");
  EXPECT_EQ(world_.run(read_once(*theirs_)), "c");
}

TEST_F(NetworkTest, ConnectErrors) {
  EXPECT_EQ(connect_error(to_), ErrorKind::refused);
  EXPECT_EQ(connect_error(*Endpoint::parse("203.0.113.1:25")), ErrorKind::unreachable);
  EXPECT_EQ(connect_error(*Endpoint::parse("[2001:db8::1]:25")), ErrorKind::unreachable);  // no v6
  world_.internet().blackhole(to_.address);
  const base::Instant before = world_.now();
  EXPECT_EQ(connect_error(to_), ErrorKind::timed_out);
  EXPECT_EQ(world_.now() - before, 127s);
  auto early =
      world_.run(with_timeout(clock(), 30s, client_.doors().network.connect(to_, std::nullopt)));
  EXPECT_EQ(early.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(world_.now() - before, 157s);
}

TEST_F(NetworkTest, ConnectFromAChosenAddress) {
  connect();
  auto stream = world_.run(client_.doors().network.connect(to_, IpAddress::parse("203.0.113.9")));
  EXPECT_EQ(stream.error().kind, ErrorKind::unreachable);
}

TEST_F(NetworkTest, ListenRules) {
  Network& network = server_.doors().network;
  auto first = network.listen(to_, {.share_port = true});
  ASSERT_TRUE(first);
  EXPECT_EQ(network.listen({{}, 25}, {}).error().kind, ErrorKind::busy);
  EXPECT_TRUE(network.listen(to_, {.share_port = true}));
  EXPECT_EQ(network.listen(*Endpoint::parse("9.9.9.9:25"), {}).error().kind,
            ErrorKind::unreachable);
  auto any = network.listen({{}, 0}, {});
  EXPECT_NE((*any)->local().port, 0);
  first->reset();
  EXPECT_TRUE(network.listen(to_, {}));
}

TEST_F(NetworkTest, LoopbackStaysOnItsHost) {
  auto listener = client_.doors().network.listen(*Endpoint::parse("127.0.0.1:25"), {}).value();
  auto stream =
      world_.run(client_.doors().network.connect(*Endpoint::parse("127.0.0.1:25"), std::nullopt));
  EXPECT_TRUE(stream);
  EXPECT_EQ(connect_error(*Endpoint::parse("127.0.0.1:26")), ErrorKind::refused);
  auto elsewhere =
      world_.run(server_.doors().network.connect(*Endpoint::parse("127.0.0.1:25"), std::nullopt));
  EXPECT_EQ(elsewhere.error().kind, ErrorKind::refused);
}

TEST_F(NetworkTest, UnixSockets) {
  Network& network = server_.doors().network;
  EXPECT_EQ(world_.run(network.connect_unix("/run/x")).error().kind, ErrorKind::not_found);
  auto listener = network.listen_unix("/run/x", 0600).value();
  auto stream = world_.run(network.connect_unix("/run/x")).value();
  auto other = world_.run(listener->accept()).value();
  EXPECT_EQ(world_.run(write_all(*stream, "hello")), "ok");
  EXPECT_EQ(world_.run(read_once(*other)), "hello");
  EXPECT_EQ(world_.run(client_.doors().network.connect_unix("/run/x")).error().kind,
            ErrorKind::not_found);
}

TEST_F(NetworkTest, WriterWaitsForItsReader) {
  connect();
  world_.internet().options().pipe_bytes_max = 1000;
  std::string written;
  TaskGroup group;
  group.spawn(note_write(*ours_, std::string(2500, 'x'), written));
  world_.run_until_idle();
  EXPECT_EQ(written, "");
  std::string got;
  while (got.size() < 2500) got += world_.run(read_once(*theirs_, 600));
  world_.run_until_idle();
  EXPECT_EQ(written, "ok");
  EXPECT_EQ(got, std::string(2500, 'x'));
}

TEST_F(NetworkTest, ShutdownIsAnOrderlyEnd) {
  connect();
  EXPECT_EQ(world_.run(write_all(*ours_, "QUIT")), "ok");
  EXPECT_TRUE(world_.run(ours_->shutdown()));
  EXPECT_EQ(world_.run(read_once(*theirs_)), "QUIT");
  EXPECT_EQ(world_.run(read_once(*theirs_)), "<closed>");
  EXPECT_EQ(world_.run(read_once(*theirs_)), "<closed>");
  EXPECT_EQ(world_.run(write_all(*theirs_, "221")), "ok");  // the other direction goes on
  EXPECT_EQ(world_.run(read_once(*ours_)), "221");
  EXPECT_EQ(world_.run(write_all(*ours_, "more")), "reset");
}

TEST_F(NetworkTest, CloseIsSeenByThePeer) {
  connect();
  ours_.reset();
  EXPECT_EQ(world_.run(read_once(*theirs_)), "<closed>");
  EXPECT_EQ(world_.run(write_all(*theirs_, "into the void")), "ok");
  world_.run_until_idle();
  EXPECT_EQ(world_.run(write_all(*theirs_, "x")), "reset");
}

TEST_F(NetworkTest, CloseWithUnreadBytesIsAReset) {
  connect();
  EXPECT_EQ(world_.run(write_all(*theirs_, "220 hello")), "ok");
  world_.run_until_idle();
  ours_.reset();
  EXPECT_EQ(world_.run(read_once(*theirs_)), "<reset>");
}

TEST_F(NetworkTest, ResetWakesBothDirections) {
  connect();
  world_.internet().options().pipe_bytes_max = 10;
  std::string read;
  std::string written;
  TaskGroup group;
  group.spawn(note_read(*theirs_, read));
  group.spawn(note_write(*theirs_, std::string(100, 'x'), written));
  world_.run_until_idle();
  reset(*ours_);
  world_.run_until_idle();
  EXPECT_EQ(read, "<reset>");
  EXPECT_EQ(written, "reset");
}

TEST_F(NetworkTest, CancelledReadLosesNothing) {
  connect();
  std::string read;
  TaskGroup group;
  group.spawn(note_read(*theirs_, read));
  world_.run_until_idle();
  world_.run(group.stop());
  EXPECT_EQ(read, "<cancelled>");
  EXPECT_EQ(world_.run(write_all(*ours_, "later")), "ok");
  EXPECT_EQ(world_.run(read_once(*theirs_)), "later");
}

TEST_F(NetworkTest, AcceptAndWriteCanBeCancelled) {
  connect();
  world_.internet().options().pipe_bytes_max = 10;
  auto accepted = world_.run(with_timeout(clock(), 1s, listener_->accept()));
  EXPECT_EQ(accepted.error().kind, ErrorKind::timed_out);
  std::string written;
  TaskGroup group;
  group.spawn(note_write(*ours_, std::string(100, 'x'), written));
  world_.run_until_idle();
  world_.run(group.stop());
  EXPECT_EQ(written, "cancelled");
}

TEST_F(NetworkTest, EndedListenerResetsWhoWaits) {
  connect();
  auto waiting = world_.run(client_.doors().network.connect(to_, std::nullopt)).value();
  listener_.reset();
  EXPECT_EQ(world_.run(read_once(*waiting)), "<reset>");
  EXPECT_EQ(connect_error(to_), ErrorKind::refused);
}

TEST_F(NetworkTest, RandomSegmentsKeepTheBytes) {
  world_.internet().options().random_segments = true;
  world_.internet().options().jitter = 1000us;
  connect();
  std::string sent;
  for (int i = 0; i < 50; ++i) {
    const std::string part = "line " + std::to_string(i) + "\r\n";
    EXPECT_EQ(world_.run(write_all(*ours_, part)), "ok");
    sent += part;
  }
  ours_.reset();
  std::string got;
  int reads = 0;
  for (std::string part; (part = world_.run(read_once(*theirs_))) != "<closed>"; ++reads) {
    got += part;
  }
  EXPECT_EQ(got, sent);
  EXPECT_GT(reads, 5);
}

class OneWriteFault final : public NetworkFaults {
 public:
  explicit OneWriteFault(WriteFault fault) : fault_(fault) {}
  WriteFault on_write(const Endpoint& /*from*/, const Endpoint& /*to*/,
                      std::size_t /*bytes*/) override {
    return std::exchange(fault_, {});
  }

 private:
  WriteFault fault_;
};

TEST_F(NetworkTest, WriteFaults) {
  struct Case {
    WriteFault::Kind kind;
    const char* written;
    const char* then;  // what the peer reads after "abc"
  };
  for (const Case& c : {Case{WriteFault::Kind::reset, "reset", "<reset>"},
                        Case{WriteFault::Kind::half_close, "ok", "<closed>"},
                        Case{WriteFault::Kind::stall, "ok", "<timed out>"}}) {
    connect();
    OneWriteFault fault({c.kind, 3, {}});
    world_.internet().set_faults(&fault);
    EXPECT_EQ(world_.run(write_all(*ours_, "abcdef")), c.written);
    world_.internet().set_faults(nullptr);
    EXPECT_EQ(world_.run(read_once(*theirs_)), "abc");
    std::string bytes(10, '\0');
    auto next = world_.run(with_timeout(clock(), 60s, theirs_->read_some(bytes)));
    EXPECT_EQ("<" + std::string(base::to_string(next.error().kind)) + ">", c.then);
  }
}

TEST_F(NetworkTest, ConnectAndReadFaults) {
  listener_ = server_.doors().network.listen(to_, {}).value();
  RandomFaults refusing(1, {.connect_refused = 1});
  world_.internet().set_faults(&refusing);
  EXPECT_EQ(connect_error(to_), ErrorKind::refused);
  RandomFaults silent(1, {.connect_timeout = 1});
  world_.internet().set_faults(&silent);
  EXPECT_EQ(connect_error(to_), ErrorKind::timed_out);
  RandomFaults breaking(1, {.read_reset = 1});
  world_.internet().set_faults(&breaking);
  connect();
  EXPECT_EQ(world_.run(read_once(*ours_)), "<reset>");
  world_.internet().set_faults(nullptr);
  EXPECT_EQ(world_.run(read_once(*theirs_)), "<reset>");
}

TEST_F(NetworkTest, ScriptedDialogue) {
  connect();
  Peer server(std::move(theirs_));
  Peer client(std::move(ours_));
  EXPECT_TRUE(world_.run(server.send("220 mx\r\n250-mx\r\n250 SIZE\r\nlast")));
  EXPECT_EQ(world_.run(client.read_line()), "220 mx");
  EXPECT_EQ(world_.run(client.command("EHLO c")), "250-mx\n250 SIZE");
  server.close();
  EXPECT_EQ(world_.run(play(&client, {"S: last", "S: <closed>"})), "");
  EXPECT_EQ(world_.run(play(&client, {"S: 250 *"})),
            "line 1: expected \"250 *\", got \"<closed>\"");
}

TEST_F(NetworkTest, DialedPeerPlaysAScript) {
  listener_ = server_.doors().network.listen(to_, {}).value();
  auto client = world_.run(dial(client_.doors().network, to_));
  Peer server(world_.run(listener_->accept()).value());
  EXPECT_TRUE(world_.run(server.send("220 mx.example.org ESMTP\r\n")));
  EXPECT_EQ(world_.run(play(client.get(), {"S: 220 mx.*", "C: QUIT"})), "");
  EXPECT_EQ(world_.run(server.read_line()), "QUIT");
}

}  // namespace
}  // namespace io::sim
