// See files.h.
#include "lib/io/files.h"

#include <array>
#include <utility>

namespace io {

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

namespace {

base::Result<> write_new(Files& files, const std::string& path, std::string_view bytes,
                         unsigned mode) {
  auto file = files.open(path, OpenMode::create, mode);
  if (!file) return std::unexpected(file.error());
  // A left-over of an earlier attempt may be longer.
  if (auto cut = (*file)->truncate(0); !cut) return cut;
  const std::array<std::string_view, 1> pieces{bytes};
  if (auto written = (*file)->write_at(0, pieces); !written) return written;
  return (*file)->sync();
}

}  // namespace

base::Result<std::string> read_file(Files& files, std::string path, std::uint64_t bytes_max) {
  auto file = files.open(path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  if (*size > bytes_max) {
    return base::fail(base::ErrorKind::limit,
                      path + " has more than " + std::to_string(bytes_max) + " octets");
  }
  std::string bytes(static_cast<std::size_t>(*size), '\0');
  auto read = (*file)->read_at(0, bytes);
  if (!read) return std::unexpected(read.error());
  bytes.resize(*read);
  return bytes;
}

base::Result<> write_file(Files& files, std::string path, std::string_view bytes, unsigned mode) {
  const std::string beside = path + ".new";
  if (auto written = write_new(files, beside, bytes, mode); !written) {
    // The reason to report is the first one; a left-over is overwritten by the next attempt.
    [[maybe_unused]] const auto removed = files.remove(beside);
    return written;
  }
  if (auto renamed = files.rename(beside, path); !renamed) {
    [[maybe_unused]] const auto removed = files.remove(beside);
    return renamed;
  }
  return files.sync_directory(folder_of(path));
}

}  // namespace io
