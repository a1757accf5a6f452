// server/backup/contents.h: which files are a server's, beside its queue.
//
// What:    walks the folders of a configuration; says which files are copied as they are, which are
//          databases, and leaves out what belongs to a process that runs.
// In/Out:  Config → each(Found), in the order of folders and names.
// Errors:  those of io::Files, but a file that is gone meanwhile is no error.
// Limits:  depth_max folders deep; links are followed within the mail folder at its first two
//          levels, where whole mailboxes may be links, and nowhere else.
// Not here: copying (make.h), the journal's segments, which the server names.
#pragma once

#include <functional>
#include <string>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/files.h"

namespace backup {

inline constexpr int depth_max = 32;

struct Found {
  std::string path;
  io::FileInfo info;
  bool database = false;  // of SQLite
};
using Each = std::function<base::Result<>(const Found&)>;

[[nodiscard]] base::Result<> each_file(io::Files& files, const config::Config& config,
                                       const Each& each);
[[nodiscard]] base::Result<> each_mail(io::Files& files, const config::Config& config,
                                       const Each& each);

}  // namespace backup
