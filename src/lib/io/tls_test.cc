// Tests of tls.h over real sockets and over a stream in memory.
#include "lib/io/tls.h"

#include "lib/io/real/loop_test.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

using base::ErrorKind;
using real::pattern;

// Two ends of one connection in memory; what is written appears at once, without limit.
class MemoryStream final : public Stream {
 public:
  struct Pipe {
    std::string bytes;
    bool ended = false;
    Signal changed;
  };

  MemoryStream(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~MemoryStream() override { end(); }

  Task<base::Result<std::size_t>> read_some(std::span<char> into) override {
    while (in_->bytes.empty() && !in_->ended) {
      if (auto woken = co_await in_->changed.wait(); !woken) {
        co_return std::unexpected(woken.error());
      }
    }
    if (in_->bytes.empty()) co_return base::fail(ErrorKind::closed, "end of memory");
    const std::size_t got = std::min({into.size(), in_->bytes.size(), piece_bytes_max});
    std::copy_n(in_->bytes.begin(), got, into.begin());
    in_->bytes.erase(0, got);
    co_return got;
  }
  Task<base::Result<>> wait_readable() override {
    while (in_->bytes.empty() && !in_->ended) {
      if (auto woken = co_await in_->changed.wait(); !woken) co_return woken;
    }
    co_return base::Result<>();
  }
  using Stream::write;
  Task<base::Result<>> write(std::span<const std::string_view> pieces) override {
    if (out_->ended) co_return base::fail(ErrorKind::reset, "written after the end");
    ++writes;
    for (const std::string_view piece : pieces) out_->bytes += piece;
    out_->changed.notify();
    co_return base::Result<>();
  }
  Task<base::Result<>> shutdown() override {
    end();
    co_return base::Result<>();
  }
  [[nodiscard]] Endpoint local() const override { return {}; }
  [[nodiscard]] Endpoint peer() const override { return {}; }

  std::size_t piece_bytes_max = SIZE_MAX;  // of one read
  std::size_t writes = 0;

 private:
  void end() {
    out_->ended = true;
    out_->changed.notify();
  }

  std::shared_ptr<Pipe> in_;
  std::shared_ptr<Pipe> out_;
};

class TlsTest : public real::LoopTest {
 protected:
  struct MemoryPair {
    std::unique_ptr<MemoryStream> client;
    std::unique_ptr<MemoryStream> server;
  };
  static MemoryPair memory() {
    auto up = std::make_shared<MemoryStream::Pipe>();
    auto down = std::make_shared<MemoryStream::Pipe>();
    return {std::make_unique<MemoryStream>(down, up), std::make_unique<MemoryStream>(up, down)};
  }
  TlsIdentity identity(const std::vector<std::string>& names, int days = 30) {
    auto made = make_self_signed(names, doors_.clock.wall(), days);
    EXPECT_TRUE(made) << made.error().text();
    return *made;
  }

  struct Handshake {
    Network::StreamResult client;
    Network::StreamResult server;
  };
  Handshake shake(TlsServer& server, TlsClient& client, TlsClientOptions options, Pair pair) {
    std::optional<Network::StreamResult> accepted;
    std::optional<Network::StreamResult> connected;
    start(server.accept(std::move(pair.server)), accepted);
    start(client.connect(std::move(pair.client), std::move(options)), connected);
    finish();
    return {std::move(*connected), std::move(*accepted)};
  }
  Handshake shake(TlsClientOptions options = {.server_name = "mx.example.org"}) {
    auto [client, server] = memory();
    return shake(*server_, *client_, std::move(options), {std::move(client), std::move(server)});
  }

