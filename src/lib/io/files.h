// lib/io/files.h: the door to the file system.
//
// What:    File (positioned reads and writes, sync), Files (names: open, rename, remove, list,
//          sync) and FileSystem (one sync for all that was written).
// In/Out:  calls block; on the mail's way they are short, long ones go through io::Pool.
// Errors:  no_space, io, not_found, exists, denied, busy; nothing is retried inside.
// Limits:  a read or write transfers all it was asked for, or fails (a short read only at the end).
// Not here: SQLite's own files (directory/, state), which its library opens.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace io {

class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  // Octets read; fewer than asked for only at the end of the file.
  virtual base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  virtual base::Result<> write_at(std::uint64_t offset,
                                  std::span<const std::string_view> pieces) = 0;
  // fdatasync: data and size are safe when it returns. After a failure the file must not be
  // trusted.
  virtual base::Result<> sync() = 0;
  virtual base::Result<std::uint64_t> size() = 0;
  // Makes the file at least this long with blocks reserved, zero filled (fallocate).
  virtual base::Result<> allocate(std::uint64_t bytes) = 0;
  virtual base::Result<> truncate(std::uint64_t bytes) = 0;
  // Files of one file system, and only they, have one number.
  virtual base::Result<std::uint64_t> system() = 0;
};

// Held open, because a write that failed behind our back is told to those only who were there: open
// it before the first write that its sync() is to answer for. One thread at a time.
class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  [[nodiscard]] virtual std::uint64_t system() const = 0;  // File::system() of its files
  // syncfs: all files and names that were written before it, by whomever, are safe when it returns;
  // others' writes may make it slow. After a failure nothing since the last sync must be trusted.
  virtual base::Result<> sync() = 0;
};

enum class OpenMode {
  read,        // must exist
  write,       // must exist; read and write
  create,      // read and write; made when missing
  create_new,  // read and write; `exists` when there is one
};

struct FileInfo {
  std::string name;  // last part of the path
  std::uint64_t size = 0;
  bool directory = false;
  base::Time modified;
  unsigned mode = 0600;  // permission bits
  bool link = false;     // the name is a link; all else is of what it leads to
  bool special = false;  // neither a file nor a directory: a socket, a pipe, a device
};

class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  // New files get `mode` permission bits (before umask).
  virtual base::Result<std::unique_ptr<File>> open(std::string path, OpenMode how,
                                                   unsigned mode = 0600) = 0;
  virtual base::Result<> rename(std::string from, std::string to) = 0;  // replaces `to`
  virtual base::Result<> remove(std::string path) = 0;
  // And its parents; those that it made are safe when it returns (their parents are synced).
  virtual base::Result<> make_directories(std::string path, unsigned mode = 0700) = 0;
  // names in it are safe when it returns
  virtual base::Result<> sync_directory(std::string path) = 0;
  virtual base::Result<std::vector<FileInfo>> list(std::string path) = 0;  // sorted by name
  virtual base::Result<FileInfo> info(std::string path) = 0;
  virtual base::Result<std::uint64_t> free_bytes(std::string path) = 0;
  // An exclusive lock held until the returned File ends; `busy` when another process has it.
  virtual base::Result<std::unique_ptr<File>> lock(std::string path) = 0;
  // The one that this directory lies on; `unsupported` where its sync() would promise too much.
  virtual base::Result<std::unique_ptr<FileSystem>> open_system(std::string path) = 0;
};

// Of the last part of a path: "var/queue/1" -> "var/queue", "1" -> ".", "/1" -> "/".
[[nodiscard]] std::string folder_of(std::string_view path);

// Whole small files (configuration, keys): at most bytes_max octets, else `limit`.
[[nodiscard]] base::Result<std::string> read_file(Files& files, std::string path,
                                                  std::uint64_t bytes_max);
// Written beside, synced, renamed over and the directory synced: never half there after a crash.
[[nodiscard]] base::Result<> write_file(Files& files, std::string path, std::string_view bytes,
                                        unsigned mode = 0600);

}  // namespace io
