// lib/io/sim/sparse_bytes.h: the content of a file, kept in pages; what was never written is zero.
//
// What:    a size and a map of pages, so that a segment of 64 MiB preallocated costs nothing.
// In/Out:  read, write, resize; share takes pages of another file's content.
// Errors:  none.
// Limits:  memory for the pages that were written.
// Not here: what is durable (disk.h).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>

namespace io::sim {

class SparseBytes {
 public:
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Longer: zeros are added. Shorter: the rest is forgotten.
  void resize(std::uint64_t size);
  void write(std::uint64_t offset, std::string_view bytes);
  // As `from` has it there, and around it in the same pages; without a copy.
  void share(const SparseBytes& from, std::uint64_t offset, std::uint64_t bytes);
  // The number of octets read; fewer than asked for only at the end.
  std::size_t read(std::uint64_t offset, std::span<char> into) const;

 private:
  static constexpr std::uint64_t page_bytes = 4096;
  using Page = std::array<char, page_bytes>;

  std::uint64_t size_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Page>> pages_;  // shared between copies until written
};

}  // namespace io::sim
