// Tests of service_manager.h, local_datagram.h and handed_sockets.h.
#include "lib/io/real/service_manager.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>

#include "lib/io/real/handed_sockets.h"
#include "lib/io/real/loop_test.h"

namespace io::real {
namespace {

using std::chrono_literals::operator""s;

// The receiving end, at a path or an abstract name.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : name_(name), descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un at = {};
    at.sun_family = AF_UNIX;
    name.copy(at.sun_path, sizeof(at.sun_path) - 1);
    if (name.starts_with('@')) at.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(descriptor_.get(), reinterpret_cast<sockaddr*>(&at), length), 0);
  }
  ~Manager() {
    if (!name_.starts_with('@')) ::unlink(name_.c_str());
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string heard() {
    std::string text(4096, '\0');
    const auto size = ::recv(descriptor_.get(), text.data(), text.size(), 0);
    return size < 0 ? "(nothing)" : text.substr(0, static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  Descriptor descriptor_;
};

std::string unique_name(std::string_view front) {
  return std::string(front) + "stagepost-notify-" + std::to_string(::getpid());
}

TEST(ServiceManager, TellsAtAPathAndAtAnAbstractName) {
  for (const std::string& name : {unique_name("/tmp/"), unique_name("@")}) {
    Manager manager(name);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    const auto service = ServiceManager::from_environment();
    EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
    EXPECT_TRUE(service.is_there());
    EXPECT_EQ(service.trouble(), "");
    EXPECT_FALSE(service.watchdog());
    service.tell("READY=1\nSTATUS=serving");
    EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=serving");
    EXPECT_EQ(manager.heard(), "(nothing)");
  }
}

TEST(ServiceManager, WithoutOneNobodyIsTold) {
  const auto service = ServiceManager::from_environment();
  EXPECT_FALSE(service.is_there());
  service.tell("READY=1");
  ::setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
  const auto odd = ServiceManager::from_environment();
  EXPECT_FALSE(odd.is_there());
  EXPECT_TRUE(odd.trouble().starts_with("NOTIFY_SOCKET: \"vsock:2:1234\"")) << odd.trouble();
}

TEST(ServiceManager, NobodyThereIsNoTrouble) {
  ::setenv("NOTIFY_SOCKET", "/tmp/stagepost-nobody-listens", 1);
  const auto service = ServiceManager::from_environment();
  service.tell("READY=1");
  EXPECT_TRUE(service.is_there());
}

struct WatchdogCase {
  const char* microseconds;
  std::string pid;
  std::optional<base::Duration> watchdog;
  bool trouble;
};

TEST(ServiceManager, WatchdogIsForOneProcess) {
  const std::string own = std::to_string(::getpid());
  for (const auto& one : std::vector<WatchdogCase>{{"30000000", own, 30s, false},
                                                   {"30000000", "1", std::nullopt, false},
                                                   {"0", own, std::nullopt, true},
                                                   {"soon", own, std::nullopt, true},
                                                   {"-5", own, std::nullopt, true},
                                                   {"99999999999999", own, std::nullopt, true}}) {
    ::setenv("NOTIFY_SOCKET", "@stagepost-nobody", 1);
    ::setenv("WATCHDOG_USEC", one.microseconds, 1);
    ::setenv("WATCHDOG_PID", one.pid.c_str(), 1);
    const auto service = ServiceManager::from_environment();
    EXPECT_EQ(service.watchdog(), one.watchdog) << one.microseconds;
    EXPECT_EQ(service.trouble().empty(), !one.trouble) << service.trouble();
    EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
    EXPECT_EQ(std::getenv("WATCHDOG_PID"), nullptr);
  }
}

TEST(ServiceManager, AStatusIsOneLine) { EXPECT_EQ(status_line("a\nREADY=1\r\n"), "a READY=1  "); }

TEST(ServiceManager, KnowsTheJournalByItsInode) {
  EXPECT_FALSE(is_journal(0));
  struct stat file = {};
  ASSERT_EQ(::fstat(0, &file), 0);
  ::setenv("JOURNAL_STREAM",
           (std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino)).c_str(), 1);
  EXPECT_TRUE(is_journal(0));
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(is_journal(0));
  ::unsetenv("JOURNAL_STREAM");
}

TEST(LocalDatagram, SaysWhyAMessageIsLost) {
  EXPECT_EQ(LocalDatagram::open("relative").error().kind, base::ErrorKind::invalid);
  EXPECT_EQ(LocalDatagram::open("/" + std::string(200, 'x')).error().kind,
            base::ErrorKind::invalid);
  const auto nobody = LocalDatagram::open("/tmp/stagepost-nobody-listens");
  ASSERT_TRUE(nobody);
  EXPECT_EQ(nobody->send("x").error().kind, base::ErrorKind::not_found);
  const std::string name = unique_name("@");
  const Manager manager(name);
  const auto socket = LocalDatagram::open(name, std::chrono::milliseconds(1));
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->send(std::string(16U << 20U, 'x')).error().kind, base::ErrorKind::limit);
  base::Result<> sent;
  for (int i = 0; i < 100'000 && sent; ++i) sent = socket->send("x");
  EXPECT_EQ(sent.error().kind, base::ErrorKind::busy);  // nobody reads
}

class HandedTest : public LoopTest {
 protected:
  // A listening socket on a port of loopback, as the manager would have made it.
  static int bound() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    const SocketAddress at = SocketAddress::of(loopback());
    EXPECT_EQ(::bind(descriptor, at.raw(), at.length), 0);
    EXPECT_EQ(::listen(descriptor, 10), 0);
    return descriptor;
  }
  static Endpoint where(int descriptor) {
    SocketAddress at;
    EXPECT_EQ(::getsockname(descriptor, at.raw(), &at.length), 0);
    return at.endpoint();
  }
};

