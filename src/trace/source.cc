// See source.h.
#include "trace/source.h"

#include <algorithm>

#include "trace/reader.h"

namespace trace {
namespace {

constexpr std::size_t first_read_bytes = 1'024;  // holds nearly every event

}  // namespace

std::vector<std::uint32_t> Source::offsets(std::uint64_t key) {
  if (!opened_) open();
  if (sidecar_) {
    auto found = sidecar_->offsets(key);
    if (found) return std::move(*found);
    sidecar_.reset();
  }
  if (entries_ == nullptr) {
    auto scanned = scan_file(files_, path_).value_or(std::vector<IndexEntry>());
    std::ranges::sort(scanned);
    entries_ = std::make_shared<const std::vector<IndexEntry>>(std::move(scanned));
  }
  std::vector<std::uint32_t> out;
  for (const IndexEntry& entry : std::ranges::equal_range(*entries_, key, {}, &IndexEntry::key)) {
    out.push_back(entry.offset);
  }
  return out;
}

std::optional<StoredEvent> Source::event(std::uint32_t offset) {
  if (!opened_) open();
  if (file_ == nullptr) return std::nullopt;
  std::string bytes(first_read_bytes, '\0');
  for (int reads = 0; reads < 2; ++reads) {
    const auto read = file_->read_at(offset, bytes);
    if (!read) return std::nullopt;
    const std::string_view got(bytes.data(), *read);
    const auto size = record_size(got);
    if (!size) return std::nullopt;
    if (*size <= got.size()) return decode_record(got, Checksum::verify);
    bytes.resize(*size);
  }
  return std::nullopt;
}

void Source::open() {
  opened_ = true;
  auto file = files_.open(path_, io::OpenMode::read);
  if (file) file_ = std::move(*file);
  if (entries_ != nullptr) return;
  auto file_of_index = files_.open(path_ + std::string(index_suffix), io::OpenMode::read);
  if (!file_of_index) return;
  auto sidecar = Sidecar::open(std::move(*file_of_index));
  if (sidecar) sidecar_ = std::move(*sidecar);
}

}  // namespace trace
