// See file_system.h.
#include "lib/io/real/file_system.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cstdlib>
#include <utility>

#include "lib/io/real/descriptor.h"

namespace io::real {
namespace {

constexpr long xfs_magic = 0x58465342;  // <linux/magic.h> has the others

class PosixFileSystem final : public io::FileSystem {
 public:
  PosixFileSystem(Descriptor descriptor, std::string path, std::uint64_t system)
      : descriptor_(std::move(descriptor)), path_(std::move(path)), system_(system) {}

  [[nodiscard]] std::uint64_t system() const override { return system_; }
  base::Result<> sync() override {
    // The fsync, of a directory with nothing to write, is for its flush of the disk's cache: ext4
    // without a journal writes its names in syncfs's last step, after the flush in there.
    if (retry([&] { return ::syncfs(descriptor_.get()); }) == 0 &&
        retry([&] { return ::fsync(descriptor_.get()); }) == 0) {
      return {};
    }
    return base::fail_errno("sync the file system of " + path_, errno);
  }

 private:
  Descriptor descriptor_;
  std::string path_;
  std::uint64_t system_;
};

// Since Linux 5.8 syncfs returns the failures of earlier background writes, see syncfs(2).
bool kernel_tells_failures() {
  utsname kernel = {};
  if (::uname(&kernel) != 0) return false;
  char* rest = nullptr;
  const long major = std::strtol(kernel.release, &rest, 10);
  const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return major > 5 || (major == 5 && minor >= 8);
}

// Those whose syncfs writes everything and waits for it.
bool is_reliable(long type) {
  return type == EXT4_SUPER_MAGIC || type == xfs_magic || type == BTRFS_SUPER_MAGIC ||
         type == TMPFS_MAGIC;
}

}  // namespace

base::Result<std::unique_ptr<io::FileSystem>> open_file_system(const std::string& path) {
  Descriptor descriptor(
      retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!descriptor) return base::fail_errno("open " + path, errno);
  struct statfs system = {};
  struct stat directory = {};
  if (::fstatfs(descriptor.get(), &system) != 0 || ::fstat(descriptor.get(), &directory) != 0) {
    return base::fail_errno("stat the file system of " + path, errno);
  }
  if (!kernel_tells_failures() || !is_reliable(static_cast<long>(system.f_type))) {
    return base::fail(base::ErrorKind::unsupported, path + ": its files are synced one by one");
  }
  return std::make_unique<PosixFileSystem>(std::move(descriptor), path,
                                           static_cast<std::uint64_t>(directory.st_dev));
}

}  // namespace io::real
