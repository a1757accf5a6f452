// See zip.h.
#include "report/incoming/zip.h"

#include <cstdint>

#include "report/dsn_text.h"
#include "report/incoming/inflate.h"

namespace report {
namespace {

// PKWARE's APPNOTE.TXT, §4.3.7, §4.3.12, §4.3.16: lengths without names.
constexpr std::size_t local_bytes = 30;
constexpr std::size_t entry_bytes = 46;
constexpr std::size_t end_bytes = 22;
constexpr std::size_t comment_bytes_max = 65'535;
constexpr std::string_view local_mark = "PK\x03\x04";
constexpr std::string_view entry_mark = "PK\x01\x02";
constexpr std::string_view end_mark = "PK\x05\x06";

// Numbers in an archive are little-endian; out of bounds they are 0, and nothing has mark 0.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t number(std::size_t at, std::size_t octets) const {
    if (at > bytes_.size() || bytes_.size() - at < octets) return 0;
    std::size_t out = 0;
    for (std::size_t i = octets; i > 0; --i) {
      out = out << 8U | static_cast<unsigned char>(bytes_[at + i - 1]);
    }
    return out;
  }
  [[nodiscard]] bool has(std::size_t at, std::string_view mark, std::size_t octets) const {
    return at <= bytes_.size() && bytes_.size() - at >= octets &&
           bytes_.substr(at, mark.size()) == mark;
  }
  // Cut at the end of the archive.
  [[nodiscard]] std::string_view part(std::size_t at, std::size_t octets) const {
    return at > bytes_.size() ? std::string_view() : bytes_.substr(at, octets);
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

struct Entry {
  std::string name;
  std::size_t flags = 0;
  std::size_t method = 0;
  std::size_t packed_bytes = 0;
  std::size_t local_at = 0;
};

// The end record is looked for from behind: a comment may follow it.
std::size_t find_end(const Reader& reader) {
  if (reader.size() < end_bytes) return std::string_view::npos;
  const std::size_t last = reader.size() - end_bytes;
  const std::size_t first = last > comment_bytes_max ? last - comment_bytes_max : 0;
  for (std::size_t at = last + 1; at > first; --at) {
    if (reader.has(at - 1, end_mark, end_bytes)) return at - 1;
  }
  return std::string_view::npos;
}

base::Result<ZipFile> read_entry(const Reader& reader, const Entry& entry, std::size_t bytes_max) {
  constexpr std::size_t stored = 0;
  constexpr std::size_t deflated = 8;
  if ((entry.flags & 1U) != 0) return base::fail(base::ErrorKind::invalid, "it is encrypted");
  if (!reader.has(entry.local_at, local_mark, local_bytes)) {
    return base::fail(base::ErrorKind::invalid, "the archive is damaged");
  }
  // The local header's own lengths: its extra field may differ from the directory's.
  const std::size_t body = entry.local_at + local_bytes + reader.number(entry.local_at + 26, 2) +
                           reader.number(entry.local_at + 28, 2);
  const std::string_view packed = reader.part(body, entry.packed_bytes);
  if (entry.method == stored) {
    if (packed.size() > bytes_max) return base::fail(base::ErrorKind::limit, "it is too large");
    return ZipFile{.name = entry.name,
                   .bytes = std::string(packed),
                   .damaged = packed.size() < entry.packed_bytes};
  }
  if (entry.method != deflated) {
    return base::fail(base::ErrorKind::invalid, "it is packed in a way we do not know");
  }
  auto inflated = inflate_all(packed, Wrapping::none, bytes_max);
  if (!inflated) return std::unexpected(inflated.error());
  return ZipFile{
      .name = entry.name, .bytes = std::move(inflated->bytes), .damaged = inflated->damaged};
}

}  // namespace

bool is_zip(std::string_view bytes) {
  return bytes.starts_with(local_mark) || bytes.starts_with(end_mark);
}

base::Result<std::vector<ZipFile>> unzip(std::string_view bytes, std::size_t bytes_max) {
  const Reader reader(bytes);
  const std::size_t end = find_end(reader);
  if (end == std::string_view::npos) {
    return base::fail(base::ErrorKind::invalid, "the archive has no end, so no list of its files");
  }
  const std::size_t count = reader.number(end + 10, 2);
  std::size_t at = reader.number(end + 16, 4);
  std::vector<ZipFile> out;
  std::size_t left = bytes_max;
  for (std::size_t i = 0; i < count && i < zip_files_max; ++i) {
    if (!reader.has(at, entry_mark, entry_bytes)) break;
    Entry entry;
    const std::size_t name_bytes = reader.number(at + 28, 2);
    entry.name = clean(reader.part(at + entry_bytes, name_bytes), 255);
    entry.flags = reader.number(at + 8, 2);
    entry.method = reader.number(at + 10, 2);
    entry.packed_bytes = reader.number(at + 20, 4);
    entry.local_at = reader.number(at + 42, 4);
    at += entry_bytes + name_bytes + reader.number(at + 30, 2) + reader.number(at + 32, 2);
    if (entry.name.ends_with('/')) continue;  // a folder
    auto file = read_entry(reader, entry, left);
    if (!file) return std::unexpected(file.error());
    left -= file->bytes.size();
    out.push_back(std::move(*file));
  }
  if (out.empty()) return base::fail(base::ErrorKind::invalid, "the archive has no files");
  return out;
}

}  // namespace report