TEST_F(HandedTest, AListenerTakesTheSocketOfItsAddress) {
  const int descriptor = bound();
  const Endpoint at = where(descriptor);
  auto handed = HandedSockets::take(descriptor, 1, {"smtp"});
  ASSERT_TRUE(handed) << handed.error().text();
  EXPECT_EQ(handed->unused(), (std::vector<std::string>{"smtp (" + at.text() + ")"}));
  EventLoop loop(pool_, &*handed);
  {
    auto listener = loop.doors().network.listen(at, {});
    ASSERT_TRUE(listener) << listener.error().text();
    EXPECT_EQ((*listener)->local(), at);
    EXPECT_TRUE(handed->unused().empty());
  }
  // Nobody accepts now, and still nobody is refused: the next listener finds who came.
  auto client = run(doors_.network.connect(at, std::nullopt));
  ASSERT_TRUE(client) << client.error().text();
  auto listener = loop.doors().network.listen(at, {.share_port = true});
  ASSERT_TRUE(listener);
  EXPECT_TRUE(run_task(loop, (*listener)->accept()));
  // Another address is bound as ever.
  auto other = loop.doors().network.listen(loopback(), {});
  ASSERT_TRUE(other);
  EXPECT_NE((*other)->local(), at);
}

TEST_F(HandedTest, OnlyListeningTcpSockets) {
  const int udp = ::socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(HandedSockets::take(udp, 1, {"dns"}).error().kind, base::ErrorKind::invalid);
  ::close(udp);
  const int deaf = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto refused = HandedSockets::take(deaf, 1, {});
  EXPECT_TRUE(refused.error().detail.contains("(unnamed)")) << refused.error().detail;
  ::close(deaf);
  const auto missing = HandedSockets::take(deaf, 1, {"gone"});
  EXPECT_TRUE(missing.error().detail.contains("LISTEN_FDS")) << missing.error().detail;
}

TEST_F(HandedTest, TheEnvironmentIsForOneProcess) {
  ::setenv("LISTEN_FDS", "7", 1);
  ::setenv("LISTEN_PID", "1", 1);
  auto others = HandedSockets::from_environment();
  ASSERT_TRUE(others);
  EXPECT_TRUE(others->empty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
  ::setenv("LISTEN_FDS", "many", 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_FALSE(HandedSockets::from_environment());
  EXPECT_EQ(std::getenv("LISTEN_PID"), nullptr);
  EXPECT_TRUE(HandedSockets::from_environment()->empty());
}

}  // namespace
}  // namespace io::real
