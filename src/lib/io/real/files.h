// lib/io/real/files.h: the real file system.
//
// What:    io::Files by POSIX calls; stateless, so every thread may use one object.
// In/Out:  see lib/io/files.h.
// Errors:  by errno; EINTR is never seen by callers, nothing else is retried.
// Limits:  the kernel's.
// Not here: read_file and write_file (lib/io/files.cc).
#pragma once

#include "lib/io/files.h"

namespace io::real {

class PosixFiles final : public io::Files {
 public:
  base::Result<std::unique_ptr<File>> open(std::string path, OpenMode how, unsigned mode) override;
  base::Result<> rename(std::string from, std::string to) override;
  base::Result<> remove(std::string path) override;
  base::Result<> make_directories(std::string path, unsigned mode) override;
  base::Result<> sync_directory(std::string path) override;
  base::Result<std::vector<FileInfo>> list(std::string path) override;
  base::Result<FileInfo> info(std::string path) override;
  base::Result<std::uint64_t> free_bytes(std::string path) override;
  base::Result<std::unique_ptr<File>> lock(std::string path) override;
  base::Result<std::unique_ptr<FileSystem>> open_system(std::string path) override;
};

}  // namespace io::real