  TlsIdentity identity_ = identity({"mx.example.org", "127.0.0.1"});
  std::shared_ptr<TlsServer> server_ = *TlsServer::make({identity_});
  std::shared_ptr<TlsClient> client_ = *TlsClient::make(identity_.certificate_pem);
};

TEST_F(TlsTest, HandshakeAndTalk) {
  auto [client, server] = shake({.server_name = "mx.example.org", .must_verify = true});
  ASSERT_TRUE(client) << client.error().text();
  ASSERT_TRUE(server) << server.error().text();
  const TlsInfo& info = *(*client)->tls();
  EXPECT_EQ(info.protocol, "TLSv1.3");
  EXPECT_TRUE(info.verified) << info.verify_error;
  EXPECT_GE(info.cipher_bits, 128);
  EXPECT_EQ((*server)->tls()->server_name, "mx.example.org");
  EXPECT_EQ((*server)->tls()->cipher, info.cipher);
  ASSERT_TRUE(run((*client)->write("EHLO x\r\n")));
  EXPECT_EQ(read(**server), "EHLO x\r\n");
  const std::array<std::string_view, 3> pieces = {"250-a\r\n", "", "250 b\r\n"};
  ASSERT_TRUE(run((*server)->write(pieces)));
  EXPECT_EQ(read(**client), "250-a\r\n250 b\r\n");  // one record
}

TEST_F(TlsTest, BothEndsKnowTheSameBindingAndNobodyElseDoes) {
  auto [client, server] = shake();
  auto [other, ignored] = shake();
  ASSERT_TRUE(client && server && other && ignored);
  const TlsBinding binding = (*server)->tls_binding();
  EXPECT_EQ(binding.exporter.size(), 32U);
  EXPECT_EQ(binding.exporter, (*client)->tls_binding().exporter);
  EXPECT_NE(binding.exporter, (*other)->tls_binding().exporter);
  EXPECT_EQ(binding.unique, "");  // TLS 1.3 has none (RFC 9266 §1)
  const auto [plain, unused] = memory();
  EXPECT_EQ(plain->tls_binding().exporter, "");
}

TEST_F(TlsTest, SessionsAreResumedWhenThereIsAStore) {
  const auto sessions = std::make_shared<TlsSessionStore>();
  for (const std::uint64_t before : {0U, 1U}) {
    auto [client, server] = shake({.server_name = "mx.example.org", .sessions = sessions});
    ASSERT_TRUE(client && server);
    EXPECT_EQ(sessions->resumed(), before);
    // Tickets come with the first octets that the client reads.
    ASSERT_TRUE(run((*server)->write("220 hello\r\n")));
    EXPECT_EQ(read(**client), "220 hello\r\n");
    EXPECT_NE(sessions->get(), nullptr);
  }
}

TEST_F(TlsTest, OverRealSockets) {
  auto [client, server] =
      shake(*server_, *client_, {.server_name = "127.0.0.1", .must_verify = true}, connect());
  ASSERT_TRUE(client && server);
  EXPECT_TRUE((*client)->tls()->verified);
  EXPECT_EQ((*server)->tls()->server_name, "");  // an address is never SNI
  const std::string all = pattern(4 << 20);
  std::optional<base::Result<>> sent[2];
  std::optional<base::Result<std::string>> received[2];
  start(real::write_and_end(**client, all), sent[0]);
  start(real::write_and_end(**server, all), sent[1]);
  start(real::read_all(**client, all.size() + 1), received[0]);
  start(real::read_all(**server, all.size() + 1), received[1]);
  finish();
  for (const auto& result : received) EXPECT_TRUE(result->value_or("") == all);
}

TEST_F(TlsTest, EveryOctetAlone) {
  auto [client, server] = memory();
  client->piece_bytes_max = server->piece_bytes_max = 1;
  auto [tls_client, tls_server] = shake(*server_, *client_, {.server_name = "mx.example.org"},
                                        {std::move(client), std::move(server)});
  ASSERT_TRUE(tls_client && tls_server);
  ASSERT_TRUE(run((*tls_client)->write("slow")));
  EXPECT_EQ(read(**tls_server), "slow");
}

TEST_F(TlsTest, PiecesOfAllSizesArriveInOrder) {
  auto [client, server] = memory();
  MemoryStream& below = *client;
  auto [tls_client, tls_server] = shake(*server_, *client_, {.server_name = "mx.example.org"},
                                        {std::move(client), std::move(server)});
  ASSERT_TRUE(tls_client && tls_server);
  const std::string all = pattern(1 << 20);
  std::vector<std::string_view> pieces;
  std::string_view rest = all;
  const std::size_t sizes[] = {1, 0, 100, 16384, 16385, 40000, 16383, 7, 70000};
  for (std::size_t i = 0; !rest.empty(); ++i) {
    pieces.push_back(rest.substr(0, sizes[i % std::size(sizes)]));
    rest.remove_prefix(pieces.back().size());
  }
  below.writes = 0;
  ASSERT_TRUE(run((*tls_client)->write(pieces)));
  EXPECT_LE(below.writes, 20U);  // bursts, not records
  ASSERT_TRUE(run((*tls_client)->shutdown()));
  EXPECT_TRUE(run(real::read_all(**tls_server, all.size() + 1)).value_or("") == all);
}

TEST_F(TlsTest, SmallRepliesAreOneWriteBelow) {
  auto [client, server] = memory();
  MemoryStream& below = *server;
  auto [tls_client, tls_server] = shake(*server_, *client_, {.server_name = "mx.example.org"},
                                        {std::move(client), std::move(server)});
  below.writes = 0;
  const std::array<std::string_view, 3> pieces = {"250-a\r\n", "250-b\r\n", "250 c\r\n"};
  ASSERT_TRUE(run((*tls_server)->write(pieces)));
  EXPECT_EQ(below.writes, 1U);
}

TEST_F(TlsTest, ATicketGoesWithTheFirstWordsAndIsGoodAnotherTime) {
  const SslContextPtr context = *make_ssl_context(TLS_client_method());
  std::unique_ptr<SSL_SESSION, OpensslFree<SSL_SESSION_free>> session;
  for (const int resumed : {0, 1}) {
    auto [client_end, server_end] = memory();
    MemoryStream& below = *server_end;
    SslPtr ssl(SSL_new(context.get()));
    SSL_set_connect_state(ssl.get());
    if (session) SSL_set_session(ssl.get(), session.get());
    TlsStream client(std::move(client_end), std::move(ssl), nullptr);
    std::optional<Network::StreamResult> accepted;
    std::optional<base::Result<>> connected;
    start(server_->accept(std::move(server_end)), accepted);
    start(client.handshake(), connected);
    finish();
    ASSERT_TRUE(*accepted && *connected);
    EXPECT_EQ(SSL_session_reused(&client.ssl()), resumed);
    EXPECT_EQ(client.tls_binding().exporter, (**accepted)->tls_binding().exporter);
    EXPECT_EQ(below.writes, 1U);  // its part of the handshake
    ASSERT_TRUE(run(client.write("EHLO x\r\n")));
    EXPECT_EQ(read(***accepted), "EHLO x\r\n");
    EXPECT_EQ(below.writes, 1U);
    ASSERT_TRUE(run((**accepted)->write("250 x\r\n")));
    EXPECT_EQ(below.writes, 2U);
    EXPECT_EQ(read(client), "250 x\r\n");
    session.reset(SSL_get1_session(&client.ssl()));
  }
}

TEST_F(TlsTest, LastWordsAndCloseNotifyAreOneWrite) {
  auto [client, server] = memory();
  MemoryStream& below = *server;
  auto [tls_client, tls_server] = shake(*server_, *client_, {.server_name = "mx.example.org"},
                                        {std::move(client), std::move(server)});
  below.writes = 0;
  ASSERT_TRUE(run((*tls_server)->finish("221 bye\r\n")));
  EXPECT_EQ(below.writes, 1U);
  EXPECT_EQ(read(**tls_client), "221 bye\r\n");
  EXPECT_EQ(read(**tls_client), "(closed)");
}

TEST_F(TlsTest, WaitsWithoutABuffer) {
  auto [client, server] = shake();
  ASSERT_TRUE(client && server);
  std::optional<base::Result<>> readable;
  start((*server)->wait_readable(), readable);
  EXPECT_FALSE(readable);
  ASSERT_TRUE(run((*client)->write("EHLO x\r\n")));
  ASSERT_TRUE(readable && *readable);
  EXPECT_EQ(read(**server), "EHLO x\r\n");
  EXPECT_EQ(
      run(with_timeout(doors_.clock, std::chrono::milliseconds(1), (*server)->wait_readable()))
          .error()
          .kind,
      ErrorKind::timed_out);
  ASSERT_TRUE(run((*client)->shutdown()));
  EXPECT_TRUE(run((*server)->wait_readable()));
  EXPECT_EQ(read(**server), "(closed)");
}

TEST_F(TlsTest, CloseNotifyIsAnOrderlyEnd) {
  auto [client, server] = shake();
  ASSERT_TRUE(run((*client)->write("bye")));
  ASSERT_TRUE(run((*client)->shutdown()));
  EXPECT_EQ(read(**server), "bye");
  EXPECT_EQ(read(**server), "(closed)");
  EXPECT_EQ(read(**server), "(closed)");
  ASSERT_TRUE(run((*server)->write("answer")));  // the other direction is still open
  EXPECT_EQ(read(**client), "answer");
}

TEST_F(TlsTest, EndWithoutCloseNotifyIsTruncation) {
  auto [client, server] = shake();
  ASSERT_TRUE(run((*client)->write("cut")));
  client->reset();
  EXPECT_EQ(read(**server), "cut");
  EXPECT_EQ(read(**server), "(reset)");
  EXPECT_EQ(read(**server), "(reset)");
}

TEST_F(TlsTest, CancelledReadLosesNothing) {
  auto [client, server] = shake();
  std::string buffer(10, '\0');
  const auto got =
      run(with_timeout(doors_.clock, std::chrono::milliseconds(1), (*server)->read_some(buffer)));
  EXPECT_EQ(got.error().kind, ErrorKind::timed_out);
  ASSERT_TRUE(run((*client)->write("later")));
  EXPECT_EQ(read(**server), "later");
}

TEST_F(TlsTest, ServerNameSelectsTheIdentity) {
  const auto default_one = identity({"default.example"});
  const auto exact = identity({"mail.one.example"});
  const auto wildcard = identity({"*.one.example"});
  auto server = TlsServer::make({default_one, exact, wildcard});
  ASSERT_TRUE(server);
  struct Case {
    const char* asked;
    const TlsIdentity* expected;
  };
  const Case cases[] = {
      {"mail.one.example", &exact},
      {"MAIL.One.Example", &exact},
      {"smtp.one.example", &wildcard},
      {"a.b.one.example", &default_one},
      {"one.example", &default_one},
      {"other", &default_one},
      {"", &default_one},
  };
  for (const Case& test : cases) {
    auto trusting = TlsClient::make(test.expected->certificate_pem);
    ASSERT_TRUE(trusting);
    auto [below_client, below_server] = memory();
    auto [client, accepted] = shake(**server, **trusting, {.server_name = test.asked},
                                    {std::move(below_client), std::move(below_server)});
    ASSERT_TRUE(client && accepted) << test.asked;
    // Trusted, so the only complaint can be about the name.
    const TlsInfo& info = *(*client)->tls();
    EXPECT_TRUE(info.verified || info.verify_error == "hostname mismatch" ||
                info.verify_error == "no name to verify")
        << test.asked << ": " << info.verify_error;
    if (test.expected != &default_one) EXPECT_TRUE(info.verified) << test.asked;
  }
}

TEST_F(TlsTest, OpportunisticGoesOnAndSaysWhyNotVerified) {
  const auto foreign = TlsClient::make("");  // the system's authorities do not know us
  ASSERT_TRUE(foreign) << foreign.error().text();
  auto [below_client, below_server] = memory();
  auto [client, server] = shake(*server_, **foreign, {.server_name = "mx.example.org"},
                                {std::move(below_client), std::move(below_server)});
  ASSERT_TRUE(client && server);
  EXPECT_FALSE((*client)->tls()->verified);
  EXPECT_EQ((*client)->tls()->verify_error, "self-signed certificate");
}

TEST_F(TlsTest, MustVerifyRefuses) {
  const auto expired_one = identity({"mx.example.org"}, -1);
  struct Case {
    const TlsIdentity* identity;
    const char* name;
    const char* why;
    bool trusted;
  };
  const Case cases[] = {
      {&identity_, "other.example", "hostname mismatch", true},
      {&identity_, "example.org", "hostname mismatch", true},
      {&identity_, "mx.example.org", "self-signed certificate", false},
      {&expired_one, "mx.example.org", "certificate has expired", true},
  };
  for (const Case& test : cases) {
    const auto server = TlsServer::make({*test.identity});
    const auto client = TlsClient::make(test.trusted ? test.identity->certificate_pem : "");
    ASSERT_TRUE(server && client);
    auto [below_client, below_server] = memory();
    auto [connected, accepted] =
        shake(**server, **client, {.server_name = test.name, .must_verify = true},
              {std::move(below_client), std::move(below_server)});
    ASSERT_FALSE(connected) << test.why;
    EXPECT_EQ(connected.error().kind, ErrorKind::tls);
    EXPECT_NE(connected.error().detail.find(test.why), std::string::npos)
        << connected.error().detail;
    // TLS 1.3: the server may have finished before the client's alert comes; then the read says it.
    if (accepted) EXPECT_EQ(read(**accepted), "(TLS)");
  }
  auto [client, server] = memory();
  const auto nameless =
      run(client_->connect(std::move(client), {.server_name = "", .must_verify = true}));
  EXPECT_EQ(nameless.error().kind, ErrorKind::invalid);
}

TEST_F(TlsTest, GarbageInsteadOfClientHello) {
  for (const std::string_view garbage : {"EHLO mail.example\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
    auto [client, server] = memory();
    ASSERT_TRUE(run(client->write(garbage)));
    const auto accepted = run(server_->accept(std::move(server)));
    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error().kind, ErrorKind::tls);
    EXPECT_NE(accepted.error().detail, "");
  }
}

TEST_F(TlsTest, GarbageInsteadOfServerHello) {
  auto [client, server] = memory();
  ASSERT_TRUE(run(server->write("220 mail.example ESMTP\r\n")));
  const auto connected = run(client_->connect(std::move(client), {.server_name = "x"}));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::tls);
}

