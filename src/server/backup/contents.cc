// See contents.h.
#include "server/backup/contents.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "server/backup/places.h"

namespace backup {
namespace {

constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};
// Beside a database: its copy has what stands in them.
constexpr std::array<std::string_view, 3> sqlite_endings = {"-wal", "-shm", "-journal"};
constexpr std::string_view half_written = ".new";  // io::write_file
constexpr std::string_view lock_name = "lock";
constexpr int link_depth_max = 1;  // DOMAIN/LOCAL

bool belongs_to_a_process(std::string_view name) {
  return name == lock_name || name.ends_with(half_written) ||
         std::ranges::any_of(sqlite_endings, [name](auto end) { return name.ends_with(end); });
}

base::Result<bool> is_database(io::Files& files, const std::string& path) {
  auto file = files.open(path, io::OpenMode::read);
  if (!file) return std::unexpected(std::move(file.error()));
  std::array<char, sqlite_magic.size()> begin = {};
  auto got = (*file)->read_at(0, begin);
  if (!got) return std::unexpected(std::move(got.error()));
  return std::string_view(begin.data(), *got) == sqlite_magic;
}

class Walk {
 public:
  Walk(io::Files& files, const Each& each, bool of_mail)
      : files_(files), each_(each), of_mail_(of_mail) {}

  void leave_out(const std::string& path) { seen_.insert(path); }
  base::Result<> folder(const std::string& path, int depth);
  // Named in the configuration: whoever wrote that may make it a link.
  base::Result<> file(const std::string& path);

 private:
  base::Result<> entry(const std::string& path, const io::FileInfo& info, int depth);
  base::Result<> take(const std::string& path, const io::FileInfo& info);

  io::Files& files_;
  const Each& each_;
  bool of_mail_;
  std::set<std::string, std::less<>> seen_;  // folders and single files, not every mail
};

base::Result<> gone_is_well(base::Result<> done) {
  if (!done && done.error().kind == base::ErrorKind::not_found) return {};
  return done;
}

base::Result<> Walk::folder(const std::string& path, int depth) {
  if (!seen_.insert(path).second) return {};
  if (depth > depth_max) {
    return base::fail(base::ErrorKind::limit, path + " lies too deep: is it a folder of itself?");
  }
  auto entries = files_.list(path);
  if (!entries) return gone_is_well(std::unexpected(std::move(entries.error())));
  for (const io::FileInfo& info : *entries) {
    if (auto done = entry(path + "/" + info.name, info, depth); !done) return done;
  }
  return {};
}

base::Result<> Walk::entry(const std::string& path, const io::FileInfo& info, int depth) {
  const bool follow = of_mail_ && info.directory && depth <= link_depth_max;
  if (info.special || (info.link && !follow)) return {};
  if (info.directory) return folder(path, depth + 1);
  if (!of_mail_ && (belongs_to_a_process(info.name) || seen_.contains(path))) return {};
  return take(path, info);
}

base::Result<> Walk::file(const std::string& path) {
  if (!seen_.insert(path).second) return {};
  auto info = files_.info(path);
  if (!info) return gone_is_well(std::unexpected(std::move(info.error())));
  if (info->special || info->directory) return {};
  return take(path, *info);
}

base::Result<> Walk::take(const std::string& path, const io::FileInfo& info) {
  Found found{.path = path, .info = info};
  if (!of_mail_) {
    auto database = is_database(files_, path);
    if (!database) return gone_is_well(std::unexpected(std::move(database.error())));
    found.database = *database;
  }
  return gone_is_well(each_(found));
}

}  // namespace

base::Result<> each_file(io::Files& files, const config::Config& config, const Each& each) {
  config::Config copy = config;
  const std::vector<PathUse> paths = paths_of(copy);
  Walk walk(files, each, false);
  for (const PathUse& one : paths) {
    const bool elsewhere = one.kind != PathKind::tree && one.kind != PathKind::file;
    if (elsewhere) walk.leave_out(*one.path);
  }
  // First those that are named: a folder that has them leaves them out.
  for (const PathUse& one : paths) {
    if (one.kind != PathKind::file) continue;
    if (auto done = walk.file(*one.path); !done) return done;
  }
  for (const PathUse& one : paths) {
    if (one.kind != PathKind::tree) continue;
    if (auto done = walk.folder(*one.path, 0); !done) return done;
  }
  return {};
}

base::Result<> each_mail(io::Files& files, const config::Config& config, const Each& each) {
  Walk walk(files, each, true);
  return walk.folder(config.delivery.mail_folder, 0);
}

}  // namespace backup
