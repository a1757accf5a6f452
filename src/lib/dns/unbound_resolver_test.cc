// Tests of lib/dns: libunbound against a tiny name server on loopback.
#include "lib/dns/unbound_resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "lib/io/deadline.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"

namespace dns {
namespace {

using std::string_literals::operator""s;

// Answers by the first label: "mx…" MX records, "nx…" NXDOMAIN, "fail…" SERVFAIL, "mute…" nothing,
// others an empty answer.
class NameServer {
 public:
  NameServer() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    const timeval tick = {0, 50'000};
    EXPECT_EQ(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    stopping_ = true;
    thread_.join();
    ::close(socket_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int questions() const { return questions_; }

 private:
  void serve() {
    char packet[1500];
    while (!stopping_) {
      sockaddr_in from = {};
      socklen_t size = sizeof from;
      const auto got =
          ::recvfrom(socket_, packet, sizeof packet, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < 12) continue;
      ++questions_;
      const std::string reply = reply_to(std::string(packet, static_cast<std::size_t>(got)));
      if (reply.empty()) continue;
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  static std::string reply_to(const std::string& query) {
    const std::size_t name_end = query.find('\0', 12);
    const std::string question = query.substr(12, name_end + 5 - 12);
    const std::string label = query.substr(13, static_cast<unsigned char>(query[12]));
    const bool is_mx = question[question.size() - 3] == 15;
    if (label.starts_with("mute")) return {};
    const bool answers = label.starts_with("mx") && is_mx;
    char rcode = 0;
    if (label.starts_with("nx")) rcode = 3;
    if (label.starts_with("fail")) rcode = 2;
    std::string out = query.substr(0, 2) + '\x81' + static_cast<char>(0x80 | rcode);
    out += "\0\1\0"s + (answers ? '\1' : '\0') + "\0\0\0\0"s + question;
    const std::string data = "\0\x0a\4Mail\4test\0"s;
    // The name again (a pointer), MX, IN, one minute.
    if (answers) {
      out += "\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0"s + static_cast<char>(data.size()) + data;
    }
    return out;
  }

  int socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

class UnboundTest : public testing::Test {
 protected:
  UnboundTest() {
    settings.forwarders = {server.address()};
    settings.trust_anchor_path.clear();
    settings.query_timeout = std::chrono::milliseconds(300);
    auto started = UnboundEngine::start(settings);
    EXPECT_TRUE(started) << (started ? "" : started.error().text());
    engine = *started;
    resolver = make_resolver(engine, loop.doors().loop, loop.doors().clock, settings);
  }
  Answer ask(const char* name, Type type) {
    return io::real::run_task(loop, resolver->query(name, type));
  }

  NameServer server;
  Settings settings;
  io::real::ThreadPool pool{1};
  io::real::EventLoop loop{pool};
  std::shared_ptr<UnboundEngine> engine;
  std::unique_ptr<Resolver> resolver;
};

// The names end in .test, which libunbound by itself says does not exist.
TEST_F(UnboundTest, AnswersOfAForwarder) {
  const Answer mx = ask("mx.test", Type::mx);
  ASSERT_EQ(mx.status, Status::ok) << mx.why;
  ASSERT_EQ(mx.records.size(), 1U);
  EXPECT_EQ(mx.records[0].mx.exchange, "mail.test");
  EXPECT_EQ(mx.records[0].mx.preference, 10);
  EXPECT_FALSE(mx.secure);
  EXPECT_FALSE(engine->validates());
  EXPECT_EQ(ask("mx.test", Type::a).status, Status::no_data);
  EXPECT_EQ(ask("nx.test", Type::mx).status, Status::no_name);
}

TEST_F(UnboundTest, TroubleIsNeverNoName) {
  EXPECT_EQ(ask("fail.test", Type::mx).status, Status::trouble);
  const Answer mute = ask("mute.test", Type::mx);
  EXPECT_EQ(mute.status, Status::trouble);
  EXPECT_FALSE(mute.why.empty());
}

TEST_F(UnboundTest, EqualQuestionsComeFromTheCache) {
  EXPECT_EQ(ask("mx.test", Type::mx).status, Status::ok);
  const int asked = server.questions();
  EXPECT_EQ(ask("MX.test.", Type::mx).status, Status::ok);
  EXPECT_EQ(server.questions(), asked);
}

TEST_F(UnboundTest, EndsWithQuestionsInTheAir) {
  EXPECT_EQ(ask("mute.test", Type::mx).status, Status::trouble);
  resolver.reset();
  engine.reset();
}

TEST(Unbound, RefusesForwardersThatAreNoAddresses) {
  Settings settings;
  settings.forwarders = {"dns.example"};
  EXPECT_EQ(UnboundEngine::start(settings).error().kind, base::ErrorKind::invalid);
}

}  // namespace
}  // namespace dns
