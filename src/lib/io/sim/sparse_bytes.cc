// See sparse_bytes.h.
#include "lib/io/sim/sparse_bytes.h"

#include <algorithm>
#include <cstring>

namespace io::sim {

void SparseBytes::resize(std::uint64_t size) {
  if (size < size_) {
    pages_.erase(pages_.lower_bound((size + page_bytes - 1) / page_bytes), pages_.end());
    const std::uint64_t rest = size % page_bytes;
    if (const auto last = pages_.find(size / page_bytes); rest != 0 && last != pages_.end()) {
      // What is cut off reads as zero when the file grows again.
      auto page = std::make_shared<Page>(*last->second);
      std::fill(page->begin() + static_cast<std::ptrdiff_t>(rest), page->end(), '\0');
      last->second = std::move(page);
    }
  }
  size_ = size;
}

void SparseBytes::write(std::uint64_t offset, std::string_view bytes) {
  size_ = std::max(size_, offset + bytes.size());
  while (!bytes.empty()) {
    const std::uint64_t in_page = offset % page_bytes;
    const std::string_view part = bytes.substr(0, static_cast<std::size_t>(page_bytes - in_page));
    std::shared_ptr<Page>& page = pages_[offset / page_bytes];
    if (page == nullptr) {
      page = std::make_shared<Page>();
    } else if (page.use_count() > 1) {
      page = std::make_shared<Page>(*page);
    }
    std::memcpy(page->data() + in_page, part.data(), part.size());
    offset += part.size();
    bytes.remove_prefix(part.size());
  }
}

void SparseBytes::share(const SparseBytes& from, std::uint64_t offset, std::uint64_t bytes) {
  size_ = std::max(size_, offset + bytes);
  const std::uint64_t end = (offset + bytes + page_bytes - 1) / page_bytes;
  for (auto page = from.pages_.lower_bound(offset / page_bytes);
       page != from.pages_.end() && page->first < end; ++page) {
    pages_[page->first] = page->second;
  }
}

std::size_t SparseBytes::read(std::uint64_t offset, std::span<char> into) const {
  if (offset >= size_) return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
  into = into.first(count);
  while (!into.empty()) {
    const std::uint64_t in_page = offset % page_bytes;
    const auto part = std::min(into.size(), static_cast<std::size_t>(page_bytes - in_page));
    const auto page = pages_.find(offset / page_bytes);
    if (page == pages_.end()) {
      std::memset(into.data(), 0, part);
    } else {
      std::memcpy(into.data(), page->second->data() + in_page, part);
    }
    offset += part;
    into = into.subspan(part);
  }
  return count;
}

}  // namespace io::sim
