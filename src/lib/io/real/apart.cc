// See apart.h.
#include "lib/io/real/apart.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "lib/io/real/descriptor.h"

namespace io::real {

base::Result<int> run_apart(const std::function<int()>& work) {
  std::fflush(nullptr);  // else both would write what waits in the buffers
  const pid_t child = ::fork();
  if (child < 0) return base::fail_errno("fork", errno);
  if (child == 0) {
    const int code = work();
    std::fflush(nullptr);
    ::_exit(code);  // nothing of the parent's is ended here
  }
  int status = 0;
  if (retry([&] { return ::waitpid(child, &status, 0); }) < 0) {
    return base::fail_errno("wait for a process", errno);
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::fprintf(stderr, "stagepost: the process apart was ended by signal %d\n", WTERMSIG(status));
  return 1;
}

base::Result<ScratchFolder> ScratchFolder::make() {
  const char* chosen = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): one thread yet
  std::string path = chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";
  path += "/stagepost-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return base::fail_errno("make folder " + path, errno);
  return ScratchFolder(std::move(path));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  std::error_code trouble;
  if (!path_.empty()) std::filesystem::remove_all(path_, trouble);
  if (trouble) {
    std::fprintf(stderr, "stagepost: %s stays: %s\n", path_.c_str(), trouble.message().c_str());
  }
}

base::Result<> set_modified(const std::string& path, base::Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const std::chrono::nanoseconds rest = time.time_since_epoch() - whole;
  const timespec at = {.tv_sec = whole.count(), .tv_nsec = rest.count()};
  const timespec times[2] = {at, at};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0) return {};
  return base::fail_errno("set the time of " + path, errno);
}

}  // namespace io::real
