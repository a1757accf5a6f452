// See files.h.
#include "lib/io/real/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#include "lib/io/real/descriptor.h"
#include "lib/io/real/file_system.h"

namespace io::real {
namespace {

// IOV_MAX is 1024; more pieces go in another call.
constexpr std::size_t pieces_per_call_max = 256;

class PosixFile final : public io::File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
  base::Result<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override;
  base::Result<> sync() override;
  base::Result<std::uint64_t> size() override;
  base::Result<> allocate(std::uint64_t bytes) override;
  base::Result<> truncate(std::uint64_t bytes) override;
  base::Result<std::uint64_t> system() override;

 private:
  [[nodiscard]] base::Result<> done(std::string_view doing, int result) const {
    if (result == 0) return {};
    return base::fail_errno(fmt::format("{} {}", doing, path_), errno);
  }

  Descriptor descriptor_;
  std::string path_;
};

base::Result<std::size_t> PosixFile::read_at(std::uint64_t offset, std::span<char> into) {
  std::size_t total = 0;
  while (total < into.size()) {
    const auto rest = into.subspan(total);
    const auto at = static_cast<off_t>(offset + total);
    const ssize_t got =
        retry([&] { return ::pread(descriptor_.get(), rest.data(), rest.size(), at); });
    if (got < 0) return base::fail_errno("read " + path_, errno);
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  return total;
}

base::Result<> PosixFile::write_at(std::uint64_t offset, std::span<const std::string_view> pieces) {
  std::size_t inside = 0;  // octets of the first piece that are written
  while (!pieces.empty()) {
    std::array<iovec, pieces_per_call_max> vectors;
    std::size_t count = 0;
    for (const std::string_view piece : pieces.first(std::min(pieces.size(), vectors.size()))) {
      const std::string_view rest = count == 0 ? piece.substr(inside) : piece;
      vectors[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    const ssize_t put = retry([&] {
      return ::pwritev(descriptor_.get(), vectors.data(), static_cast<int>(count),
                       static_cast<off_t>(offset));
    });
    if (put < 0) return base::fail_errno("write " + path_, errno);
    offset += static_cast<std::uint64_t>(put);
    inside += static_cast<std::size_t>(put);
    bool moved = put > 0;
    while (!pieces.empty() && inside >= pieces.front().size()) {
      inside -= pieces.front().size();
      pieces = pieces.subspan(1);
      moved = true;  // empty pieces are written by passing them
    }
    if (!moved) return base::fail(base::ErrorKind::io, "write " + path_ + ": nothing was taken");
  }
  return {};
}

base::Result<> PosixFile::sync() {
  return done("sync", retry([&] { return ::fdatasync(descriptor_.get()); }));
}

base::Result<std::uint64_t> PosixFile::size() {
  struct stat file = {};
  if (auto result = done("stat", ::fstat(descriptor_.get(), &file)); !result) {
    return std::unexpected(std::move(result.error()));
  }
  return static_cast<std::uint64_t>(file.st_size);
}

base::Result<> PosixFile::allocate(std::uint64_t bytes) {
  if (bytes == 0) return {};
  const int result =
      retry([&] { return ::fallocate(descriptor_.get(), 0, 0, static_cast<off_t>(bytes)); });
  if (result == 0 || errno != EOPNOTSUPP) return done("allocate", result);
  // Without blocks to reserve the length is all that can be had.
  const auto now = size();
  if (!now) return std::unexpected(now.error());
  return *now >= bytes ? base::Result<>() : truncate(bytes);
}

base::Result<> PosixFile::truncate(std::uint64_t bytes) {
  return done("truncate",
              retry([&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(bytes)); }));
}

base::Result<std::uint64_t> PosixFile::system() {
  struct stat file = {};
  if (auto result = done("stat", ::fstat(descriptor_.get(), &file)); !result) {
    return std::unexpected(std::move(result.error()));
  }
  return static_cast<std::uint64_t>(file.st_dev);
}

int flags_of(OpenMode how) {
  switch (how) {
    case OpenMode::read: return O_RDONLY;
    case OpenMode::write: return O_RDWR;
    case OpenMode::create: return O_RDWR | O_CREAT;
    case OpenMode::create_new: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

base::Result<Descriptor> open_descriptor(const std::string& path, int flags, unsigned mode) {
  Descriptor descriptor(retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
  if (!descriptor) return base::fail_errno("open " + path, errno);
  return descriptor;
}

FileInfo info_of(std::string name, const struct stat& file) {
  const auto since_1970 =
      std::chrono::seconds(file.st_mtim.tv_sec) +
      std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(file.st_mtim.tv_nsec));
  FileInfo info;
  info.name = std::move(name);
  info.size = static_cast<std::uint64_t>(file.st_size);
  info.directory = S_ISDIR(file.st_mode);
  info.modified = base::Time(since_1970);
  info.mode = file.st_mode & 0777U;
  info.special = !S_ISDIR(file.st_mode) && !S_ISREG(file.st_mode);
  return info;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

base::Result<std::unique_ptr<File>> PosixFiles::open(std::string path, OpenMode how,
                                                     unsigned mode) {
  auto descriptor = open_descriptor(path, flags_of(how), mode);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  return std::make_unique<PosixFile>(std::move(*descriptor), std::move(path));
}

base::Result<> PosixFiles::rename(std::string from, std::string to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return base::fail_errno(fmt::format("rename {} to {}", from, to), errno);
}

base::Result<> PosixFiles::remove(std::string path) {
  if (::unlink(path.c_str()) == 0) return {};
  if (errno == EISDIR && ::rmdir(path.c_str()) == 0) return {};
  return base::fail_errno("remove " + path, errno);
}

base::Result<> PosixFiles::make_directories(std::string path, unsigned mode) {
  std::size_t end = 0;
  do {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) == 0) {
      // A directory that vanishes in a power cut takes all that was synced in it along.
      if (auto synced = sync_directory(folder_of(part)); !synced) return synced;
    } else if (errno != EEXIST) {
      return base::fail_errno("make directory " + part, errno);
    }
  } while (end != std::string::npos);
  const auto made = info(path);
  if (!made) return std::unexpected(made.error());
  if (!made->directory) {
    return base::fail(base::ErrorKind::exists, path + " is there and is not a directory");
  }
  return {};
}

base::Result<> PosixFiles::sync_directory(std::string path) {
  auto descriptor = open_descriptor(path, O_RDONLY | O_DIRECTORY, 0);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  if (retry([&] { return ::fsync(descriptor->get()); }) == 0) return {};
  return base::fail_errno("sync directory " + path, errno);
}

base::Result<std::vector<FileInfo>> PosixFiles::list(std::string path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (directory == nullptr) return base::fail_errno("list " + path, errno);
  std::vector<FileInfo> out;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());  // one DIR per call: no other thread sees it
    if (entry == nullptr && errno != 0) return base::fail_errno("list " + path, errno);
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat file = {};
    if (::fstatat(::dirfd(directory.get()), name.c_str(), &file, 0) != 0) {
      if (errno == ENOENT) continue;  // removed meanwhile
      return base::fail_errno(fmt::format("stat {}/{}", path, name), errno);
    }
    out.push_back(info_of(std::move(name), file));
    out.back().link = entry->d_type == DT_LNK;
  }
  std::ranges::sort(out, {}, &FileInfo::name);
  return out;
}

base::Result<FileInfo> PosixFiles::info(std::string path) {
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return base::fail_errno("stat " + path, errno);
  return info_of(path.substr(path.rfind('/') + 1), file);
}

base::Result<std::uint64_t> PosixFiles::free_bytes(std::string path) {
  struct statvfs system = {};
  if (::statvfs(path.c_str(), &system) != 0) return base::fail_errno("statvfs " + path, errno);
  return static_cast<std::uint64_t>(system.f_bavail) * system.f_frsize;
}

base::Result<std::unique_ptr<File>> PosixFiles::lock(std::string path) {
  auto descriptor = open_descriptor(path, O_RDWR | O_CREAT, 0600);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  if (retry([&] { return ::flock(descriptor->get(), LOCK_EX | LOCK_NB); }) != 0) {
    return base::fail_errno("lock " + path, errno);
  }
  return std::make_unique<PosixFile>(std::move(*descriptor), std::move(path));
}

base::Result<std::unique_ptr<FileSystem>> PosixFiles::open_system(std::string path) {
  return open_file_system(path);
}

}  // namespace io::real
