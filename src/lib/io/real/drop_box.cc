// See drop_box.h.
#include "lib/io/real/drop_box.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "lib/io/files.h"
#include "lib/io/real/descriptor.h"

namespace io::real {
namespace {

constexpr mode_t everybody_leaves = 01733;
constexpr mode_t hands_its_group_on = 02000;
constexpr mode_t rights_mask = 01777;
constexpr mode_t parent_rights = 0755;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

base::Time time_of(const timespec& time) {
  return base::Time(std::chrono::seconds(time.tv_sec) +
                    std::chrono::microseconds(time.tv_nsec / 1000));
}

base::Result<Descriptor> open_folder(const std::string& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return base::fail_errno("open " + path, errno);
  return folder;
}

base::Result<> make_folder(const std::string& path, mode_t rights) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return base::fail_errno("make " + path, errno);
  }
  auto folder = open_folder(path);
  if (!folder) return std::unexpected(std::move(folder.error()));
  struct stat now = {};
  if (::fstat(folder->get(), &now) != 0) return base::fail_errno("look at " + path, errno);
  if ((now.st_mode & rights_mask) == (rights & rights_mask)) return {};
  // A sandbox may keep us from setgid; without it names alone keep files secret.
  if (::fchmod(folder->get(), rights) == 0) return {};
  if (errno != EPERM || ::fchmod(folder->get(), rights & rights_mask) != 0) {
    return base::fail_errno("change the mode of " + path, errno);
  }
  return {};
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = retry([&] { return ::write(file, bytes.data(), bytes.size()); });
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// For the owner of the folder to read: by its group when the folder hands it on, else by all who
// know the name.
mode_t rights_in(const std::string& folder, int file) {
  struct stat outer = {};
  struct stat inner = {};
  const bool by_group = ::stat(folder.c_str(), &outer) == 0 && ::fstat(file, &inner) == 0 &&
                        (outer.st_mode & hands_its_group_on) != 0 && inner.st_gid == outer.st_gid;
  return by_group ? 0640 : 0644;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && !name.contains('/');
}

// Calls `visit` with each entry but . and .., until it says false.
template <class Visit>
base::Result<> for_each_name(const std::string& path, Visit visit) {
  const Folder folder(::opendir(path.c_str()));
  if (!folder) return base::fail_errno("list " + path, errno);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of ours alone
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !visit(name)) break;
  }
  return {};
}

}  // namespace

base::Result<> DropBox::open_to_all() const {
  const std::string parent = io::folder_of(folder_);
  if (auto made = make_folder(parent, parent_rights); !made) return made;
  if (auto made = make_folder(aside_folder(), 0700); !made) return made;
  return make_folder(folder_, everybody_leaves | hands_its_group_on);
}

