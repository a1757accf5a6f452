// Tests of stream.h, listener.h and network.h on the loopback interface.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/io/real/loop_test.h"

namespace io::real {
namespace {

using base::ErrorKind;

class StreamTest : public LoopTest {};

TEST_F(StreamTest, EchoesBothWays) {
  const auto listener = listen();
  auto [client, server] = connect(*listener);
  ASSERT_TRUE(run(client->write("EHLO a\r\n")));
  EXPECT_EQ(read(*server), "EHLO a\r\n");
  ASSERT_TRUE(run(server->write("250 b\r\n")));
  EXPECT_EQ(read(*client), "250 b\r\n");
  EXPECT_EQ(client->local(), server->peer());
  EXPECT_EQ(server->local(), listener->local());
  EXPECT_EQ(client->peer(), listener->local());
  EXPECT_EQ(client->tls(), nullptr);
}

TEST_F(StreamTest, GathersPiecesInOrder) {
  auto [client, server] = connect();
  std::vector<std::string> texts;
  std::string all;
  texts.reserve(200);
  for (int i = 0; i < 200; ++i) texts.push_back(i % 5 == 0 ? "" : std::to_string(i) + ",");
  for (const std::string& text : texts) all += text;
  const std::vector<std::string_view> pieces(texts.begin(), texts.end());
  std::optional<base::Result<>> sent;
  start(client->write(pieces), sent);
  finish();
  ASSERT_TRUE(*sent);
  client.reset();
  EXPECT_EQ(run(read_all(*server, 1 << 20)).value_or("failed"), all);
}

TEST_F(StreamTest, EmptyWriteDoesNothing) {
  auto [client, server] = connect();
  EXPECT_TRUE(run(client->write("")));
  const std::array<std::string_view, 3> pieces = {"", "x", ""};
  EXPECT_TRUE(run(client->write(pieces)));
  EXPECT_EQ(read(*server), "x");
}

TEST_F(StreamTest, ReadsInSmallBuffersLoseNothing) {
  auto [client, server] = connect();
  const std::string all = pattern(3000);
  ASSERT_TRUE(run(write_and_end(*client, all)));
  std::string got;
  for (std::string part = read(*server, 7); part != "(closed)"; part = read(*server, 7))
    got += part;
  EXPECT_EQ(got, all);
}

TEST_F(StreamTest, HalfCloseLetsTheOtherDirectionGoOn) {
  auto [client, server] = connect();
  ASSERT_TRUE(run(client->write("last words")));
  ASSERT_TRUE(run(client->shutdown()));
  EXPECT_EQ(read(*server), "last words");
  EXPECT_EQ(read(*server), "(closed)");
  ASSERT_TRUE(run(server->write("answer")));
  EXPECT_EQ(read(*client), "answer");
  server.reset();
  EXPECT_EQ(read(*client), "(closed)");
}

TEST_F(StreamTest, BigTransferWithBackPressure) {
  auto [client, server] = connect();
  const std::string all = pattern(24 << 20);
  std::optional<base::Result<>> sent;
  start(write_and_end(*client, all), sent);
  turn();
  EXPECT_FALSE(sent.has_value());  // the kernel's buffers are full and nobody reads
  std::optional<base::Result<std::string>> received;
  start(read_all(*server, all.size() + 1), received);
  finish();
  ASSERT_TRUE(*sent);
  ASSERT_TRUE(*received);
  EXPECT_TRUE(**received == all);
}

TEST_F(StreamTest, BothDirectionsAtOnce) {
  auto [client, server] = connect();
  const std::string all = pattern(4 << 20);
  std::optional<base::Result<>> sent[2];
  std::optional<base::Result<std::string>> received[2];
  start(write_and_end(*client, all), sent[0]);
  start(write_and_end(*server, all), sent[1]);
  start(read_all(*client, all.size() + 1), received[0]);
  start(read_all(*server, all.size() + 1), received[1]);
  finish();
  for (const auto& result : received) EXPECT_TRUE(result->value_or("") == all);
}

TEST_F(StreamTest, CancelledReadLosesNothing) {
  auto [client, server] = connect();
  std::string buffer(100, '\0');
  std::optional<base::Result<std::size_t>> got;
  start(server->read_some(buffer), got);
  turn();
  EXPECT_FALSE(got.has_value());
  cancel();
  finish();
  ASSERT_TRUE(got.has_value() && !*got);
  EXPECT_EQ(got->error().kind, ErrorKind::cancelled);
  ASSERT_TRUE(run(client->write("later")));
  EXPECT_EQ(read(*server), "later");
}

TEST_F(StreamTest, WaitsUntilThereIsSomethingToRead) {
  auto [client, server] = connect();
  std::optional<base::Result<>> readable;
  start(server->wait_readable(), readable);
  turn();
  EXPECT_FALSE(readable);
  ASSERT_TRUE(run(client->write("NOOP")));
  finish();
  EXPECT_TRUE(*readable);
  EXPECT_TRUE(run(server->wait_readable()));  // it is still there
  EXPECT_EQ(read(*server), "NOOP");
  std::optional<base::Result<>> cancelled;
  start(server->wait_readable(), cancelled);
  turn();
  cancel();
  finish();
  EXPECT_EQ(cancelled->error().kind, ErrorKind::cancelled);
  client.reset();
  EXPECT_TRUE(run(server->wait_readable()));  // the end is something to read, too
  EXPECT_EQ(read(*server), "(closed)");
}

TEST_F(StreamTest, CancelledReadLeavesTheWriteAlone) {
  auto [client, server] = connect();
  const std::string all = pattern(8 << 20);
  std::optional<base::Result<>> sent;
  start(write_and_end(*server, all), sent);
  turn();
  std::string buffer(100, '\0');
  const auto got =
      run(with_timeout(doors_.clock, std::chrono::milliseconds(1), server->read_some(buffer)));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::timed_out);
  EXPECT_FALSE(sent.has_value());
  EXPECT_TRUE(run(read_all(*client, all.size() + 1)).value_or("") == all);
  finish();
}

TEST_F(StreamTest, CancelledTaskStartsNothingNew) {
  auto [client, server] = connect();
  ASSERT_TRUE(run(client->write("there")));
  cancel();
  std::string buffer(100, '\0');
  std::optional<base::Result<std::size_t>> got;
  std::optional<base::Result<>> sent;
  std::optional<Network::StreamResult> accepted;
  start(server->read_some(buffer), got);
  start(server->write("x"), sent);
  const auto listener = listen();
  start(listener->accept(), accepted);
  finish();
  EXPECT_EQ(got->error().kind, ErrorKind::cancelled);
  EXPECT_EQ(sent->error().kind, ErrorKind::cancelled);
  EXPECT_EQ(accepted->error().kind, ErrorKind::cancelled);
  EXPECT_EQ(read(*server), "there");
}

TEST_F(StreamTest, DeadlinesOfReadWriteAndAccept) {
  const auto listener = listen();
  auto [client, server] = connect(*listener);
  const auto soon = std::chrono::milliseconds(2);
  std::string buffer(100, '\0');
  const auto got = run(with_timeout(doors_.clock, soon, server->read_some(buffer)));
  EXPECT_EQ(got.error().kind, ErrorKind::timed_out);
  const std::string all = pattern(16 << 20);
  const auto sent = run(with_timeout(doors_.clock, soon, server->write(all)));
  EXPECT_EQ(sent.error().kind, ErrorKind::timed_out);
  const auto accepted = run(with_timeout(doors_.clock, soon, listener->accept()));
  EXPECT_EQ(accepted.error().kind, ErrorKind::timed_out);
}

TEST_F(StreamTest, ResetIsNotAnOrderlyEnd) {
  auto [client, server] = connect();
  ASSERT_TRUE(run(client->write("never read")));
  turn();
  server.reset();  // with octets unread the kernel resets
  EXPECT_EQ(read(*client), "(reset)");
  const auto sent = run(client->write("x"));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, ErrorKind::reset);
}

