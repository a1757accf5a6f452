// server/backup/restore.h: a backup becomes a home again.
//
// What:    proves a backup from its first octet to its last, writes its files into a folder, and
//          says which of them a server there would look for elsewhere.
// In/Out:  the file → its Manifest and configuration; a folder that is empty → a home.
// Errors:  corrupt and unsupported with what is wrong; exists when something is there already.
// Limits:  no file is made for octets that are not in the backup; groups and others may not write
//          what is restored.
// Not here: whose the files are (cli/), whether they are a server (examine.h).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"
#include "server/backup/archive.h"
#include "server/backup/manifest.h"

namespace backup {

struct Checked {
  Manifest manifest;
  std::string config_text;
  std::uint64_t outside = 0;  // files that did not lie in the home
};

// Reads all of it; writes nothing.
[[nodiscard]] base::Result<Checked> check_backup(io::File& file, const Tick& tick);
// Of one that was checked. All is safe on disk when it returns; after an error the folder holds a
// part of it.
[[nodiscard]] base::Result<> unpack(io::Files& files, io::File& file, const std::string& home,
                                    const Tick& tick);
// Has the folder, or one below, any file? One that is not there has none.
[[nodiscard]] base::Result<bool> has_files(io::Files& files, const std::string& folder);

// A path of the restored configuration that does not lie in its home.
struct Elsewhere {
  std::string setting = {};
  std::string path = {};
  std::string unpacked = {};  // where its file is now; empty: the backup has none
};
[[nodiscard]] base::Result<std::vector<Elsewhere>> elsewhere(io::Files& files,
                                                             const Checked& checked,
                                                             const std::string& home);

}  // namespace backup
