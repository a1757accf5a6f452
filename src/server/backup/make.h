// server/backup/make.h: writes a backup of a home.
//
// What:    configuration, journal, databases, keys and the rest of the state, on request the
//          mailboxes, into one file, with a manifest of what must be found in it.
// In/Out:  Request → the file's octets, and the Manifest.
// Errors:  those of io::Files and SQLite, and `tick`'s: the file is then no backup.
// Limits:  a copy of one database at a time lies in the state folder meanwhile.
// Not here: keeping the journal still (admin/backup_routes.cc), where the file goes (cli/).
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/files.h"
#include "server/backup/archive.h"
#include "server/backup/manifest.h"

namespace backup {

struct Request {
  config::Config config;
  std::string config_text;
  std::vector<std::string> segments;  // of the journal, which stay as they are
  std::uint64_t messages = 0;         // in them
  bool with_mail = false;
  base::Time now;
};

[[nodiscard]] base::Result<Manifest> write_backup(io::Files& files, io::File& out,
                                                  const Request& request, const Tick& tick);

}  // namespace backup