class ConnectTest : public LoopTest {};

TEST_F(ConnectTest, RefusedWhenNobodyListens) {
  Endpoint closed;
  {
    const auto listener = listen();
    closed = listener->local();
  }
  const auto stream = run(doors_.network.connect(closed, std::nullopt));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().kind, ErrorKind::refused);
  EXPECT_NE(stream.error().detail.find(closed.text()), std::string::npos);
}

TEST_F(ConnectTest, FromTheAddressAskedFor) {
  const auto listener = listen();
  const auto source = IpAddress::v4({127, 0, 0, 9});
  const auto client = run(doors_.network.connect(listener->local(), source));
  const auto server = run(listener->accept());
  ASSERT_TRUE(client && server);
  EXPECT_EQ((*server)->peer().address, source);
  const auto other_family = run(doors_.network.connect(listener->local(), IpAddress::parse("::1")));
  EXPECT_EQ(other_family.error().kind, ErrorKind::invalid);
  // TEST-NET-1 is nobody's address.
  const auto foreign =
      run(doors_.network.connect(listener->local(), IpAddress::v4({192, 0, 2, 1})));
  EXPECT_EQ(foreign.error().kind, ErrorKind::unreachable);
}

TEST_F(ConnectTest, CanBeCancelled) {
  // A full backlog makes the kernel drop further SYNs: such a connect hangs.
  auto listener = doors_.network.listen(loopback(), {.backlog = 0});
  ASSERT_TRUE(listener);
  std::vector<StreamPtr> filling;
  std::optional<Network::StreamResult> hanging;
  for (int i = 0; i < 16 && !hanging; ++i) {
    auto stream = run(with_timeout(doors_.clock, std::chrono::milliseconds(20),
                                   doors_.network.connect((*listener)->local(), std::nullopt)));
    if (stream) {
      filling.push_back(std::move(*stream));
    } else {
      hanging.emplace(std::move(stream));
    }
  }
  ASSERT_TRUE(hanging.has_value());
  EXPECT_EQ(hanging->error().kind, ErrorKind::timed_out);
}

