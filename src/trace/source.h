// trace/source.h: one trace file and a way to look keys up in it.
//
// What:    offsets() of a key's events by the file's sidecar, or by an index that is given or made;
//          event() at an offset.
// In/Out:  path → offsets → StoredEvent.
// Errors:  a file that cannot be read has nothing to tell: the others may have.
// Limits:  those of index.h and record.h.
// Not here: which files there are and what is looked for (reader.h, message_search.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/io/files.h"
#include "trace/index.h"
#include "trace/record.h"

namespace trace {

class Source {
 public:
  Source(io::Files& files, std::string path) : files_(files), path_(std::move(path)) {}

  // The index of a file that has no sidecar yet.
  void use(SortedEntries entries) { entries_ = std::move(entries); }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Ascending.
  [[nodiscard]] std::vector<std::uint32_t> offsets(std::uint64_t key);
  [[nodiscard]] std::optional<StoredEvent> event(std::uint32_t offset);

 private:
  void open();

  io::Files& files_;
  std::string path_;
  bool opened_ = false;
  std::unique_ptr<io::File> file_;
  std::optional<Sidecar> sidecar_;
  SortedEntries entries_;
};

}  // namespace trace
