// See owner.h.
#include "lib/io/real/owner.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/text.h"

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

constexpr std::size_t entry_bytes_max = std::size_t{16} * 1024;

User user_of(const struct stat& folder) {
  std::vector<char> memory(entry_bytes_max);
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(folder.st_uid, &entry, memory.data(), memory.size(), &found) != 0 ||
      found == nullptr) {
    return {.name = {}, .group = folder.st_gid};
  }
  return {.name = found->pw_name, .group = found->pw_gid};
}

struct Ids {
  uid_t user = 0;
  gid_t group = 0;
};

base::Result<Ids> ids_of(const std::string& name) {
  if (const auto number = base::parse_number(name); number && *number <= UINT32_MAX) {
    return Ids{.user = static_cast<uid_t>(*number), .group = static_cast<gid_t>(*number)};
  }
  std::vector<char> memory(entry_bytes_max);
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found) != 0 ||
      found == nullptr) {
    return base::fail(base::ErrorKind::not_found, "there is no user " + name + " on this machine");
  }
  return Ids{.user = entry.pw_uid, .group = entry.pw_gid};
}

int take_groups(const User& user) {
  return user.name.empty() ? ::setgroups(1, &user.group)
                           : ::initgroups(user.name.c_str(), user.group);
}

}  // namespace

base::Result<> become_owner(std::string path) {
  if (::geteuid() != 0) return {};
  const auto folder = nearest(path);
  if (!folder || folder->st_uid == 0) return {};
  const User user = user_of(*folder);
  if (take_groups(user) != 0 || ::setgid(user.group) != 0 || ::setuid(folder->st_uid) != 0) {
    return base::fail_errno(
        fmt::format("go on as user {}, who owns {}", folder->st_uid, std::move(path)), errno);
  }
  return {};
}

base::Result<AsOwner> AsOwner::of(std::string path) {
  AsOwner out;
  if (::geteuid() != 0) return out;
  const auto folder = nearest(path);
  if (!folder || folder->st_uid == 0) return out;
  std::vector<gid_t> before(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  before.resize(static_cast<std::size_t>(
      std::max(0, ::getgroups(static_cast<int>(before.size()), before.data()))));
  out.groups_.emplace(before.begin(), before.end());
  const User user = user_of(*folder);
  if (take_groups(user) != 0 || ::setegid(user.group) != 0 || ::seteuid(folder->st_uid) != 0) {
    return base::fail_errno(
        fmt::format("work as user {}, who owns {}", folder->st_uid, std::move(path)), errno);
  }
  return out;
}

AsOwner::~AsOwner() {
  if (!groups_) return;
  const bool back =
      ::seteuid(0) == 0 && ::setegid(0) == 0 && ::setgroups(groups_->size(), groups_->data()) == 0;
  CHECK(back, "root may become root again");
}

std::string owner_of(const std::string& path) {
  struct stat place = {};
  if (::stat(path.c_str(), &place) != 0) return {};
  const User user = user_of(place);
  return user.name.empty() ? std::to_string(place.st_uid) : user.name;
}

base::Result<> give_to(const std::string& path, const std::string& user) {
  const auto ids = ids_of(user);
  if (!ids) return std::unexpected(ids.error());
  if (::chown(path.c_str(), ids->user, ids->group) == 0) return {};
  return base::fail_errno(fmt::format("give {} to {}", path, user), errno);
}

base::Result<> share_with(const std::string& path, const std::string& user) {
  const auto ids = ids_of(user);
  if (!ids) return std::unexpected(ids.error());
  if (::chown(path.c_str(), static_cast<uid_t>(-1), ids->group) == 0) return {};
  return base::fail_errno(fmt::format("share {} with {}", path, user), errno);
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace io::real