class ListenerTest : public LoopTest {};

TEST_F(ListenerTest, WaitsUntilSomebodyComes) {
  const auto listener = listen();
  std::optional<Network::StreamResult> accepted;
  start(listener->accept(), accepted);
  turn();
  EXPECT_FALSE(accepted.has_value());
  const auto client = run(doors_.network.connect(listener->local(), std::nullopt));
  finish();
  EXPECT_TRUE(accepted->has_value());
}

TEST_F(ListenerTest, CancelledAcceptLosesNobody) {
  const auto listener = listen();
  std::optional<Network::StreamResult> accepted;
  start(listener->accept(), accepted);
  turn();
  cancel();
  finish();
  EXPECT_EQ(accepted->error().kind, ErrorKind::cancelled);
  connect(*listener);
}

TEST_F(ListenerTest, ManyInARowLetOthersRun) {
  const auto listener = listen();
  std::vector<StreamPtr> streams;
  for (int i = 0; i < 40; ++i) {
    auto client = run(doors_.network.connect(listener->local(), std::nullopt));
    ASSERT_TRUE(client);
    streams.push_back(std::move(*client));
  }
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(run(listener->accept()));
}

TEST_F(ListenerTest, PortInUseIsBusyUnlessShared) {
  const auto first = doors_.network.listen(loopback(), {.share_port = true});
  ASSERT_TRUE(first);
  const Endpoint at = (*first)->local();
  EXPECT_NE(at.port, 0);
  const auto alone = doors_.network.listen(at, {});
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().kind, ErrorKind::busy);
  EXPECT_TRUE(doors_.network.listen(at, {.share_port = true}));
}

