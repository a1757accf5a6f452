// See owner.h.
#include "lib/io/real/owner.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

namespace io::real {
namespace {

std::optional<struct stat> nearest(std::string path) {
  struct stat folder = {};
  while (::stat(path.c_str(), &folder) != 0) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos || path == "/") return std::nullopt;
    path.resize(slash == 0 ? 1 : slash);
  }
  return folder;
}

struct User {
  std::string name;  // empty: the number has none
  gid_t group = 0;
};

User user_of(const struct stat& folder) {
  std::vector<char> memory(std::size_t{16} * 1024);
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(folder.st_uid, &entry, memory.data(), memory.size(), &found) != 0 ||
      found == nullptr) {
    return {.name = {}, .group = folder.st_gid};
  }
  return {.name = found->pw_name, .group = found->pw_gid};
}

}  // namespace

base::Result<> become_owner(std::string path) {
  if (::geteuid() != 0) return {};
  const auto folder = nearest(path);
  if (!folder || folder->st_uid == 0) return {};
  const User user = user_of(*folder);
  const int groups =
      user.name.empty() ? ::setgroups(1, &user.group) : ::initgroups(user.name.c_str(), user.group);
  if (groups != 0 || ::setgid(user.group) != 0 || ::setuid(folder->st_uid) != 0) {
    return base::fail_errno(
        fmt::format("go on as user {}, who owns {}", folder->st_uid, std::move(path)), errno);
  }
  return {};
}

}  // namespace io::real