TEST_F(TlsTest, GarbageAfterTheHandshakeBreaksTheStream) {
  auto pair = memory();
  MemoryStream& below = *pair.client;
  auto [client, server] = shake(*server_, *client_, {.server_name = "mx.example.org"},
                                {std::move(pair.client), std::move(pair.server)});
  ASSERT_TRUE(client && server);
  ASSERT_TRUE(run(below.write("this is no TLS record at all, but long enough")));
  EXPECT_EQ(read(**server), "(TLS)");
  EXPECT_EQ(run((*server)->write("x")).error().kind, ErrorKind::tls);
}

TEST_F(TlsTest, HandshakeEndsAndDeadlines) {
  auto gone = memory();
  gone.client.reset();
  EXPECT_EQ(run(server_->accept(std::move(gone.server))).error().kind, ErrorKind::closed);
  auto silent = memory();
  EXPECT_EQ(run(with_timeout(doors_.clock, std::chrono::milliseconds(1),
                             server_->accept(std::move(silent.server))))
                .error()
                .kind,
            ErrorKind::timed_out);
}

TEST_F(TlsTest, BadIdentitiesAreRefusedInWords) {
  const auto other = identity({"other.example"});
  const TlsIdentity cases[] = {
      {{"a"}, "", identity_.key_pem},
      {{"a"}, "no certificate", identity_.key_pem},
      {{"a"}, identity_.certificate_pem, "no key"},
      {{"a"}, identity_.certificate_pem, other.key_pem},
      {{"a"}, identity_.certificate_pem.substr(0, 200), identity_.key_pem},
  };
  for (const TlsIdentity& test : cases) {
    const auto server = TlsServer::make({test});
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().kind, ErrorKind::tls);
    EXPECT_NE(server.error().detail.find("(for a)"), std::string::npos);
  }
  EXPECT_EQ(TlsServer::make({}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(TlsClient::make("no certificate").error().kind, ErrorKind::tls);
  EXPECT_EQ(make_self_signed({}, doors_.clock.wall(), 1).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace io
