// Tests of server.h, router.h and client.h over loopback.
#include "lib/http/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include "lib/http/client.h"
#include "lib/http/router.h"
#include "lib/io/real/loop_test.h"

namespace http {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;

io::Task<Response> echo(Request request) {
  std::string text = request.method + " " + request.path;
  for (const auto& [name, value] : request.captures) text += fmt::format(" {}={}", name, value);
  if (!request.body.empty()) text += " " + std::to_string(request.body.size());
  if (request.tls) text += " tls";
  co_return text_response(200, text);
}

io::Task<Response> never(Request /*request*/) {
  io::Wait forever;
  (void)co_await forever;
  co_return text_response(500, "stopped");
}

class ServerTest : public io::real::LoopTest {
 protected:
  ServerTest() {
    router_.add("GET", "/", echo);
    router_.add("GET", "/queue/{id}", echo);
    router_.add("DELETE", "/queue/{id}", echo);
    router_.add("GET", "/queue/{id}/body", echo);
    router_.add("POST", "/in", echo);
    router_.add("GET", "/files/{path...}", echo);
    router_.add("GET", "/never", never);
    limits_.message.body_bytes_max = 1000;
  }
  ~ServerTest() override { stop(); }

  void serve(Server::TlsSource tls = nullptr) {
    server_ = std::make_unique<Server>(doors_, router_, limits_);
    listener_ = listen();
    group_.spawn(server_->serve(*listener_, std::move(tls)));
  }
  void stop() {
    cancel();
    finish();
  }
  base::Result<Response> ask(std::string method, std::string target, std::string body = "") {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    return run(http::request(doors_, listener_->local(), std::move(request), options_));
  }
  std::string body_of(std::string method, std::string target, std::string body = "") {
    const auto response = ask(std::move(method), std::move(target), std::move(body));
    return response ? fmt::format("{} {}", response->status, response->body)
                    : response.error().text();
  }
  StreamPtr dial() {
    auto stream = run(doors_.network.connect(listener_->local(), std::nullopt));
    EXPECT_TRUE(stream);
    return std::move(*stream);
  }
  // Sends the text as it is and gives all that comes until the server closes.
  std::string talk(std::string text) {
    const auto stream = dial();
    EXPECT_TRUE(run(stream->write(text)));
    return run(io::real::read_all(*stream, 1 << 20)).value_or("(error)");
  }
  static std::size_t count(std::string_view text, std::string_view part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + 1)) {
      ++times;
    }
    return times;
  }

  Router router_;
  ServerLimits limits_;
  ClientOptions options_;
  std::unique_ptr<io::Listener> listener_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, Routes) {
  serve();
  EXPECT_EQ(body_of("GET", "/"), "200 GET /");
  EXPECT_EQ(body_of("GET", "/queue/17?x=y"), "200 GET /queue/17 id=17");
  EXPECT_EQ(body_of("DELETE", "/queue/a%2Fb"), "200 DELETE /queue/a/b id=a/b");
  EXPECT_EQ(body_of("GET", "/queue/17/body"), "200 GET /queue/17/body id=17");
  EXPECT_EQ(body_of("GET", "/files/a/b.css"), "200 GET /files/a/b.css path=a/b.css");
  EXPECT_EQ(body_of("POST", "/in", "12345"), "200 POST /in 5");
  for (const char* nothing : {"/none", "/queue", "/queue/", "/queue/1/2", "/queue/1/body/"}) {
    EXPECT_EQ(ask("GET", nothing)->status, 404) << nothing;
  }
  const auto refused = ask("PUT", "/queue/17");
  EXPECT_EQ(refused->status, 405);
  EXPECT_EQ(*refused->headers.find("Allow"), "GET, HEAD, DELETE");
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  serve();
  const auto response = ask("HEAD", "/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(*response->headers.find("Content-Length"), "6");  // "HEAD /"
  EXPECT_EQ(response->body, "");
}

TEST_F(ServerTest, KeepAliveAndPipelining) {
  serve();
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string last = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const std::string answers = talk(get + get + last + get);
  EXPECT_EQ(count(answers, "HTTP/1.1 200 OK"), 3U) << answers;
  EXPECT_EQ(count(answers, "Connection: keep-alive"), 2U);
  EXPECT_EQ(count(answers, "Connection: close"), 1U);

  const auto stream = dial();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(run(stream->write(get)));
    EXPECT_TRUE(read(*stream).starts_with("HTTP/1.1 200 OK"));
  }
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(ServerTest, RequestsPerConnectionAreLimited) {
  limits_.requests_per_connection_max = 2;
  serve();
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string answers = talk(get + get + get);
  EXPECT_EQ(count(answers, "HTTP/1.1 200 OK"), 2U);
  EXPECT_EQ(count(answers, "Connection: close"), 1U);
}

TEST_F(ServerTest, MalformedAndTooLarge) {
  serve();
  EXPECT_TRUE(talk("\x16\x03\x01").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(talk("GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(talk("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x'))
                  .starts_with("HTTP/1.1 431 "));
  // The client sends all of it before it reads; our answer must not be lost to a reset.
  EXPECT_EQ(ask("POST", "/in", std::string(500'000, 'x'))->status, 413);
  EXPECT_EQ(ask("POST", "/in", std::string(1000, 'x'))->status, 200);
}

TEST_F(ServerTest, SlowHeaderAndBodyAreAnswered408) {
  limits_.header_timeout = limits_.body_timeout = milliseconds(5);
  serve();
  EXPECT_TRUE(talk("GET / HT").starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(talk("POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
                  .starts_with("HTTP/1.1 408 "));
}

TEST_F(ServerTest, IdleConnectionsEndSilently) {
  limits_.idle_timeout = milliseconds(5);
  serve();
  EXPECT_EQ(talk(""), "");
  EXPECT_EQ(count(talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1"), 1U);
}

TEST_F(ServerTest, ExpectContinue) {
  serve();
  const auto stream = dial();
  ASSERT_TRUE(run(stream->write(
      "POST /in HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")));
  EXPECT_EQ(read(*stream), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(run(stream->write("abc")));
  EXPECT_TRUE(read(*stream).starts_with("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, ConnectionsAreLimited) {
  limits_.connections_max = 2;
  serve();
  const auto first = dial();
  const auto second = dial();
  turn();
  EXPECT_EQ(talk(""), "");  // closed unread
  EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(ServerTest, StopEndsConnectionsAndHandlers) {
  serve();
  const auto idle = dial();
  const auto busy = dial();
  ASSERT_TRUE(run(busy->write("GET /never HTTP/1.1\r\nHost: h\r\n\r\n")));
  turn();
  EXPECT_EQ(server_->connections(), 2U);
  stop();
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_EQ(read(*idle), "(closed)");
}

TEST_F(ServerTest, OverTls) {
  const auto identity = io::make_self_signed({"mta-sts.example"}, doors_.clock.wall(), 30);
  ASSERT_TRUE(identity);
  auto keys = io::TlsServer::make({*identity});
  ASSERT_TRUE(keys);
  serve([&keys] { return *keys; });
  options_.tls = *io::TlsClient::make(identity->certificate_pem);
  options_.host = "mta-sts.example";
  EXPECT_EQ(body_of("GET", "/"), "200 GET / tls");
  options_.host = "other.example";
  EXPECT_EQ(ask("GET", "/").error().kind, ErrorKind::tls);
  options_.tls = nullptr;
  EXPECT_FALSE(ask("GET", "/"));  // plain HTTP to a TLS port
}

TEST_F(ServerTest, OverAUnixSocket) {
  std::string folder = "/tmp/stagepost-http-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/admin.sock";
  server_ = std::make_unique<Server>(doors_, router_, limits_);
  listener_ = *doors_.network.listen_unix(path, 0600);
  group_.spawn(server_->serve(*listener_));
  const auto response = run(http::request(doors_, UnixPath{path}, {}, {}));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, fmt::format("GET / peer.group={} peer.user={}", getegid(), geteuid()))
      << "who asks is known";
  stop();
  listener_.reset();
  EXPECT_EQ(rmdir(folder.c_str()), 0);
}

class ClientTest : public ServerTest {
 protected:
  // Answers one connection with these octets.
  base::Result<Response> answer(std::string text) {
    listener_ = listen();
    std::optional<base::Result<Response>> response;
    start(http::request(doors_, listener_->local(), {}, options_), response);
    auto stream = run(listener_->accept());
    EXPECT_TRUE(stream);
    asked_ = read(**stream);
    EXPECT_TRUE(run(io::real::write_and_end(**stream, std::move(text))));
    finish();
    return std::move(*response);
  }
  std::string asked_;
};

// RFC 9110 §7.2.
TEST_F(ClientTest, SaysTheHostWithItsPort) {
  options_.host = "ca.example.org";
  ASSERT_TRUE(answer("HTTP/1.1 204 No\r\n\r\n"));
  const std::string port = std::to_string(listener_->local().port);
  EXPECT_TRUE(asked_.contains("Host: ca.example.org:" + port + "\r\n")) << asked_;
  options_.host = "::1";
  ASSERT_TRUE(answer("HTTP/1.1 204 No\r\n\r\n"));
  EXPECT_TRUE(asked_.contains("Host: [::1]:")) << asked_;
}

TEST_F(ClientTest, BadServers) {
  EXPECT_EQ(answer("220 mail ESMTP\r\n").error().kind, ErrorKind::invalid);
  EXPECT_EQ(answer("").error().kind, ErrorKind::invalid);
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").error().kind,
            ErrorKind::invalid);
  options_.limits.body_bytes_max = 2;
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").error().kind,
            ErrorKind::limit);
  EXPECT_EQ(answer("HTTP/1.1 404 No\r\n\r\nab")->body, "ab");
}

TEST_F(ClientTest, TimesOut) {
  serve();
  options_.timeout = milliseconds(5);
  EXPECT_EQ(ask("GET", "/never").error().kind, ErrorKind::timed_out);
}

TEST_F(ClientTest, RefusedConnection) {
  serve();
  const io::Endpoint closed = listener_->local();
  stop();
  listener_.reset();
  EXPECT_EQ(run(http::request(doors_, closed, {}, {})).error().kind, ErrorKind::refused);
}

}  // namespace
}  // namespace http
