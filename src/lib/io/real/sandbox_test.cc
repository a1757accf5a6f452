// Tests of sandbox: each in a child of its own, for a sandbox is for good.
#include "lib/io/real/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

#include "lib/io/real/descriptor.h"

namespace io::real {
namespace {

class SandboxTest : public testing::Test {
 protected:
  SandboxTest() {
    std::string name = testing::TempDir() + "sandboxXXXXXX";
    folder_ = ::mkdtemp(name.data());
    for (const char* part : {"/in", "/seen", "/out"}) ::mkdir((folder_ + part).c_str(), 0700);
    write("/in/file");
    write("/seen/file");
    write("/out/file");
  }
  void write(const std::string& name) {
    const Descriptor file(::open((folder_ + name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_TRUE(file);
  }
  // errno of open(), 0 when it opened.
  [[nodiscard]] int opened(const std::string& name, int flags) const {
    const Descriptor file(::open((folder_ + name).c_str(), flags | O_CLOEXEC, 0600));
    return file ? 0 : errno;
  }
  // The child's word: 0 is well. The kernel of the test machine must have Landlock.
  void in_sandbox(const std::function<int()>& look) const {
    const Fence fence{.readable = {folder_ + "/seen", folder_ + "/not-there"},
                      .writable = {folder_ + "/in"},
                      .listed = {},
                      .bound_ports = {0}};
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto report = enter_sandbox(fence);
      ::_exit(!report ? 100 : report->landlock == 0 ? 101 : look());
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  std::string folder_;
};

TEST_F(SandboxTest, WhatIsWritableIsReadAndWritten) {
  in_sandbox([this] {
    if (opened("/in/file", O_RDWR) != 0) return 1;
    if (opened("/in/new", O_CREAT | O_RDWR) != 0) return 2;
    if (::rename((folder_ + "/in/new").c_str(), (folder_ + "/in/newer").c_str()) != 0) return 3;
    return ::unlink((folder_ + "/in/newer").c_str()) == 0 ? 0 : 4;
  });
}

TEST_F(SandboxTest, WhatIsReadableIsNotWritten) {
  in_sandbox([this] {
    if (opened("/seen/file", O_RDONLY) != 0) return 1;
    if (opened("/seen/file", O_WRONLY) != EACCES) return 2;
    if (opened("/seen/new", O_CREAT | O_WRONLY) != EACCES) return 3;
    return ::rename((folder_ + "/in/file").c_str(), (folder_ + "/seen/file").c_str()) != 0 ? 0 : 4;
  });
}

TEST_F(SandboxTest, TheRestIsNotThere) {
  in_sandbox([this] {
    if (opened("/out/file", O_RDONLY) != EACCES) return 1;
    if (::mkdir((folder_ + "/not-there").c_str(), 0700) == 0) return 2;
    // By a link inside, neither.
    return ::symlink((folder_ + "/out").c_str(), (folder_ + "/in/way").c_str()) != 0 ? 0 : 3;
  });
}

TEST(Fence, WhatIsOutsideIsNamed) {
  const Fence fence{
      .readable = {"/etc/ssl"}, .writable = {"/var/lib/mail"}, .listed = {}, .bound_ports = {25}};
  EXPECT_TRUE(outside(fence, fence).empty());
  const Fence wanted{.readable = {"/etc/ssl/certs", "/var/lib/mail/state", "/etc/sslx"},
                     .writable = {"/var/lib/mail/x", "/etc/ssl/certs"},
                     .listed = {},
                     .bound_ports = {25, 465}};
  EXPECT_EQ(outside(fence, wanted),
            (std::vector<std::string>{"/etc/sslx", "/etc/ssl/certs", "TCP port 465"}));
}

}  // namespace
}  // namespace io::real
