// report/incoming/zip.h: the files of a ZIP archive, by its central directory.
//
// What:    stored and deflated entries; everything that reports are sent in.
// In/Out:  octets → name and content of each file.
// Errors:  invalid for what is no archive, encrypted or of another method; limit when it becomes
//          too large.
// Limits:  zip_files_max entries are looked at; bytes_max of all of them together, whatever their
//          headers say of their sizes.
// Not here: ZIP64, names as paths: a name is only shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace report {

inline constexpr std::size_t zip_files_max = 100;

struct ZipFile {
  std::string name;
  std::string bytes;
  bool damaged = false;
};

[[nodiscard]] bool is_zip(std::string_view bytes);
[[nodiscard]] base::Result<std::vector<ZipFile>> unzip(std::string_view bytes,
                                                       std::size_t bytes_max);

}  // namespace report
