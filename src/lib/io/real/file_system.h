// lib/io/real/file_system.h: one sync for a whole file system (syncfs).
//
// What:    opens the file system that a directory lies on, if its syncfs can be relied on.
// In/Out:  path of a directory → io::FileSystem.
// Errors:  unsupported: an older kernel than 5.8 (its syncfs does not tell of writes that failed),
//          or a file system that is not known to have all on the disk when syncfs returns (FUSE
//          only hands it to a program). Others by errno.
// Limits:  one descriptor each.
// Not here: syncs of single files and directories (files.cc).
#pragma once

#include <memory>
#include <string>

#include "lib/io/files.h"

namespace io::real {

[[nodiscard]] base::Result<std::unique_ptr<io::FileSystem>> open_file_system(
    const std::string& path);

}  // namespace io::real