TEST_F(ListenerTest, OutOfDescriptorsIsALimitAndLosesNobody) {
  const auto listener = listen();
  const auto client = run(doors_.network.connect(listener->local(), std::nullopt));
  ASSERT_TRUE(client);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = dup(0);
  close(lowest_free);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto refused = run(listener->accept());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
  EXPECT_TRUE(run(listener->accept()));
}

TEST_F(ListenerTest, Ipv6) {
  auto listener = doors_.network.listen({*IpAddress::parse("::1"), 0}, {});
  if (!listener) {
    EXPECT_EQ(listener.error().kind, ErrorKind::unreachable);  // a host without IPv6
    return;
  }
  auto [client, server] = connect(**listener);
  EXPECT_TRUE(server->peer().address.is_v6());
}

TEST_F(ListenerTest, AdoptsASocketMadeElsewhere) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_FALSE(loop_.adopt_listener(dup(descriptor)));  // does not listen
  ASSERT_EQ(::listen(descriptor, 5), 0);                // binds to a port of the kernel's choice
  auto adopted = loop_.adopt_listener(descriptor);
  ASSERT_TRUE(adopted);
  auto client = run(doors_.network.connect(loopback((*adopted)->local().port), std::nullopt));
  EXPECT_TRUE(client);
  EXPECT_TRUE(run((*adopted)->accept()));
}

class UnixSocketTest : public LoopTest {
 protected:
  UnixSocketTest() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~UnixSocketTest() override { rmdir(folder_.c_str()); }
  std::string folder_ = "/tmp/stagepost-unix-XXXXXX";
};

TEST_F(UnixSocketTest, ConnectsAndRemovesItsFile) {
  const std::string path = folder_ + "/admin.sock";
  {
    auto listener = doors_.network.listen_unix(path, 0600);
    ASSERT_TRUE(listener) << listener.error().text();
    struct stat file = {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777U, 0600U);
    auto client = run(doors_.network.connect_unix(path));
    auto server = run((*listener)->accept());
    ASSERT_TRUE(client && server);
    ASSERT_TRUE(run((*client)->write("over a file")));
    EXPECT_EQ(read(**server), "over a file");
    EXPECT_EQ((*server)->peer(), Endpoint());
    client->reset();
    EXPECT_EQ(read(**server), "(closed)");
  }
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, ReplacesAStaleFileOnly) {
  const std::string path = folder_ + "/admin.sock";
  auto listener = doors_.network.listen_unix(path, 0600);
  ASSERT_TRUE(listener);
  const auto second = doors_.network.listen_unix(path, 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::busy);
  const std::string stale = folder_ + "/stale.sock";
  ASSERT_EQ(rename(path.c_str(), stale.c_str()), 0);
  listener->reset();  // its file has another name now, so it stays
  EXPECT_TRUE(doors_.network.listen_unix(stale, 0600));
  EXPECT_NE(access(stale.c_str(), F_OK), 0);
}

TEST_F(UnixSocketTest, Refusals) {
  EXPECT_EQ(run(doors_.network.connect_unix(folder_ + "/none")).error().kind, ErrorKind::not_found);
  EXPECT_EQ(run(doors_.network.connect_unix("")).error().kind, ErrorKind::invalid);
  const std::string too_long = folder_ + "/" + std::string(108, 'x');
  EXPECT_EQ(doors_.network.listen_unix(too_long, 0600).error().kind, ErrorKind::invalid);
  EXPECT_EQ(doors_.network.listen_unix("/tmp", 0600).error().kind, ErrorKind::exists);
}

TEST_F(LoopTest, OwnAddressesHaveLoopback) {
  const auto own = doors_.network.own_addresses();
  EXPECT_NE(std::ranges::find(own, IpAddress::v4({127, 0, 0, 1})), own.end());
}

}  // namespace
}  // namespace io::real