base::Result<> DropBox::put(const std::string& name, std::string_view bytes) const {
  const std::string unfinished = folder_ + "/." + name;
  const std::string whole = folder_ + "/" + name;
  Descriptor file(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return base::fail_errno("leave a file in " + folder_, errno);
  const auto failed = [&](std::string_view doing) {
    const int why = errno;
    ::unlink(unfinished.c_str());
    return base::fail_errno(fmt::format("{} in {}", doing, folder_), why);
  };
  if (!write_all(file.get(), bytes)) return failed("write a file");
  if (::fchmod(file.get(), rights_in(folder_, file.get())) != 0) return failed("open a file");
  if (::fsync(file.get()) != 0) return failed("sync a file");
  if (::rename(unfinished.c_str(), whole.c_str()) != 0) return failed("name a file");
  // Who may not list a folder cannot open it to sync it, so the whole file system is.
  if (::syncfs(file.get()) != 0) {
    const int why = errno;
    ::unlink(whole.c_str());
    return base::fail_errno("sync " + folder_, why);
  }
  return {};
}

base::Result<std::vector<std::string>> DropBox::names(std::size_t max) const {
  std::vector<std::string> out;
  auto listed = for_each_name(folder_, [&](std::string_view name) {
    if (is_name(name)) out.emplace_back(name);
    return out.size() < max;
  });
  if (!listed) return std::unexpected(std::move(listed.error()));
  return out;
}

base::Result<Dropped> DropBox::take(const std::string& name, std::uint64_t file_bytes_max) const {
  const std::string path = folder_ + "/" + name;
  const Descriptor file(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) {
    if (errno == ELOOP || errno == ENXIO || errno == EISDIR) {
      return base::fail(base::ErrorKind::invalid, "is a link or no file");
    }
    return base::fail_errno("open " + path, errno);
  }
  struct stat info = {};
  if (::fstat(file.get(), &info) != 0) return base::fail_errno("look at " + path, errno);
  if (!S_ISREG(info.st_mode)) return base::fail(base::ErrorKind::invalid, "is no file");
  if (info.st_nlink > 1) {
    return base::fail(base::ErrorKind::invalid, "has another name, so it may be somebody else's");
  }
  if (static_cast<std::uint64_t>(info.st_size) > file_bytes_max) {
    return base::fail(base::ErrorKind::limit,
                      fmt::format("has {} octets, more than {}", info.st_size, file_bytes_max));
  }
  Dropped out{.bytes = std::string(static_cast<std::size_t>(info.st_size), '\0'),
              .user = info.st_uid,
              .left = time_of(info.st_mtim)};
  std::size_t read = 0;
  while (read < out.bytes.size()) {
    const ssize_t got =
        retry([&] { return ::read(file.get(), out.bytes.data() + read, out.bytes.size() - read); });
    if (got < 0) return base::fail_errno("read " + path, errno);
    if (got == 0) break;  // somebody made it shorter meanwhile
    read += static_cast<std::size_t>(got);
  }
  out.bytes.resize(read);
  return out;
}

base::Result<> DropBox::remove(const std::string& name) const {
  const std::string path = folder_ + "/" + name;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return base::fail_errno("remove " + path, errno);
  }
  auto folder = open_folder(folder_);
  if (!folder) return std::unexpected(std::move(folder.error()));
  if (::fsync(folder->get()) != 0) return base::fail_errno("sync " + folder_, errno);
  return {};
}

base::Result<bool> DropBox::set_aside(const std::string& name) const {
  const std::string path = folder_ + "/" + name;
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return true;
    return base::fail_errno("look at " + path, errno);
  }
  if (S_ISDIR(info.st_mode)) {
    if (::rmdir(path.c_str()) == 0) return true;
    // Only its owner may take it elsewhere.
    if (::rename(path.c_str(), (folder_ + "/." + name).c_str()) == 0) return false;
    return base::fail_errno("set aside " + path, errno);
  }
  // A second name would keep somebody else's file alive here.
  if (!S_ISREG(info.st_mode) || info.st_nlink > 1) {
    if (::unlink(path.c_str()) != 0) return base::fail_errno("remove " + path, errno);
    return true;
  }
  if (::rename(path.c_str(), (aside_folder() + "/" + name).c_str()) != 0) {
    return base::fail_errno("set aside " + path, errno);
  }
  trim_aside();
  return true;
}

void DropBox::trim_aside() const {
  std::vector<std::pair<base::Time, std::string>> kept;
  const auto listed = for_each_name(aside_folder(), [&](std::string_view name) {
    std::string path = aside_folder() + "/" + std::string(name);
    struct stat info = {};
    if (::lstat(path.c_str(), &info) == 0) {
      kept.emplace_back(time_of(info.st_ctim), std::move(path));
    }
    return kept.size() < 10 * set_aside_max;
  });
  if (!listed || kept.size() <= set_aside_max) return;
  std::ranges::sort(kept);
  for (std::size_t i = 0; i + set_aside_max < kept.size(); ++i) ::unlink(kept[i].second.c_str());
}

void DropBox::remove_unfinished(base::Time before) const {
  std::vector<std::string> old;
  constexpr std::size_t looked_at_max = 10'000;
  std::size_t looked_at = 0;
  const auto listed = for_each_name(folder_, [&](std::string_view name) {
    struct stat info = {};
    std::string path = folder_ + "/" + std::string(name);
    if (name.front() == '.' && ::lstat(path.c_str(), &info) == 0 &&
        time_of(info.st_ctim) < before) {
      old.push_back(std::move(path));
    }
    return ++looked_at < looked_at_max;
  });
  if (!listed) return;
  for (const std::string& path : old) {
    if (::unlink(path.c_str()) != 0) ::rmdir(path.c_str());
  }
}

}  // namespace io::real
