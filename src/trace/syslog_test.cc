// Tests of syslog.h.
#include "trace/syslog.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/io/real/descriptor.h"

namespace trace {
namespace {

class SyslogTest : public testing::Test {
 protected:
  SyslogTest() : path_("/tmp/stagepost-syslog-" + std::to_string(::getpid())) {}
  ~SyslogTest() override { ::unlink(path_.c_str()); }

  void listen() {
    receiver_ = io::real::Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un at = {};
    at.sun_family = AF_UNIX;
    path_.copy(at.sun_path, sizeof(at.sun_path) - 1);
    ASSERT_EQ(::bind(receiver_.get(), reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
  }
  [[nodiscard]] std::string heard() const {
    std::string text(4096, '\0');
    const auto size = ::recv(receiver_.get(), text.data(), text.size(), 0);
    return size < 0 ? "(nothing)" : text.substr(0, static_cast<std::size_t>(size));
  }

  std::string path_;
  io::real::Descriptor receiver_;
};

TEST_F(SyslogTest, AMessagePerLine) {
  listen();
  const auto output = syslog_output(path_);
  ASSERT_TRUE(output);
  EXPECT_EQ((*output)("<6>info a.b x=1\n<3>error c.d\n"), 0U);
  const std::string front = "stagepost[" + std::to_string(::getpid()) + "]: ";
  EXPECT_EQ(heard(), "<22>" + front + "info a.b x=1");
  EXPECT_EQ(heard(), "<19>" + front + "error c.d");
  EXPECT_EQ(heard(), "(nothing)");
}

TEST_F(SyslogTest, LinesThatNobodyTakesAreCounted) {
  const auto output = syslog_output(path_);
  ASSERT_TRUE(output);
  EXPECT_EQ((*output)("<6>info a.b\n<6>info c.d\n"), 2U);
  listen();  // it comes later
  EXPECT_EQ((*output)("<6>info e.f\n"), 0U);
  EXPECT_TRUE(heard().ends_with("info e.f"));
}

TEST_F(SyslogTest, NeedsASocket) {
  EXPECT_EQ(syslog_output("localhost:514").error().detail.substr(0, 20), "log.syslog_socket: \"");
}

TEST_F(SyslogTest, TheLogUsesIt) {
  listen();
  Settings settings;
  settings.log_output = LogOutput::syslog;
  settings.syslog_socket = path_;
  {
    auto log = Log::open(settings);
    ASSERT_TRUE(log);
    base::Event event;
    event.severity = base::Severity::warning;
    event.name = "disk.full";
    (*log)->emit(event);
  }
  EXPECT_TRUE(heard().ends_with("]: warning disk.full"));
}

}  // namespace
}  // namespace trace
